// Our messages against the capnp tool, both ways. Needs the tool and rpc.capnp, hence not part of the unit tests:
// npm run test:capnp. It fails when they are missing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildContent, readMessage, splitFrame, writeMessage } from '../../src/index.ts';
import { probeMethod } from '../support.ts';
import { CapnpTool } from './capnp-tool.ts';
import { CASES } from './cases.ts';
import { takeProbe, withContent } from './probe-payload.ts';

const tool = new CapnpTool();
const frames: Record<string, string> = JSON.parse(readFileSync(new URL('./frames.json', import.meta.url), 'utf8'));

test('there are cases', () => assert.ok(CASES.length >= 20));

for (const golden of CASES) {
  const { name, schema, message, content } = golden;

  test(`${name}: what the tool makes of the text is the committed frame, and is read by us`, () => {
    const encoded = tool.encode(golden);
    assert.equal(Buffer.from(encoded).toString('hex'), frames[name], 'frames.json is not current: npm run golden');
    const read = readMessage(splitFrame(encoded));
    assert.deepEqual(takeProbe(read), content);
    assert.deepEqual(read, message);
  });

  if (schema === 'newer') continue;
  test(`${name}: what we write is to the tool what the text is`, () => {
    const built = content && buildContent(64, (pointer) => probeMethod('probe', 0).writeParams(pointer, content));
    const ours = tool.decode(schema, writeMessage(withContent(message, built)));
    assert.equal(ours, tool.decode(schema, tool.encode(golden)));
  });
}
