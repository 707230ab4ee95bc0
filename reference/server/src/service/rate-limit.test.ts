import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimit } from './rate-limit.ts';

test('so many at once, then so many a second, each key by itself', () => {
  let now = 1_000;
  const rate = new RateLimit(2, 3, () => now);
  const admitted = (key: string, calls: number): number =>
    Array.from({ length: calls }, () => rate.admits(key)).filter(Boolean).length;
  assert.equal(admitted('a', 10), 3);
  assert.equal(admitted('b', 10), 3);
  now += 499;
  assert.equal(admitted('a', 10), 0);
  now += 1;
  assert.equal(admitted('a', 10), 1);
  now += 1_000;
  assert.equal(admitted('a', 10), 2);
  now += 3_600_000;
  assert.equal(admitted('a', 10), 3, 'a pause saves up no more than the burst');
});

test('a clock that goes back gives and takes nothing', () => {
  let now = 10_000;
  const rate = new RateLimit(1, 1, () => now);
  assert.ok(rate.admits('a'));
  now = 0;
  assert.ok(!rate.admits('a'));
  now = 1_000;
  assert.ok(rate.admits('a'));
});

test('less than one a second still lets one through', () => {
  let now = 0;
  const rate = new RateLimit(0.1, 0.1, () => now);
  assert.ok(rate.admits('a'));
  now = 9_999;
  assert.ok(!rate.admits('a'));
  now = 19_999;
  assert.ok(rate.admits('a'));
});

test('no limit keeps no books', () => {
  const rate = new RateLimit(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, () => 0);
  assert.ok(Array.from({ length: 1_000 }, () => rate.admits('a')).every(Boolean));
});

test('a flood of keys does not grow the books for ever, and lets nobody start anew', () => {
  let now = 0;
  const rate = new RateLimit(1, 1, () => now);
  for (let i = 0; i < 10_000; i += 1) rate.admits(`key ${i}`);
  assert.ok(!rate.admits('key 0'));
  now = 1_000;
  for (let i = 0; i < 5; i += 1) rate.admits(`late ${i}`);
  assert.ok(rate.size < 100, `${rate.size}`);
});
