import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { RandomSource } from '../world/random.ts';
import { contentNamed, hybridPublicKey } from './contents.ts';

test('contents at and over the limit', () => {
  assert.equal(contentNamed('as many bytes as are allowed', 100, new RandomSource()).length, 100);
  assert.equal(contentNamed('one byte more than is allowed', 100, new RandomSource()).length, 101);
  assert.throws(() => contentNamed('something else', 100, new RandomSource()), /no such content/);
});

test('a hybrid key has the length, and coefficients that FIPS 203 accepts', () => {
  const key = hybridPublicKey(new RandomSource());
  assert.equal(key.length, 1216);
  for (let at = 32; at < 1184; at += 3) {
    const [a, b, c] = key.subarray(at, at + 3) as unknown as [number, number, number];
    assert.ok((a | ((b & 0xf) << 8)) < 3329 && ((b >> 4) | (c << 4)) < 3329);
  }
  assert.deepEqual([...hybridPublicKey(new RandomSource(), 'zeros').subarray(1200)], Array(16).fill(0));
});
