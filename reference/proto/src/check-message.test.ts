import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBytes } from './bytes.ts';
import type { ProtoErrorCode } from './proto-error.ts';

/** A framed message from segments given as words in hex, as they lie on the wire. */
function frame(...segments: string[][]): Uint8Array {
  const bodies = segments.map((words) => Buffer.from(words.join('').replaceAll(' ', ''), 'hex'));
  const table = Buffer.alloc((4 + bodies.length * 4 + 7) & ~7);
  table.writeUInt32LE(bodies.length - 1);
  for (const [i, body] of bodies.entries()) table.writeUInt32LE(body.length / 8, 4 + i * 4);
  return Buffer.concat([table, ...bodies]);
}

/** `depth` structs in each other, of one pointer each, and a null pointer in the last. */
const nestedStructs = (depth: number) => [
  ...Array.from({ length: depth }, () => '00000000 00000100'),
  '0000000000000000',
];
/** The same of lists of one pointer. */
const nestedLists = (depth: number) => [
  ...Array.from({ length: depth }, () => '01000000 0e000000'),
  '0000000000000000',
];

/** A list of 17 pointers that all lead to one struct of so many words; with 13 it is read as often as may be. */
function oneStructOften(words: number): Uint8Array {
  const pointers = Array.from({ length: 17 }, (_, i) => {
    const pointer = Buffer.alloc(8);
    pointer.writeInt32LE((16 - i) << 2);
    pointer.writeUInt16LE(words, 4);
    return pointer.toString('hex');
  });
  return frame(['01000000 8e000000', ...pointers, ...Array.from({ length: words }, () => '00'.repeat(8))]);
}

const wellFormed: Record<string, Uint8Array> = {
  'a null root': frame(['00000000 00000000']),
  'a struct without size': frame(['fcffffff 00000000']),
  'a struct with one word of data': frame(['00000000 01000000', '0100000000000000']),
  'a list of bytes': frame(['01000000 22000000', 'aabbccdd00000000']),
  'a list of two structs': frame(['01000000 17000000', '08000000 01000000', '0100000000000000', '0200000000000000']),
  'a list of structs of a word and a null pointer': frame([
    '01000000 27000000',
    '08000000 01000100',
    ...['0100000000000000', '0000000000000000'],
    ...['0200000000000000', '0000000000000000'],
  ]),
  'a far pointer': frame(['02000000 01000000'], ['00000000 01000000', '0100000000000000']),
  'a far pointer in a struct': frame(
    ['00000000 00000100', '02000000 01000000'],
    ['00000000 01000000', '0100000000000000'],
  ),
  'a double-far pointer': frame(
    ['06000000 01000000'],
    ['02000000 02000000', '00000000 01000000'],
    ['0100000000000000'],
  ),
  'a double-far pointer whose pad is not at the start': frame(
    ['0e000000 01000000'],
    ['ffffffffffffffff', '02000000 02000000', '00000000 01000000'],
    ['0100000000000000'],
  ),
  'empty segments': frame(['02000000 03000000'], [], [], ['00000000 01000000', '0100000000000000']),
  '512 segments, all but one empty': frame(['00000000 00000000'], ...Array.from({ length: 511 }, () => [])),
  'structs nested 64 deep': frame(nestedStructs(63)),
  'lists nested 64 deep': frame(nestedLists(63)),
  'one struct that is read as often as may be': oneStructOften(13),
};
for (const [what, bytes] of Object.entries(wellFormed)) {
  test(`${what} is accepted`, () => {
    assert.doesNotThrow(() => fromBytes(bytes));
  });
}

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

const malformed: [string, ProtoErrorCode, RegExp, Uint8Array][] = [
  ['nothing', 'FRAME', /whole number of words/, new Uint8Array()],
  ['half a word', 'FRAME', /whole number of words/, new Uint8Array(4)],
  ['a word and a half', 'FRAME', /whole number of words/, new Uint8Array(12)],
  ['2^28 segments in 8 bytes', 'FRAME', /^268435456 segments, at most 512/, Buffer.from('ffffff0f00000000', 'hex')],
  [
    '513 segments',
    'FRAME',
    /513 segments, at most 512/,
    frame(['00000000 00000000'], ...Array.from({ length: 512 }, () => [])),
  ],
  ['half a segment table', 'FRAME', /a segment is cut off/, Buffer.from('0200000000000000', 'hex')],
  [
    'a segment longer than the message',
    'FRAME',
    /a segment is cut off/,
    Buffer.from('00000000020000000000000000000000', 'hex'),
  ],
  ['bytes left over', 'FRAME', /left over/, Buffer.concat([frame(['00000000 00000000']), new Uint8Array(8)])],
  ['no room for a root', 'POINTER', /no room for a root/, frame([])],
  ['a struct past the end', 'POINTER', /out of bounds/, frame(['00000000 02000000', '0000000000000000'])],
  ['a struct before the start', 'POINTER', /out of bounds/, frame(['f8ffffff 01000000', '0000000000000000'])],
  ['a list past the end', 'POINTER', /out of bounds/, frame(['01000000 4a000000', '0000000000000000'])],
  [
    'a list of structs shorter than its tag, with words behind it',
    'POINTER',
    /shorter than its tag/,
    frame(['01000000 1f000000', '08000000 01000100', ...Array.from({ length: 4 }, () => '00'.repeat(8))]),
  ],
  [
    'a list of structs that is longer than its segment, and its tag not',
    'POINTER',
    /out of bounds/,
    frame(['01000000 17000000', '04000000 01000000', '0100000000000000']),
  ],
  [
    'a struct of a list with a pointer past the end',
    'POINTER',
    /out of bounds/,
    frame(['01000000 17000000', '04000000 01000100', '0000000000000000', '00000000 01000000']),
  ],
  [
    'a tag that is no struct',
    'POINTER',
    /tag of a list/,
    frame(['01000000 0f000000', '01000000 01000000', '0000000000000000']),
  ],
  ['2^29 - 1 elements without size', 'POINTER', /more often than it is long/, frame(['01000000 f8ffffff'])],
  [
    '2^29 - 1 structs without size',
    'POINTER',
    /more often than it is long/,
    frame(['01000000 07000000', 'fcffff7f 00000000']),
  ],
  ['a far pointer to no segment', 'POINTER', /segment 5 does not exist/, frame(['02000000 05000000'])],
  ['a far pointer past its segment', 'POINTER', /out of bounds/, frame(['0a000000 01000000'], ['00000000 00000000'])],
  [
    'a far pointer to a far pointer',
    'POINTER',
    /leads to another/,
    frame(['02000000 01000000'], ['02000000 00000000']),
  ],
  [
    'a landing pad without far pointer',
    'POINTER',
    /landing pad/,
    frame(['06000000 01000000'], ['00000000 00000000', '00000000 00000000']),
  ],
  ['a capability', 'POINTER', /no capability/, frame(['03000000 00000000'])],
  ['a capability in a struct', 'POINTER', /no capability/, frame(['00000000 00000100', '03000000 00000000'])],
  [
    'a struct that holds itself',
    'POINTER',
    /more often than it is long/,
    frame(['00000000 00000100', 'f8ffffff 00000100']),
  ],
  ['structs nested 65 deep', 'POINTER', /nested deeper than 64/, frame(nestedStructs(64))],
  ['lists nested 65 deep', 'POINTER', /nested deeper than 64/, frame(nestedLists(64))],
  ['pointers that multiply', 'POINTER', /more often than it is long/, frame(amplified())],
  ['one struct that is read once too often', 'POINTER', /more often than it is long/, oneStructOften(14)],
];
for (const [what, code, reason, bytes] of malformed) {
  test(`${what} is refused with ${code}`, () => {
    assert.throws(() => fromBytes(bytes), { name: 'ProtoError', code, message: reason });
  });
}
