import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NodeServiceMethod, nodeService } from '@quicnprotochat/proto';
import { buildContent, type Method, type ReturnValue, type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import fc from 'fast-check';
import { call } from '../wire/messages.ts';
import { type Annotation, type AnnotationContext, annotate } from './annotate.ts';
import type { MethodLayout } from './node-layout.ts';

const context = (methods = new Map<number, MethodLayout>()): AnnotationContext => ({
  methods,
  blank: (bytes) => bytes,
  ownerOf: () => undefined,
});
const whole = (message: RpcMessage, of = context()): Annotation => {
  const bytes = writeMessage(message);
  return annotate(bytes, bytes.length, of);
};
const fieldOf = ({ fields }: Annotation, name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;

type AnyMethod = Method<Record<string, unknown>, Record<string, unknown>>;

/** Every field set, so that a wrong place shows. */
function filled(defaults: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(defaults).map(([name, value], i) => {
      if (value instanceof Uint8Array) return [name, Buffer.alloc(3 + i, 0xa0 + i)];
      if (typeof value === 'string') return [name, `text of ${name}`];
      if (typeof value === 'number') return [name, 70 + i];
      if (typeof value === 'bigint') return [name, 1_000_000n + BigInt(i)];
      if (typeof value === 'boolean') return [name, true];
      if (name === 'seqs') return [name, [11n, 12n]];
      if (name === 'payloads') return [name, [{ seq: 5n, payload: Buffer.from('hello') }]];
      if (Array.isArray(value)) return [name, [Buffer.from('one'), Buffer.from('other')]];
      return [name, filled(value as Record<string, unknown>)];
    }),
  );
}

function expectFields(annotation: Annotation, values: Record<string, unknown>, path = ''): void {
  for (const [name, value] of Object.entries(values)) {
    const at = `${path}${name}`;
    const found = fieldOf(annotation, at);
    if (/token$/i.test(name)) assert.match(found ?? '', /^<another token of \d+ bytes>$/, at);
    else if (value instanceof Uint8Array)
      assert.equal(found, `${Buffer.from(value).toString('hex')} (${value.length} bytes)`, at);
    else if (typeof value === 'string') assert.equal(found, JSON.stringify(value), at);
    else if (Array.isArray(value)) {
      assert.ok(value.length > 0);
      for (const [i, element] of value.entries()) expectFields(annotation, { [`${name}[${i}]`]: element }, path);
    } else if (typeof value === 'object' && value !== null) expectFields(annotation, value as typeof values, `${at}.`);
    else assert.equal(found, String(value), at);
  }
}

for (const name of Object.keys(nodeService) as NodeServiceMethod[]) {
  test(`${name}: every field of the codec is named where it lies`, () => {
    const method = nodeService[name] as unknown as AnyMethod;
    let params: Record<string, unknown> = {};
    let results: Record<string, unknown> = {};
    buildContent(64, (pointer) => {
      params = filled(method.readParams(pointer));
      results = filled(method.readResults(pointer));
    });
    const known = context();
    const asked = whole(call(3, method, params), known);
    assert.equal(asked.summary.split(' ').slice(0, 3).join(' '), `Call 3 ${name}`);
    expectFields(asked, params);
    const content = buildContent(method.resultsSize(results), (pointer) => method.writeResults(pointer, results));
    const value: ReturnValue = { kind: 'results', payload: { content, capTable: [] } };
    const answered = whole(
      { kind: 'return', answerId: 3, releaseParamCaps: true, noFinishNeeded: false, value },
      known,
    );
    assert.ok(answered.summary.startsWith(`Return 3 ${name}: results`), answered.summary);
    expectFields(answered, results);
  });
}

test('an exception: its type and reason; a Finish, a Release, an Abort', () => {
  const exception = { type: 'overloaded', reason: 'E015: QUEUE_FULL: no' } as const;
  const value = { kind: 'exception', exception } as const;
  const answered = whole({ kind: 'return', answerId: 7, releaseParamCaps: true, noFinishNeeded: false, value });
  assert.equal(answered.summary, 'Return 7 exception "E015: QUEUE_FULL: no"');
  assert.equal(fieldOf(answered, 'return.exception.type'), '1 = overloaded');
  assert.equal(whole({ kind: 'finish', questionId: 4, releaseResultCaps: true }).summary, 'Finish 4');
  assert.equal(whole({ kind: 'release', id: 2, referenceCount: 5 }).summary, 'Release 2');
  assert.equal(whole({ kind: 'abort', exception: { type: 'failed', reason: 'bad' } }).summary, 'Abort "bad"');
});

test('a length that the specification fixes is expected', () => {
  const known = context();
  whole(
    call(1, nodeService.createChannel, {
      peerKey: Buffer.alloc(32),
      auth: { version: 0, accessToken: Buffer.alloc(0), deviceId: Buffer.alloc(0) },
    }),
    known,
  );
  const content = buildContent(64, (pointer) =>
    nodeService.createChannel.writeResults(pointer, { channelId: Buffer.alloc(8) }),
  );
  const value: ReturnValue = { kind: 'results', payload: { content, capTable: [] } };
  const { fields } = whole(
    { kind: 'return', answerId: 1, releaseParamCaps: true, noFinishNeeded: false, value },
    known,
  );
  assert.equal(fields.find(({ name }) => name === 'channelId')?.expected, '16 bytes');
});

test('a pointer out of bounds is named, with what was expected', () => {
  const bytes = Buffer.from(writeMessage({ kind: 'bootstrap', questionId: 0 }));
  bytes.writeUInt32LE(0x7ff0, 24);
  const { fields } = annotate(bytes, bytes.length, context());
  const field = fields.find(({ offset }) => offset === 24);
  assert.deepEqual([field?.name, field?.expected], ['bootstrap →', 'a pointer that stays within the message']);
  const wrong = Buffer.from(bytes);
  wrong.writeUInt32LE(0x7ff2, 24);
  wrong.writeUInt32LE(9, 28);
  const found = annotate(wrong, wrong.length, context()).fields.find(({ offset }) => offset === 24);
  assert.equal(found?.expected, 'a pointer that stays within the message');
});

test('any bytes, and any right message with some bytes changed: no error, and no field out of the message', () => {
  const right = writeMessage(
    call(2, nodeService.fetch, {
      recipientKey: Buffer.alloc(32),
      channelId: Buffer.alloc(16),
      version: 1,
      limit: 3,
      auth: { version: 1, accessToken: Buffer.alloc(20), deviceId: Buffer.alloc(0) },
    }),
  );
  const changes = fc.array(fc.tuple(fc.nat(right.length - 1), fc.nat(255)), { maxLength: 6 });
  const changed = changes.map((edits) => {
    const copy = Uint8Array.from(right);
    for (const [at, value] of edits) copy[at] = value;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), fc.nat(100), (bytes, more) => {
      for (const { offset } of annotate(bytes, bytes.length + more, context()).fields)
        assert.ok(offset >= 0 && offset <= bytes.length);
    }),
    { numRuns: 2_000 },
  );
});
