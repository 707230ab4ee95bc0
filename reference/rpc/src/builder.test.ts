import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObjectSize, Struct, utils } from 'capnp-es';
import { probeMethod } from '../test/support.ts';
import {
  capabilityPointer,
  doubleFarPointer,
  farPointer,
  frameOf,
  listPointer,
  structPointer,
  tag,
} from '../test/words.ts';
import { buildContent } from './builder.ts';
import { checkFrame } from './check.ts';
import { type Frame, splitFrame } from './frame.ts';
import type { Payload } from './message.ts';
import { decodePointer } from './pointer.ts';
import { readMessage } from './read-message.ts';
import { capnpPointer } from './view.ts';
import { writeMessage, writeUnimplemented } from './write-message.ts';

const wordsOf = (frame: Frame): bigint[] => {
  assert.equal(frame.segments.length, 1);
  const [view] = frame.segments as [DataView];
  return Array.from({ length: view.byteLength / 8 }, (_, i) => view.getBigUint64(i * 8, true));
};
/** The message inside an unimplemented, as words. */
const sentBack = (...segments: bigint[][]): bigint[] => {
  const frame = splitFrame(writeUnimplemented(frameOf(...segments)));
  checkFrame(frame);
  return wordsOf(frame).slice(2);
};

test('a message that is sent back is flattened into one segment', () => {
  const content = [structPointer(0, 1, 3), 7n, listPointer(3, 2, 3), capabilityPointer(4), listPointer(2, 1, 3)];
  // As words of one segment: the struct, then its lists.
  const flat = [
    structPointer(0, 1, 3),
    7n,
    listPointer(2, 2, 3),
    capabilityPointer(4),
    listPointer(1, 1, 3),
    0xffn,
    5n,
  ];
  assert.deepEqual(sentBack([...content, 0n, 0xffn, 5n]), flat);
  assert.deepEqual(sentBack([farPointer(2, 0)], [], [...content, 0n, 0xffn, 5n]), flat);
  const pad = [farPointer(1, 0), structPointer(0, 1, 3)];
  assert.deepEqual(sentBack([doubleFarPointer(2, 0)], [...content.slice(1), 0n, 0xffn, 5n], pad), flat);
});

test('lists of structs, of pointers and of nothing are sent back', () => {
  const structs = [listPointer(0, 7, 4), tag(2, 1, 1), 1n, structPointer(-1, 0, 0), 2n, 0n];
  assert.deepEqual(sentBack(structs), structs);
  const pointers = [listPointer(0, 6, 2), listPointer(1, 5, 1), structPointer(1, 1, 0), 8n, 9n];
  assert.deepEqual(sentBack(pointers), pointers);
  assert.deepEqual(sentBack([listPointer(0, 0, 3)]), [listPointer(0, 0, 3)]);
  assert.deepEqual(sentBack([0n]), [0n]);
});

test('a message that would grow by being sent back is refused', () => {
  const blob = Array(200).fill(0n);
  const twice = [listPointer(0, 6, 2), listPointer(1, 5, 200), listPointer(0, 5, 200), ...blob];
  checkFrame(frameOf(twice));
  assert.throws(() => writeUnimplemented(frameOf(twice)), { name: 'ProtocolError', message: /would grow/ });
});

const results = (content: Payload['content']): Frame =>
  splitFrame(
    writeMessage({
      kind: 'return',
      answerId: 1,
      releaseParamCaps: true,
      noFinishNeeded: false,
      value: { kind: 'results', payload: { content, capTable: [{ kind: 'senderHosted', id: 2 }] } },
    }),
  );
const contentOf = (frame: Frame) => {
  const message = readMessage(frame);
  assert.ok(message.kind === 'return' && message.value.kind === 'results');
  assert.deepEqual(message.value.payload.capTable, [{ kind: 'senderHosted', id: 2 }]);
  const { content } = message.value.payload;
  assert.ok(!(content instanceof Uint8Array));
  return content;
};

test('content is moved into a message whatever its root is', () => {
  const bytes = (...words: bigint[]) => new Uint8Array(BigUint64Array.from(words).buffer);
  assert.equal(contentOf(results(bytes(0n))), undefined);
  const roots = [
    [capabilityPointer(0)],
    [structPointer(-1, 0, 0)],
    [structPointer(1, 0, 0), 0n],
    [listPointer(1, 5, 1), 3n, 4n],
  ];
  for (const root of roots) {
    const place = contentOf(results(bytes(...root)));
    assert.ok(place);
    const { frame, segment, word } = place;
    // Message, Return and Payload with their pointers, what is behind the root, and a table of one capability.
    assert.equal(wordsOf(frame).length, 1 + 2 + 3 + 2 + (root.length - 1) + 3);
    const view = frame.segments[segment] as DataView;
    const target = decodePointer(frame, segment, word);
    if (target.kind === 'capability') assert.equal(target.index, 0);
    else if (target.kind === 'list') assert.equal(view.getBigUint64(target.word * 8, true), 4n);
    else assert.deepEqual(target, { kind: 'struct', segment: 0, word, dataWords: 0, pointers: 0 });
  }
});

test('a text is whole, however long', () => {
  for (const length of [0, 7, 8, 300, 100_000]) {
    const message = { kind: 'abort', exception: { type: 'failed', reason: 'ü'.repeat(length) } } as const;
    assert.deepEqual(readMessage(splitFrame(writeMessage(message))), message);
  }
});

test('flags that share a byte do not touch each other', () => {
  for (const releaseParamCaps of [true, false]) {
    for (const noFinishNeeded of [true, false]) {
      const value = { kind: 'canceled' } as const;
      const message = { kind: 'return', answerId: 0xffff_ffff, releaseParamCaps, noFinishNeeded, value } as const;
      assert.deepEqual(readMessage(splitFrame(writeMessage(message))), message);
    }
  }
});

test('content that was read can be written again', () => {
  const probe = { number: 9n, data: new Uint8Array(100).fill(3) };
  const method = probeMethod('probe', 0);
  const first = contentOf(results(buildContent(200, (pointer) => method.writeResults(pointer, probe))));
  const second = contentOf(results(first));
  assert.ok(second);
  assert.deepEqual(method.readResults(capnpPointer(second)), probe);
});

test('content is whole, however small the promised size', () => {
  const method = probeMethod('probe', 0);
  for (const length of [0, 1, 8, 1_000, 100_000]) {
    const probe = { number: 1n, data: new Uint8Array(length).fill(5) };
    for (const size of [0, 8, length, length * 2 + 100]) {
      const place = contentOf(results(buildContent(size, (pointer) => method.writeResults(pointer, probe))));
      assert.ok(place);
      assert.deepEqual(method.readResults(capnpPointer(place)), probe);
    }
  }
});

test('capnp-es reads through far pointers and past empty segments', () => {
  const method = probeMethod('probe', 0);
  const expected = { number: 7n, data: Uint8Array.of(1, 2) };
  const struct = [structPointer(0, 1, 1), 7n];
  const frames: bigint[][][] = [
    [[...struct, listPointer(0, 2, 2), 0x0201n]],
    [[farPointer(2, 0)], [], [...struct, farPointer(4, 1)], [], [0n, listPointer(0, 2, 2), 0x0201n]],
    [[...struct, listPointer(0, 2, 2), 0x0201n], ...Array(100).fill([])],
    [
      [doubleFarPointer(1, 0)],
      [farPointer(2, 0), structPointer(0, 1, 1), farPointer(3, 0), listPointer(0, 2, 2)],
      [7n, doubleFarPointer(1, 2)],
      [0x0201n],
    ],
  ];
  for (const segments of frames) {
    const frame = frameOf(...segments);
    checkFrame(frame);
    assert.deepEqual(method.readParams(capnpPointer({ frame, segment: 0, word: 0 })), expected);
  }
});

test('reading through capnp-es leaves the frame as it is', () => {
  // A struct shorter than the one read: capnp-es makes it longer, in its own copy.
  const frame = frameOf([structPointer(0, 1, 0), 7n]);
  const before = frame.bytes.slice();
  const pointer = capnpPointer({ frame, segment: 0, word: 0 });
  const struct = new Struct(pointer.segment, pointer.byteOffset);
  utils.resize(new ObjectSize(16, 2), struct);
  assert.equal(utils.getUint64(0, struct), 7n);
  assert.deepEqual(frame.bytes, before);
});
