import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReportedFrame } from '../frames/reported.ts';
import { frameLines } from './console-frames.ts';

const came = (summary: string, expected?: string): ReportedFrame => ({
  ...{ atMs: 1, session: 'Alice', direction: 'received', bytes: 8, summary, hex: '00'.repeat(8) },
  fields: [{ offset: 0, length: 8, name: 'x', value: '0', ...(expected === undefined ? {} : { expected }) }],
});
const shown = (...frames: ReportedFrame[]): string => frameLines(frames)[0] ?? '';

test('the frame with what was not expected is shown, else the last one', () => {
  assert.match(shown(came('Return 1 a', 'b'), came('Return 2 c')), /Return 1 a/);
  assert.match(shown(came('Return 1 a'), came('Return 2 c')), /Return 2 c/);
  assert.equal(shown(), '');
});

test('an empty list at the end says nothing of the messages before it', () => {
  const [full, empty] = [came('Return 1 fetch: results 2 payloads'), came('Return 2 fetch: results 0 payloads')];
  assert.match(shown(full, empty), /2 payloads/);
  assert.match(shown(came('Return 1 enqueue: results'), empty), /0 payloads/);
  assert.match(shown(empty), /0 payloads/);
  assert.match(shown(full, came('Return 2 fetch: results 0 payloads', 'a list')), /0 payloads/);
});
