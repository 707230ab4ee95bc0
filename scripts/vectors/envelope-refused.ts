// Values that a receiver refuses, and bytes that are no Envelope.
import { framed, layOut, listPointer, message, SIZE, structPointer } from './capnp.ts';
import { base, DEFAULTS, type Fields, node, none, output, parse } from './envelope-fields.ts';
import { acceptable, bytesOf, concat, invalid, replaceAt, type VectorCase } from './file.ts';

export function refusedValues(): VectorCase[] {
  const cases = [9, 10, 255, 256, 0x7fff, 0xffff].map((msgType) =>
    parse(
      `type-${msgType}`,
      `the type ${msgType} is none`,
      ['UnknownType'],
      message(node({ ...base, msgType })),
      invalid('msg-type'),
    ),
  );
  for (const length of [1, 16, 31, 33, 64]) {
    const id = bytesOf(`wrong id ${length}`, length);
    cases.push(
      parse(
        `group-${length}`,
        `a group of ${length} bytes`,
        ['IdLength'],
        message(node({ ...base, groupId: id })),
        invalid('group-id'),
      ),
      parse(
        `sender-${length}`,
        `a sender of ${length} bytes`,
        ['IdLength'],
        message(node({ ...base, senderId: id })),
        invalid('sender-id'),
      ),
    );
  }
  return cases;
}

export function malformed(): VectorCase[] {
  const bytes = message(node(base));
  const words = layOut(node(base))[0] as bigint[];
  const bad = (id: string, comment: string, flag: string, of: Uint8Array): VectorCase =>
    parse(id, comment, [flag], of, invalid('malformed'));
  const cut = [0, 1, 4, 7, 8, 15, 16, 40, bytes.length - 8, bytes.length - 1].map((length) =>
    bad(`cut-${length}`, `cut after ${length} bytes`, 'Truncated', bytes.subarray(0, length)),
  );
  /** A reader may also take a value of the wrong kind for an absent one. */
  const lenient = (id: string, comment: string, flag: string, of: Uint8Array, change: Partial<Fields>): VectorCase =>
    parse(id, comment, [flag], of, acceptable(output({ ...base, ...change })));
  const withWord = (at: number, value: bigint): Uint8Array => framed([words.with(at, value)]);
  return [
    ...cut,
    bad('extra-byte', 'a byte behind the message', 'LeftOver', concat(bytes, [0])),
    bad('extra-word', 'a word behind the message', 'LeftOver', concat(bytes, new Uint8Array(8))),
    bad('twice', 'two messages', 'LeftOver', concat(bytes, bytes)),
    bad(
      'table-claims-more',
      'the segment table claims one word more',
      'BadTable',
      replaceAt(bytes, 4, [words.length + 1]),
    ),
    bad(
      'table-claims-less',
      'the segment table claims one word less',
      'BadTable',
      replaceAt(bytes, 4, [words.length - 1]),
    ),
    bad('table-two-segments', 'the segment table claims a second segment', 'BadTable', replaceAt(bytes, 0, [1])),
    bad('table-huge-count', '2^32 segments', 'BadTable', replaceAt(bytes, 0, [255, 255, 255, 255])),
    bad('table-huge-segment', 'a segment of 2^32 - 1 words', 'BadTable', replaceAt(bytes, 4, [255, 255, 255, 255])),
    bad('no-root', 'an empty segment: no room for a root pointer', 'BadPointer', framed([[]])),
    bad('packed', 'the packed encoding', 'BadTable', concat([0x10, words.length, 0x50, 2, 3], bytesOf('packed', 30))),
    bad('root-far-out', 'the root leads behind the segment', 'BadPointer', withWord(0, structPointer(1000, 2, 3))),
    bad(
      'root-too-big',
      'the root struct is longer than the segment',
      'BadPointer',
      withWord(0, structPointer(0, 2, 900)),
    ),
    bad('root-before', 'the root leads before the segment', 'BadPointer', withWord(0, structPointer(-5, 2, 3))),
    lenient('root-list', 'the root is a list', 'WrongKind', withWord(0, listPointer(0, SIZE.byte, 8)), DEFAULTS),
    lenient('root-capability', 'the root is a capability', 'WrongKind', withWord(0, 3n), DEFAULTS),
    bad(
      'root-far-nowhere',
      'the root is a far pointer to a segment that is not there',
      'BadPointer',
      withWord(0, 2n | (7n << 32n)),
    ),
    bad(
      'root-far-to-far',
      'a far pointer whose landing pad is a far pointer',
      'BadPointer',
      framed([[2n | (1n << 32n)], [2n | (1n << 32n)]]),
    ),
    bad('group-out', 'groupId leads behind the segment', 'BadPointer', withWord(3, listPointer(100, SIZE.byte, 32))),
    bad(
      'payload-too-long',
      'payload is longer than the segment',
      'BadPointer',
      withWord(5, listPointer(8, SIZE.byte, 4096)),
    ),
    bad(
      'payload-longest',
      'payload of 2^29 - 1 bytes',
      'BadPointer',
      withWord(5, listPointer(8, SIZE.byte, 0x1fff_ffff)),
    ),
    lenient('payload-struct', 'payload is a struct', 'WrongKind', withWord(5, structPointer(0, 1, 0)), {
      payload: none,
    }),
    lenient('payload-bits', 'payload is a list of bits', 'WrongKind', withWord(5, listPointer(8, SIZE.bit, 64)), {
      payload: none,
    }),
    lenient(
      'payload-words',
      'payload is a list of eight-byte elements',
      'WrongKind',
      withWord(5, listPointer(8, SIZE.eightBytes, 2)),
      { payload: none },
    ),
    lenient(
      'payload-pointers',
      'payload is a list of pointers',
      'WrongKind',
      withWord(5, listPointer(7, SIZE.pointer, 1)),
      { payload: none },
    ),
    lenient('payload-capability', 'payload is a capability', 'WrongKind', withWord(5, 3n), { payload: none }),
    lenient('payload-reserved', 'payload is a pointer of a reserved kind', 'WrongKind', withWord(5, 7n), {
      payload: none,
    }),
    bad(
      'double-far-cut',
      'a double-far pointer to a pad that is cut',
      'BadPointer',
      framed([[6n | (1n << 32n)], [2n]]),
    ),
    lenient(
      'double-far-no-far',
      'a double-far pointer to a pad that does not begin with a far pointer',
      'WrongKind',
      framed([[6n | (1n << 32n)], [structPointer(0, 1, 0), structPointer(0, 1, 0), 0n]]),
      DEFAULTS,
    ),
  ];
}
