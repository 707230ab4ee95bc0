import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frame, splitFrame } from './frame.ts';
import { Inbox, makesWork } from './inbox.ts';
import type { CallMessage, MessageTarget, RpcMessage } from './message.ts';

const anyFrame = splitFrame(frame([new Uint8Array(16)]));
const call = (questionId: number, target: MessageTarget = { kind: 'importedCap', id: 0 }): CallMessage => ({
  kind: 'call',
  questionId,
  target,
  interfaceId: 1n,
  methodId: 1,
  params: { content: undefined, capTable: [] },
  sendResultsTo: 'caller',
});
const finish = (questionId: number): RpcMessage => ({ kind: 'finish', questionId, releaseResultCaps: true });
const promised = (questionId: number): MessageTarget => ({ kind: 'promisedAnswer', questionId, transform: [] });
const disembargo = (questionId: number): RpcMessage => ({
  kind: 'disembargo',
  target: promised(questionId),
  context: { kind: 'senderLoopback', id: 0 },
});

function inboxOf(...messages: RpcMessage[]): Inbox {
  const inbox = new Inbox();
  for (const message of messages) inbox.hold({ message, frame: anyFrame });
  return inbox;
}

test('what waits comes out in order, and is counted', () => {
  const inbox = inboxOf(call(1), finish(1), call(2));
  assert.equal(inbox.bytes, 3 * anyFrame.bytes.length);
  assert.deepEqual(
    [inbox.shift(), inbox.shift(), inbox.shift(), inbox.shift()].map((each) => each?.message),
    [call(1), finish(1), call(2), undefined],
  );
  assert.equal(inbox.bytes, 0);
  assert.equal(inbox.first, undefined);
});

test('a Finish that cancels a call under way overtakes, unless something that waits builds on its answer', () => {
  const running = (id: number): boolean => id < 10;
  const inbox = inboxOf(call(20), { kind: 'bootstrap', questionId: 22 }, call(21, promised(3)), disembargo(4));
  assert.equal(inbox.overtakes(finish(1), running), true);
  for (const notRunning of [11, 20, 22]) assert.equal(inbox.overtakes(finish(notRunning), running), false);
  for (; inbox.first; inbox.shift())
    for (const named of [3, 4]) assert.equal(inbox.overtakes(finish(named), running), false, `${named}`);
  assert.equal(inbox.overtakes(finish(3), running), true);
});

test('of other messages only the goodbye overtakes', () => {
  const inbox = inboxOf(call(20));
  const exception = { type: 'failed', reason: '' } as const;
  assert.equal(
    inbox.overtakes({ kind: 'abort', exception }, () => false),
    true,
  );
  const others: RpcMessage[] = [
    call(1),
    { kind: 'release', id: 0, referenceCount: 1 },
    { kind: 'bootstrap', questionId: 1 },
    disembargo(1),
    { kind: 'unimplemented', message: undefined },
    { kind: 'other', which: 7 },
  ];
  for (const message of others)
    assert.equal(
      inbox.overtakes(message, () => true),
      false,
      message.kind,
    );
});

test('messages that settle something never need room', () => {
  const value = { kind: 'canceled' } as const;
  const exception = { type: 'failed', reason: '' } as const;
  const settling: RpcMessage[] = [
    { kind: 'return', answerId: 1, releaseParamCaps: true, noFinishNeeded: false, value },
    finish(1),
    { kind: 'release', id: 0, referenceCount: 1 },
    { kind: 'abort', exception },
    { kind: 'unimplemented', message: undefined },
  ];
  for (const message of settling) assert.equal(makesWork(message), false, message.kind);
  const working: RpcMessage[] = [
    call(1),
    { kind: 'bootstrap', questionId: 1 },
    disembargo(1),
    { kind: 'resolve', promiseId: 1, value: { kind: 'exception', exception } },
    { kind: 'other', which: 7 },
  ];
  for (const message of working) assert.equal(makesWork(message), true, message.kind);
});
