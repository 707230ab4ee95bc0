import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBytes } from './bytes.ts';
import { checkMessage } from './check-message.ts';
import { ProtoError, type ProtoErrorCode } from './proto-error.ts';

/** A framed message from segments given as words in hex, as they lie on the wire. */
function frame(...segments: string[][]): Uint8Array {
  const bodies = segments.map((words) => Buffer.from(words.join('').replaceAll(' ', ''), 'hex'));
  const table = Buffer.alloc((4 + bodies.length * 4 + 7) & ~7);
  table.writeUInt32LE(bodies.length - 1);
  for (const [i, body] of bodies.entries()) table.writeUInt32LE(body.length / 8, 4 + i * 4);
  return Buffer.concat([table, ...bodies]);
}

const wellFormed: Record<string, Uint8Array> = {
  'a null root': frame(['00000000 00000000']),
  'a struct without size': frame(['fcffffff 00000000']),
  'a struct with one word of data': frame(['00000000 01000000', '0100000000000000']),
  'a list of bytes': frame(['01000000 22000000', 'aabbccdd00000000']),
  'a list of two structs': frame(['01000000 17000000', '08000000 01000000', '0100000000000000', '0200000000000000']),
  'a far pointer': frame(['02000000 01000000'], ['00000000 01000000', '0100000000000000']),
  'a double-far pointer': frame(
    ['06000000 01000000'],
    ['02000000 02000000', '00000000 01000000'],
    ['0100000000000000'],
  ),
  'empty segments': frame(['02000000 03000000'], [], [], ['00000000 01000000', '0100000000000000']),
};
for (const [what, bytes] of Object.entries(wellFormed)) {
  test(`${what} is accepted`, () => {
    assert.doesNotThrow(() => checkMessage(bytes));
  });
}

const deep = [...Array.from({ length: 70 }, () => '00000000 00000100'), '0000000000000000'];
/** A list of pointers that all lead to one list of pointers, and so on: 16^5 visits in 700 bytes. */
const amplified = (): string[] => {
  const words = ['01000000 86000000'];
  for (let level = 0; level < 5; level += 1) {
    for (let i = 0; i < 16; i += 1) {
      const offset = Buffer.alloc(4);
      offset.writeInt32LE(((15 - i) << 2) | 1);
      words.push(`${offset.toString('hex')} ${level === 4 ? '82000000' : '86000000'}`);
    }
  }
  return [...words, '0000000000000000', '0000000000000000'];
};

const malformed: [string, ProtoErrorCode, Uint8Array][] = [
  ['nothing', 'FRAME', new Uint8Array()],
  ['half a word', 'FRAME', new Uint8Array(4)],
  ['2^28 segments in 8 bytes', 'FRAME', Buffer.from('ffffff0f00000000', 'hex')],
  ['513 segments', 'FRAME', frame(['00000000 00000000'], ...Array.from({ length: 512 }, () => []))],
  ['a segment longer than the message', 'FRAME', Buffer.from('00000000020000000000000000000000', 'hex')],
  ['bytes left over', 'FRAME', Buffer.concat([frame(['00000000 00000000']), new Uint8Array(8)])],
  ['no room for a root', 'POINTER', frame([])],
  ['a struct past the end', 'POINTER', frame(['00000000 02000000', '0000000000000000'])],
  ['a struct before the start', 'POINTER', frame(['f8ffffff 01000000', '0000000000000000'])],
  ['a list past the end', 'POINTER', frame(['01000000 4a000000', '0000000000000000'])],
  [
    'a list of structs shorter than its tag',
    'POINTER',
    frame(['01000000 0f000000', '08000000 01000000', '0000000000000000']),
  ],
  ['a tag that is no struct', 'POINTER', frame(['01000000 0f000000', '01000000 01000000', '0000000000000000'])],
  ['2^29 - 1 elements without size', 'POINTER', frame(['01000000 f8ffffff'])],
  ['2^29 - 1 structs without size', 'POINTER', frame(['01000000 07000000', 'fcffff7f 00000000'])],
  ['a far pointer to no segment', 'POINTER', frame(['02000000 05000000'])],
  ['a far pointer past its segment', 'POINTER', frame(['0a000000 01000000'], ['00000000 00000000'])],
  ['a far pointer to a far pointer', 'POINTER', frame(['02000000 01000000'], ['02000000 00000000'])],
  [
    'a landing pad without far pointer',
    'POINTER',
    frame(['06000000 01000000'], ['00000000 00000000', '00000000 00000000']),
  ],
  ['a capability', 'POINTER', frame(['03000000 00000000'])],
  ['a struct that holds itself', 'POINTER', frame(['00000000 00000100', 'f8ffffff 00000100'])],
  ['structs nested 70 deep', 'POINTER', frame(deep)],
  ['pointers that multiply', 'POINTER', frame(amplified())],
];
for (const [what, code, bytes] of malformed) {
  test(`${what} is refused with ${code}`, () => {
    assert.throws(
      () => fromBytes(bytes),
      (error) => error instanceof ProtoError && error.code === code,
    );
  });
}
