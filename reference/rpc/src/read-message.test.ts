import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capabilityPointer,
  doubleFarPointer,
  farPointer,
  frameOf,
  listPointer,
  structPointer,
  tag,
} from '../test/words.ts';
import { ProtocolError } from './errors.ts';
import type { RpcMessage } from './message.ts';
import { readMessage } from './read-message.ts';

/** A Message of that kind whose body pointer is the first of the words. */
const message = (which: number, ...words: bigint[]): bigint[] => [structPointer(0, 1, 1), BigInt(which), ...words];
const read = (...segments: bigint[][]): RpcMessage => readMessage(frameOf(...segments));

const nothing = { content: undefined, capTable: [] };
const onZero = { kind: 'importedCap', id: 0 } as const;

test('a body of an older schema, or none, reads as defaults', () => {
  const defaults: [number, RpcMessage][] = [
    [1, { kind: 'abort', exception: { type: 'failed', reason: '' } }],
    [
      2,
      {
        kind: 'call',
        questionId: 0,
        target: onZero,
        interfaceId: 0n,
        methodId: 0,
        params: nothing,
        sendResultsTo: 'caller',
      },
    ],
    [
      3,
      {
        kind: 'return',
        answerId: 0,
        releaseParamCaps: true,
        noFinishNeeded: false,
        value: { kind: 'results', payload: nothing },
      },
    ],
    [4, { kind: 'finish', questionId: 0, releaseResultCaps: true }],
    [5, { kind: 'resolve', promiseId: 0, value: { kind: 'cap', cap: { kind: 'none' } } }],
    [6, { kind: 'release', id: 0, referenceCount: 0 }],
    [8, { kind: 'bootstrap', questionId: 0 }],
    [13, { kind: 'disembargo', target: onZero, context: { kind: 'senderLoopback', id: 0 } }],
  ];
  for (const [which, expected] of defaults) {
    assert.deepEqual(read(message(which, 0n)), expected);
    assert.deepEqual(read(message(which, structPointer(-1, 0, 0))), expected);
  }
  // A Finish as the first version had it would fit half a word; structs are whole words, so that the rest is zero.
  assert.deepEqual(read(message(4, structPointer(0, 1, 0), 9n)), {
    kind: 'finish',
    questionId: 9,
    releaseResultCaps: true,
  });
  assert.equal(read([0n]).kind, 'unimplemented');
});

test('a field at the end of a shorter body is read, one behind it is not', () => {
  const canceled = { kind: 'return', answerId: 5, releaseParamCaps: true, noFinishNeeded: false } as const;
  assert.deepEqual(read(message(3, structPointer(0, 1, 0), (2n << 48n) | 5n)), {
    ...canceled,
    value: { kind: 'canceled' },
  });
  const short = read(message(2, structPointer(0, 2, 0), 5n, 0xffff_ffff_ffff_ffffn));
  assert.equal((short as { interfaceId: bigint }).interfaceId, 0xffff_ffff_ffff_ffffn);
  const noData = call(0, 0n, structPointer(1, 0, 2), 0n, listPointer(0, 7, 0), tag(1, 0, 0), 1n);
  assert.deepEqual((read(noData) as { params: unknown }).params, { content: undefined, capTable: [{ kind: 'none' }] });
});

test('a body of a newer schema is read as far as it is known', () => {
  assert.deepEqual(read(message(6, structPointer(0, 3, 1), (2n << 32n) | 1n, 7n, 7n, structPointer(-1, 0, 0))), {
    kind: 'release',
    id: 1,
    referenceCount: 2,
  });
});

test('a body behind far pointers is the same body', () => {
  const expected = { kind: 'bootstrap', questionId: 5 };
  assert.deepEqual(read(message(8, farPointer(1, 1)), [0n, structPointer(0, 1, 0), 5n]), expected);
  assert.deepEqual(
    read(message(8, doubleFarPointer(2, 0)), [], [farPointer(3, 1), structPointer(0, 1, 0)], [0n, 5n]),
    expected,
  );
  assert.deepEqual(read([farPointer(1, 0)], message(8, structPointer(0, 1, 0), 5n)), expected);
});

test('an unknown kind of message is told apart, whatever it holds', () => {
  for (const which of [7, 9, 10, 11, 12, 14, 0xffff]) {
    for (const words of [[0n], [listPointer(0, 2, 3), 7n], [capabilityPointer(1)], [structPointer(0, 1, 0), 7n]])
      assert.deepEqual(read(message(which, ...words)), { kind: 'other', which });
  }
});

/** A Call whose target, params and sendResultsTo are given. */
const call = (sendResultsTo: number, target: bigint, params: bigint, ...words: bigint[]): bigint[] =>
  message(2, structPointer(0, 3, 3), BigInt(sendResultsTo) << 48n, 0n, 0n, target, params, 0n, ...words);
/** A Call whose capability table is a list of one-word structs. */
const withCaps = (...caps: bigint[]): bigint[] =>
  call(0, 0n, structPointer(1, 0, 2), 0n, listPointer(0, 7, caps.length), tag(caps.length, 1, 0), ...caps);

const unusable: Record<string, bigint[]> = {
  'Call.sendResultsTo': call(3, 0n, 0n),
  MessageTarget: call(0, structPointer(2, 1, 1), 0n, 2n << 32n, 0n),
  'PromisedAnswer.Op': call(
    0,
    structPointer(2, 1, 1),
    0n,
    1n << 32n,
    structPointer(0, 1, 1),
    0n,
    listPointer(0, 7, 1),
    tag(1, 1, 0),
    2n,
  ),
  CapDescriptor: withCaps(6n),
  Return: message(3, structPointer(0, 2, 1), 6n << 48n, 0n, 0n),
  Resolve: message(5, structPointer(0, 1, 1), 2n << 32n, 0n),
  'Disembargo.context': message(13, structPointer(0, 1, 1), 4n << 32n, 0n),
};
for (const [union, words] of Object.entries(unusable)) {
  test(`an unknown variant of ${union} is a violation, but not inside of unimplemented`, () => {
    assert.throws(
      () => read(words),
      (error) => error instanceof ProtocolError && error.message.startsWith(`${union} holds the unknown variant`),
    );
    assert.deepEqual(read(message(0, ...words)), { kind: 'unimplemented', message: undefined });
  });
}

test('an unknown type of exception is a plain failure', () => {
  assert.deepEqual(read(message(1, structPointer(0, 1, 0), 4n << 32n)), {
    kind: 'abort',
    exception: { type: 'failed', reason: '' },
  });
});

test('unimplemented is looked into only so far', () => {
  const nested = message(0, ...message(0, ...message(0, ...message(8, 0n))));
  assert.deepEqual(read(nested), {
    kind: 'unimplemented',
    message: { kind: 'unimplemented', message: { kind: 'unimplemented', message: undefined } },
  });
});

/** An Abort with that reason. */
const abort = (reason: bigint, ...words: bigint[]): bigint[] =>
  message(1, structPointer(0, 1, 1), 0n, reason, ...words);

test('a reason that is not UTF-8 is still a reason', () => {
  const text = abort(listPointer(0, 2, 3), 0x00_61_ffn);
  assert.deepEqual(read(text), { kind: 'abort', exception: { type: 'failed', reason: '\ufffda' } });
  const marked = abort(listPointer(0, 2, 5), 0x00_61_bf_bb_efn);
  assert.deepEqual(read(marked), { kind: 'abort', exception: { type: 'failed', reason: '\ufeffa' } });
});

test('fields of another type than the schema has are violations', () => {
  const capTable = (...words: bigint[]) => call(0, 0n, structPointer(1, 0, 2), 0n, ...words);
  const wrong: Record<string, [RegExp, bigint[]]> = {
    'a text without NUL': [/no NUL/, abort(listPointer(0, 2, 2), 0x61_61n)],
    'a text without anything': [/no NUL/, abort(listPointer(0, 2, 0))],
    'a text that is a list of words': [/a text was/, abort(listPointer(0, 5, 1), 0n)],
    'a text that is a struct': [/a text was/, abort(structPointer(-1, 0, 0))],
    'a body that is a list': [/a struct was/, message(8, listPointer(0, 5, 1), 0n)],
    'a body that is a capability': [/a struct was/, message(8, capabilityPointer(0))],
    'a capability table that is a list of words': [/a list of structs was/, capTable(listPointer(0, 5, 1), 0n)],
    'a capability table that is a struct': [/a list of structs was/, capTable(structPointer(0, 1, 0), 0n)],
    'a root that is a list': [/a struct was/, [listPointer(0, 5, 1), 0n]],
    'a root that is a capability': [/a struct was/, [capabilityPointer(0)]],
  };
  for (const [what, [reason, words]] of Object.entries(wrong))
    assert.throws(() => read(words), { name: 'ProtocolError', message: reason }, what);
});

test('a capability table is bounded, though its entries may take no room', () => {
  const many = Array.from({ length: 4_096 }, () => 0n);
  assert.equal((read(withCaps(...many)) as { params: { capTable: unknown[] } }).params.capTable.length, 4_096);
  assert.throws(() => read(withCaps(...many, 0n)), /4097 structs, at most 4096/);
  const ops = [listPointer(0, 7, 0), tag(4_097, 0, 0), ...Array(600).fill(0n)];
  const target = call(0, structPointer(2, 1, 1), 0n, 1n << 32n, structPointer(0, 1, 1), 0n, ...ops);
  assert.throws(() => read(target), /4097 structs, at most 4096/);
});

test('the operation noop is skipped', () => {
  const ops = [listPointer(0, 7, 2), tag(2, 1, 0), 0n, (5n << 16n) | 1n];
  const target = call(0, structPointer(2, 1, 1), 0n, 1n << 32n, structPointer(0, 1, 1), 3n, ...ops);
  assert.deepEqual((read(target) as { target: unknown }).target, {
    kind: 'promisedAnswer',
    questionId: 3,
    transform: [5],
  });
});

test('an unchecked frame is checked', () => {
  assert.throws(() => read([structPointer(0, 1, 1), 8n]), /out of bounds/);
});
