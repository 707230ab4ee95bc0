import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrap, call, capability, echo, finish, params, returned, wait } from '../test/peers.ts';
import { splitFrame } from './frame.ts';
import type { CapDescriptor, MessageTarget, ReturnValue, RpcMessage } from './message.ts';
import { readMessage } from './read-message.ts';
import { Vat, type VatEvent } from './vat.ts';
import { writeMessage } from './write-message.ts';

/** Hands messages to a vat as a peer's. @returns the events of the last one */
function receive(vat: Vat, ...messages: RpcMessage[]): VatEvent[] {
  let events: VatEvent[] = [];
  for (const message of messages) {
    const frame = splitFrame(writeMessage(message));
    events = vat.receive({ frame, message: readMessage(frame) });
  }
  return events;
}
/** What a vat sends; written anew it is the same, so that nothing reads as a default that was not written as one. */
function sent(vat: Vat): RpcMessage[] {
  return vat.takeOutgoing().map((bytes) => {
    const message = readMessage(splitFrame(bytes));
    assert.deepEqual(writeMessage(message), bytes);
    return message;
  });
}
const exception = (type: 'failed' | 'unimplemented', reason: string) =>
  ({ kind: 'exception', exception: { type, reason } }) as const;

const answering = (): Vat => new Vat({ hasBootstrap: true });
/** A vat that has asked for the bootstrap capability (question 0) and called on it (question 1). */
function asking(): Vat {
  const vat = new Vat({ hasBootstrap: false });
  assert.equal(vat.call(echo.interfaceId, echo.methodId, new Uint8Array(8)), 1);
  assert.deepEqual(
    sent(vat).map(({ kind }) => kind),
    ['bootstrap', 'call'],
  );
  return vat;
}

const started = (answerId: number): VatEvent => {
  return { kind: 'call', answerId, interfaceId: echo.interfaceId, methodId: echo.methodId, params: undefined };
};
const onAnswer = (questionId: number): MessageTarget => ({ kind: 'promisedAnswer', questionId, transform: [] });
const imported = { kind: 'importedCap', id: 0 } as const;
const embargo = (kind: 'senderLoopback' | 'receiverLoopback'): RpcMessage => {
  return { kind: 'disembargo', target: imported, context: { kind, id: 5 } };
};
const resolved: RpcMessage = { kind: 'resolve', promiseId: 1, value: exception('failed', 'lost') };

/** What comes behind a Bootstrap, the events of the last of it, and all that is answered. */
const answers: Record<string, [RpcMessage[], VatEvent[], RpcMessage[]]> = {
  'a call': [[call(1, echo)], [started(1)], []],
  'a Finish of a call under way': [[call(1, echo), finish(1)], [{ kind: 'cancel', answerId: 1 }], []],
  'a Finish of what is answered': [[finish(0)], [], []],
  'a Release': [[{ kind: 'release', id: 0, referenceCount: 1 }], [], []],
  'a Resolve': [[resolved], [], []],
  'a Disembargo': [[embargo('senderLoopback')], [], [embargo('receiverLoopback')]],
  'a message of another level': [
    [{ kind: 'other', which: 7 }],
    [],
    [{ kind: 'unimplemented', message: { kind: 'other', which: 7 } }],
  ],
  'an unimplemented without anything': [[{ kind: 'unimplemented', message: undefined }], [], []],
  'an unimplemented Finish': [[{ kind: 'unimplemented', message: finish(1) }], [], []],
  'an unimplemented call that was never made': [[{ kind: 'unimplemented', message: call(1, echo) }], [], []],
  'a call on an answer without capability': [
    [call(1, echo), call(2, echo, onAnswer(1))],
    [],
    [returned(2, exception('failed', 'that answer holds no capability there'))],
  ],
  'a call whose results go elsewhere': [
    [{ ...call(1, echo), sendResultsTo: 'yourself' } as RpcMessage],
    [],
    [returned(1, exception('unimplemented', 'results only go to the caller'))],
  ],
  'a violation': [
    [finish(3)],
    [],
    [{ kind: 'abort', exception: { type: 'failed', reason: 'Finish of question 3, which is not known' } }],
  ],
  'what comes after a violation': [
    [finish(3), call(1, echo), finish(3)],
    [],
    [{ kind: 'abort', exception: { type: 'failed', reason: 'Finish of question 3, which is not known' } }],
  ],
  'an Abort': [[{ kind: 'abort', exception: { type: 'failed', reason: 'bye' } }], [], []],
  'what comes after an Abort': [
    [{ kind: 'abort', exception: { type: 'failed', reason: 'bye' } }, call(1, echo), finish(3)],
    [],
    [],
  ],
};
for (const [what, [messages, events, out]] of Object.entries(answers)) {
  test(`the answering side takes ${what}`, () => {
    const vat = answering();
    assert.deepEqual(receive(vat, bootstrap), []);
    const capTable: CapDescriptor[] = [{ kind: 'senderHosted', id: 0 }];
    const [answer] = sent(vat);
    assert.ok(answer?.kind === 'return' && answer.value.kind === 'results');
    assert.deepEqual(answer.value.payload.capTable, capTable);
    assert.deepEqual(receive(vat, ...messages), events);
    assert.deepEqual(sent(vat), out);
  });
}

test('a call is answered once, and not after the end', () => {
  const vat = answering();
  receive(vat, bootstrap, call(1, echo), call(2, echo));
  sent(vat);
  const value = exception('failed', 'no');
  vat.answer(1, value);
  vat.answer(1, value);
  vat.answer(7, value);
  assert.deepEqual(sent(vat), [returned(1, value)]);
  receive(vat, call(3, echo), finish(3));
  vat.answer(3, value);
  assert.deepEqual(sent(vat), [returned(3, { kind: 'canceled' })], 'nobody waits for more');
  vat.close({ kind: 'closed', reason: '' });
  vat.answer(2, value);
  vat.abort('too late');
  assert.deepEqual(sent(vat), []);
  assert.deepEqual(vat.end, { kind: 'closed', reason: '' });
});

test('a side without bootstrap capability says so', () => {
  const vat = new Vat({ hasBootstrap: false });
  assert.deepEqual(receive(vat, bootstrap), []);
  assert.deepEqual(sent(vat), [returned(0, exception('failed', 'this side offers no bootstrap capability'))]);
});

test('the asking side is told what the peer does not implement, once', () => {
  const vat = asking();
  const unimplemented = (message: RpcMessage): RpcMessage => ({ kind: 'unimplemented', message });
  assert.deepEqual(receive(vat, unimplemented(call(1, wait))), [
    { kind: 'return', questionId: 1, value: exception('unimplemented', 'the peer does not implement call') },
  ]);
  assert.deepEqual(receive(vat, unimplemented(call(1, wait))), []);
  const canceled = vat.call(echo.interfaceId, 0, new Uint8Array(8));
  vat.cancel(canceled);
  assert.deepEqual(receive(vat, unimplemented(call(canceled, wait))), []);
  assert.deepEqual(receive(vat, unimplemented(bootstrap)), [
    {
      kind: 'bootstrapped',
      failure: { type: 'unimplemented', reason: 'the peer does not implement bootstrap' },
    },
  ]);
  assert.equal(vat.asked, 0);
});

const none: Record<string, ReturnValue> = {
  canceled: { kind: 'canceled' },
  'results without capability': { kind: 'results', payload: params },
  'a capability that the table lacks': { kind: 'results', payload: { content: capability, capTable: [] } },
  'a capability of ours': {
    kind: 'results',
    payload: { content: capability, capTable: [{ kind: 'receiverHosted', id: 0 }] },
  },
};
for (const [what, value] of Object.entries(none)) {
  test(`a Bootstrap answered by ${what} has failed, and all is given back`, () => {
    const vat = asking();
    assert.deepEqual(receive(vat, returned(0, value)), [
      { kind: 'bootstrapped', failure: { type: 'failed', reason: 'the peer gave no bootstrap capability' } },
    ]);
    assert.deepEqual(sent(vat), [finish(0, true)]);
  });
}

test('of the answer to Bootstrap all but the capability itself is given back, promises too', () => {
  const vat = asking();
  const capTable: CapDescriptor[] = [
    { kind: 'senderPromise', id: 3 },
    { kind: 'senderPromise', id: 4 },
    { kind: 'none' },
  ];
  assert.deepEqual(receive(vat, returned(0, { kind: 'results', payload: { content: capability, capTable } })), [
    { kind: 'bootstrapped', failure: undefined },
  ]);
  assert.deepEqual(sent(vat), [{ kind: 'release', id: 4, referenceCount: 1 }, finish(0, false)]);
  vat.releaseImport();
  vat.releaseImport();
  assert.deepEqual(sent(vat), [{ kind: 'release', id: 3, referenceCount: 1 }]);
});

test('a Return that nobody waits for any more is no event', () => {
  const vat = asking();
  vat.cancel(1);
  assert.deepEqual(sent(vat), [finish(1)]);
  assert.deepEqual(receive(vat, returned(1, { kind: 'canceled' })), []);
  assert.deepEqual(sent(vat), []);
});
