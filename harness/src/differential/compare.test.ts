import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import { buildContent, type Method, type ReturnValue, type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import type { RecordedFrame } from '../frames/recorder.ts';
import { bootstrap, call } from '../wire/messages.ts';
import { compare, contentsOf } from './compare.ts';
import { type Observation, observe } from './observation.ts';

const KEY = new Uint8Array(32).fill(1);
const nothing = new Uint8Array();
const auth = (token: number) => ({ version: 1, accessToken: new Uint8Array(32).fill(token), deviceId: nothing });
const queue = { recipientKey: KEY, channelId: nothing, version: 1, auth: auth(9) };

type Passed = [direction: 'sent' | 'received', message: RpcMessage, who?: string];

function seen(...passed: Passed[]): Observation {
  const frames = passed.map(([direction, message, who = 'Alice'], i): RecordedFrame => {
    const bytes = writeMessage(message);
    const session = { number: who === 'Alice' ? 1 : 2, who };
    return { bytes, length: bytes.length, fault: undefined, atMs: i, session, direction };
  });
  return observe(frames, []);
}

const reply = (answerId: number, value: ReturnValue): RpcMessage => ({
  ...{ kind: 'return', answerId, releaseParamCaps: true, noFinishNeeded: false },
  value,
});
const results = <P, R>(method: Method<P, R>, values: R, answerId = 1): RpcMessage =>
  reply(answerId, {
    kind: 'results',
    payload: {
      content: buildContent(method.resultsSize(values), (pointer) => method.writeResults(pointer, values)),
      capTable: [],
    },
  });
const refusal = (reason: string, type: 'failed' | 'unimplemented' = 'failed', answerId = 1): RpcMessage =>
  reply(answerId, { kind: 'exception', exception: { type, reason } });

const payload = (byte: number): Uint8Array => new Uint8Array(40).fill(byte);
const put = (id: number, byte: number): Passed => [
  'sent',
  call(id, nodeService.enqueue, { ...queue, payload: payload(byte) }),
];
const fetch = (id: number): Passed => ['sent', call(id, nodeService.fetch, { ...queue, limit: 0 })];
const found = (a: Observation, b: Observation) =>
  compare({ a, b }).differences.map(({ path, shown }) => [path, shown.a, shown.b]);

test('sequence numbers start anywhere and rise by any steps, but a number stands for a message', () => {
  const story = (first: bigint, second: bigint, told = [first, second]) =>
    seen(
      ...[put(1, 1), put(2, 2), fetch(3)],
      ['received', results(nodeService.enqueue, { seq: first }, 1)],
      ['received', results(nodeService.enqueue, { seq: second }, 2)],
      [
        'received',
        results(nodeService.fetch, { payloads: told.map((seq, i) => ({ seq, payload: payload(i + 1) })) }, 3),
      ],
    );
  const compared = compare({ a: story(1n, 2n), b: story(500n, 600n) });
  assert.deepEqual(compared.differences, []);
  assert.equal(compared.steps, 1);
  assert.equal(compare({ a: story(1n, 2n), b: story(7n, 8n) }).steps, 0);
  assert.deepEqual(found(story(1n, 2n), story(1n, 2n, [1n, 3n])), [['payloads[1].seq', '2', '3 instead of 2']]);
  assert.deepEqual(found(story(1n, 2n), story(9n, 8n)).at(0), ['seq', '2', '8']);
});

test('what came back is compared, and named by its place', () => {
  const story = (payloads: Uint8Array[]) =>
    seen(put(1, 1), fetch(2), [
      'received',
      results(nodeService.fetch, { payloads: payloads.map((one, i) => ({ seq: BigInt(i), payload: one })) }, 2),
    ]);
  assert.deepEqual(found(story([payload(1)]), story([payload(1)])), []);
  assert.deepEqual(found(story([payload(1)]), story([payload(2)]))[0]?.[0], 'payloads[0].payload');
  assert.deepEqual(found(story([payload(1)]), story([])), [['payloads', '1 payloads', '0 payloads']]);
});

test('of a refusal the type and the code count, not the text', () => {
  const story = (answer: RpcMessage) => seen(put(1, 1), ['received', answer]);
  const a = story(refusal('E006: PAYLOAD_TOO_LARGE: no'));
  assert.deepEqual(found(a, story(refusal('E006 too big'))), []);
  assert.equal(compare({ a, b: story(refusal('E006 too big')) }).texts, 1);
  assert.deepEqual(found(a, story(refusal('E005'))), [['exception.reason', 'E006', 'E005']]);
  assert.deepEqual(found(a, story(refusal('E006', 'unimplemented'))), [['exception.type', 'failed', 'unimplemented']]);
  assert.deepEqual(found(a, story(results(nodeService.enqueue, { seq: 1n })))[0]?.[0], 'answer');
  assert.deepEqual(found(a, seen(put(1, 1)))[0], ['answer', 'exception failed E006', 'no answer']);
});

test('values that a server makes up may have other bytes, not another length, and always the same ones', () => {
  const make = (id: number): Passed => ['sent', call(id, nodeService.createChannel, { peerKey: KEY, auth: auth(9) })];
  const story = (...ids: Uint8Array[]) =>
    seen(
      ...ids.map((_, i) => make(i)),
      ...ids.map((channelId, i): Passed => ['received', results(nodeService.createChannel, { channelId }, i)]),
    );
  const id = (byte: number, length = 16): Uint8Array => new Uint8Array(length).fill(byte);
  assert.deepEqual(found(story(id(1), id(1)), story(id(7), id(7))), []);
  assert.equal(found(story(id(1), id(1)), story(id(7), id(8)))[0]?.[0], 'channelId');
  assert.equal(found(story(id(1), id(2)), story(id(7), id(7)))[0]?.[0], 'channelId');
  assert.equal(found(story(id(1)), story(id(7, 17)))[0]?.[0], 'channelId');
});

test('answers may come in any order', () => {
  const answers: Passed[] = [
    ['received', results(nodeService.enqueue, { seq: 1n }, 1)],
    ['received', results(nodeService.enqueue, { seq: 2n }, 2)],
  ];
  const asked = [put(1, 1), put(2, 2)];
  assert.deepEqual(found(seen(...asked, ...answers), seen(...asked, ...answers.toReversed())), []);
});

test('what earlier scenarios left is no matter of this one, unless it stays', () => {
  const left = payload(99);
  const answer = (id: number, payloads: Uint8Array[]): Passed => [
    'received',
    results(nodeService.fetch, { payloads: payloads.map((one) => ({ seq: 5n, payload: one })) }, id),
  ];
  const empty = seen(fetch(1), answer(1, []));
  const earlier = { a: new Set<string>(), b: contentsOf(seen(put(1, 99))) };
  const drained = seen(fetch(1), answer(1, [left]), fetch(2), answer(2, []));
  assert.deepEqual(compare({ a: empty, b: drained }, [], earlier).differences, []);
  const stays = seen(fetch(1), answer(1, [left]), fetch(2), answer(2, [left]));
  assert.equal(compare({ a: empty, b: stays }, [], earlier).differences[0]?.path, 'payloads');
});

test('a session that goes another way is left alone after that', () => {
  const a = seen(put(1, 1), put(2, 2), ['received', refusal('E005', 'failed', 2)]);
  const b = seen(put(1, 1), fetch(2), ['received', refusal('E006', 'failed', 2)]);
  assert.deepEqual(found(a, b), []);
  assert.equal(compare({ a, b }).left, 1);
  assert.equal(compare({ a, b: a }).left, 0);
});

test('the same people may have other keys and tokens', () => {
  const story = (key: number, token: number) => {
    const identityKey = new Uint8Array(32).fill(key);
    return seen(
      ['sent', call(1, nodeService.fetchKeyPackage, { identityKey, auth: auth(token) })],
      ['received', refusal('E003')],
    );
  };
  const other = { a: story(1, 1), b: story(2, 2) };
  const people = [{ a: new Uint8Array(32).fill(1), b: new Uint8Array(32).fill(2) }];
  assert.equal(compare(other, people).differences.length, 0);
  const refused = seen(
    ['sent', call(1, nodeService.fetchKeyPackage, { identityKey: KEY, auth: auth(1) })],
    ['received', refusal('E004')],
  );
  assert.equal(compare({ a: refused, b: other.b }, people).differences.length, 1);
});

test('an Abort of one server alone is a difference of the session', () => {
  const abort: RpcMessage = { kind: 'abort', exception: { type: 'failed', reason: 'no' } };
  const a = seen(['sent', bootstrap()], ['received', abort]);
  assert.deepEqual(found(a, seen(['sent', bootstrap()])), [['session', 'abort', 'nothing']]);
});
