import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildContent, readMessage, splitFrame, writeMessage } from '../../src/index.ts';
import { probeMethod } from '../support.ts';
import { CASES } from './cases.ts';
import { takeProbe, withContent } from './probe-payload.ts';

const frames: Record<string, string> = JSON.parse(readFileSync(new URL('./frames.json', import.meta.url), 'utf8'));

test('there is a frame for every case and a case for every frame', () => {
  assert.ok(CASES.length >= 20);
  assert.deepEqual(
    Object.keys(frames),
    CASES.map(({ name }) => name),
  );
});

for (const { name, schema, message, content } of CASES) {
  test(`the capnp tool's ${name} is read`, () => {
    const read = readMessage(splitFrame(Buffer.from(frames[name] as string, 'hex')));
    assert.deepEqual(takeProbe(read), content);
    assert.deepEqual(read, message);
  });

  if (schema === 'newer') continue;
  test(`${name} survives being written and read`, () => {
    const built = content && buildContent(64, (pointer) => probeMethod('probe', 0).writeParams(pointer, content));
    const read = readMessage(splitFrame(writeMessage(withContent(message, built))));
    assert.deepEqual(takeProbe(read), content);
    assert.deepEqual(read, message);
  });
}
