import { framed, type Layout, layOut, listPointer, message, type Node, SIZE, structPointer } from './capnp.ts';
import {
  acceptable,
  bytesOf,
  concat,
  type Expected,
  hex,
  invalid,
  replaceAt,
  type VectorCase,
  type VectorFile,
  valid,
} from './file.ts';

const TYPES = [
  'ping',
  'pong',
  'keyPackageUpload',
  'keyPackageFetch',
  'keyPackageResponse',
  'mlsWelcome',
  'mlsCommit',
  'mlsApplication',
  'error',
];

interface Fields {
  msgType: number;
  groupId: Uint8Array;
  senderId: Uint8Array;
  payload: Uint8Array;
  timestampMs: bigint;
}

const base: Fields = {
  msgType: 7,
  groupId: bytesOf('envelope group', 32),
  senderId: bytesOf('envelope sender', 32),
  payload: bytesOf('envelope payload', 21),
  timestampMs: 1_771_891_200_123n,
};
const none = new Uint8Array();

const data = (bytes: Uint8Array): Node => (bytes.length === 0 ? null : { bytes });
const node = (f: Fields): { data: bigint[]; pointers: Node[] } => ({
  data: [BigInt(f.msgType), f.timestampMs],
  pointers: [data(f.groupId), data(f.senderId), data(f.payload)],
});
const output = (f: Fields): Record<string, unknown> => ({
  msgType: TYPES[f.msgType],
  groupId: hex(f.groupId),
  senderId: hex(f.senderId),
  payload: hex(f.payload),
  timestampMs: String(f.timestampMs),
});

const parse = (id: string, comment: string, flags: string[], bytes: Uint8Array, expected: Expected): VectorCase => ({
  id: `envelope-${id}`,
  comment,
  flags,
  input: { bytes: hex(bytes) },
  expected,
});

function wellFormed(): VectorCase[] {
  const cases = TYPES.map((name, msgType) =>
    parse(
      `type-${name}`,
      `every field set, ${name}`,
      [],
      message(node({ ...base, msgType })),
      valid(output({ ...base, msgType })),
    ),
  );
  const variants: [string, string, Partial<Fields>][] = [
    ['no-group', 'without a group', { groupId: none }],
    ['no-sender', 'without a sender', { senderId: none }],
    ['no-payload', 'without a payload', { payload: none }],
    ['ping-bare', 'only defaults', { msgType: 0, groupId: none, senderId: none, payload: none, timestampMs: 0n }],
    ['time-max', 'the last time that there is', { timestampMs: 0xffff_ffff_ffff_ffffn }],
    ['time-over-2-53', 'a time that a double cannot hold', { timestampMs: 2n ** 53n + 1n }],
    ['time-zero', 'the time 0', { timestampMs: 0n }],
    ['group-zero', 'a group of zero bytes is no absent group', { groupId: new Uint8Array(32) }],
  ];
  for (const [id, comment, change] of variants)
    cases.push(parse(id, comment, [], message(node({ ...base, ...change })), valid(output({ ...base, ...change }))));
  for (const length of [1, 7, 8, 9, 255, 256, 2000]) {
    const fields = { ...base, payload: bytesOf(`envelope payload ${length}`, length) };
    cases.push(
      parse(`payload-${length}`, `a payload of ${length} bytes`, [], message(node(fields)), valid(output(fields))),
    );
  }
  return cases;
}

function oddLayouts(): VectorCase[] {
  const layouts: [string, string, Layout][] = [
    ['far', 'each object in a segment of its own, behind a far pointer', { reach: 'far' }],
    ['double-far', 'each object behind a double-far pointer', { reach: 'double-far' }],
    ['gap', 'words between the objects that nothing leads to', { gap: 2 }],
    ['far-gap', 'far pointers to landing pads in the middle of a segment', { reach: 'far', gap: 1 }],
    ['double-far-gap', 'double-far pointers to content in the middle of a segment', { reach: 'double-far', gap: 3 }],
  ];
  const cases = layouts.map(([id, comment, layout]) =>
    parse(`layout-${id}`, comment, ['OddLayout'], message(node(base), layout), valid(output(base))),
  );
  const near = layOut(node(base));
  cases.push(
    parse(
      'layout-unused-segment',
      'a last segment that nothing leads to',
      ['OddLayout'],
      framed([...near, [1n, 2n]]),
      valid(output(base)),
    ),
    parse('layout-empty-segment', 'an empty last segment', ['OddLayout'], framed([...near, []]), valid(output(base))),
    parse(
      'layout-empty-segments',
      'a hundred empty segments behind the first',
      ['OddLayout'],
      framed([...near, ...Array(100).fill([])]),
      valid(output(base)),
    ),
    parse(
      'layout-spare-words',
      'words behind the last object',
      ['OddLayout'],
      framed([[...(near[0] as bigint[]), 0n, 7n]]),
      valid(output(base)),
    ),
    parse(
      'layout-empty-data',
      'empty Data as lists of no bytes in place of null pointers',
      ['OddLayout'],
      message({ data: [0n, 5n], pointers: [{ bytes: none }, { bytes: none }, { bytes: none }] }),
      valid(output({ msgType: 0, groupId: none, senderId: none, payload: none, timestampMs: 5n })),
    ),
    parse(
      'layout-dirty-padding',
      'the bytes that fill the payload up to a word are not zero',
      ['OddLayout'],
      replaceAt(message(node(base)), message(node(base)).length - 3, [1, 2, 3]),
      valid(output(base)),
    ),
  );
  return cases;
}

function otherSchemas(): VectorCase[] {
  const { data: words, pointers } = node(base);
  const more: [string, string, Node, Fields][] = [
    ['newer-data', 'a newer schema: a third data word', { data: [...words, 99n], pointers }, base],
    [
      'newer-pointer',
      'a newer schema: a fourth pointer',
      { data: words, pointers: [...pointers, { bytes: none }] },
      base,
    ],
    [
      'newer-both',
      'a newer schema: more of both',
      { data: [...words, 1n, 2n], pointers: [...pointers, null, { bytes: bytesOf('new', 40) }] },
      base,
    ],
    [
      'newer-bits',
      'a newer schema: bits of the first word that are unused today',
      { data: [(words[0] as bigint) | (0xabcdn << 32n), words[1] as bigint], pointers },
      base,
    ],
    [
      'older-no-time',
      'an older schema: no word for the time',
      { data: words.slice(0, 1), pointers },
      { ...base, timestampMs: 0n },
    ],
    [
      'older-no-payload',
      'an older schema: two pointers',
      { data: words, pointers: pointers.slice(0, 2) },
      { ...base, payload: none },
    ],
    [
      'older-no-pointers',
      'an older schema: no pointers',
      { data: words, pointers: [] },
      { ...base, groupId: none, senderId: none, payload: none },
    ],
    ['older-no-data', 'an older schema: no data', { data: [], pointers }, { ...base, msgType: 0, timestampMs: 0n }],
    [
      'older-empty',
      'a struct without size',
      { data: [], pointers: [] },
      { msgType: 0, groupId: none, senderId: none, payload: none, timestampMs: 0n },
    ],
  ];
  const cases = more.map(([id, comment, root, fields]) =>
    parse(id, comment, ['OtherSchema'], message(root), valid(output(fields))),
  );
  cases.push(
    parse(
      'root-null',
      'a null root pointer: every field at its default',
      ['OtherSchema'],
      framed([[0n]]),
      acceptable(output({ msgType: 0, groupId: none, senderId: none, payload: none, timestampMs: 0n })),
    ),
  );
  return cases;
}

function refusedValues(): VectorCase[] {
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

function malformed(): VectorCase[] {
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
  const absent = { msgType: 0, groupId: none, senderId: none, payload: none, timestampMs: 0n };
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
    lenient('root-list', 'the root is a list', 'WrongKind', withWord(0, listPointer(0, SIZE.byte, 8)), absent),
    lenient('root-capability', 'the root is a capability', 'WrongKind', withWord(0, 3n), absent),
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
      absent,
    ),
  ];
}

function built(): VectorCase[] {
  const build = (id: string, comment: string, flags: string[], f: Fields, expected: Expected): VectorCase => ({
    id: `envelope-build-${id}`,
    comment,
    flags,
    input: { ...output(f), msgType: TYPES[f.msgType] ?? `${f.msgType}` },
    expected,
    ...(expected.result === 'valid' ? { judge: { envelope: output(f) } } : {}),
  });
  const right = (id: string, comment: string, f: Fields): VectorCase => build(id, comment, [], f, valid({}));
  const cases = TYPES.map((name, msgType) => right(`type-${name}`, `build ${name}`, { ...base, msgType }));
  cases.push(
    right('bare', 'build with nothing but the type', {
      msgType: 1,
      groupId: none,
      senderId: none,
      payload: none,
      timestampMs: 0n,
    }),
    right('time-max', 'build with the last time that there is', { ...base, timestampMs: 0xffff_ffff_ffff_ffffn }),
    right('time-over-2-53', 'build with a time that a double cannot hold', { ...base, timestampMs: 2n ** 53n + 1n }),
    right('payload-3000', 'build with a payload of 3,000 bytes', { ...base, payload: bytesOf('build payload', 3000) }),
  );
  for (const length of [1, 31, 33]) {
    const id = bytesOf(`build wrong id ${length}`, length);
    cases.push(
      build(
        `group-${length}`,
        `build with a group of ${length} bytes`,
        ['IdLength'],
        { ...base, groupId: id },
        invalid('group-id'),
      ),
      build(
        `sender-${length}`,
        `build with a sender of ${length} bytes`,
        ['IdLength'],
        { ...base, senderId: id },
        invalid('sender-id'),
      ),
    );
  }
  return cases;
}

export function envelopeFile(): VectorFile {
  const broken = malformed();
  return {
    name: 'envelope',
    description: 'Envelope messages (schemas/envelope.capnp), and how a receiver must judge them.',
    flags: {
      OddLayout: 'Well-formed, laid out in a way that the usual encoders do not choose.',
      OtherSchema: 'A struct as a newer or older schema has it: further fields are ignored, absent ones are defaults.',
      UnknownType: 'msgType is no value of the enum.',
      IdLength: 'groupId or senderId has neither 32 bytes nor none.',
      Truncated: 'The message is cut.',
      LeftOver: 'Something lies behind the message.',
      BadTable: 'The segment table does not fit the bytes.',
      BadPointer: 'A pointer leads out of the message, or is encoded in a way that is reserved.',
      WrongKind:
        'A pointer leads to another kind of value than the schema says. To refuse it is right, and to read the field as absent.',
    },
    groups: [
      {
        kind: 'envelope-parse',
        requirements: ['ENV-001', 'ENV-002', 'ENV-005'],
        description: 'Envelopes as they are.',
        cases: wellFormed(),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-001'],
        description: 'Envelopes in unusual layouts.',
        cases: oddLayouts(),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-007'],
        description: 'Envelopes of newer and older schemas.',
        cases: otherSchemas(),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-002', 'ENV-003', 'ENV-004'],
        description: 'Values that a receiver refuses.',
        cases: refusedValues(),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-006'],
        description: 'Bytes that are no envelope.',
        cases: broken.filter(({ flags }) => !flags.includes('WrongKind')),
      },
      {
        kind: 'envelope-parse',
        requirements: ['ENV-010'],
        description: 'Pointers to another kind of value than the schema says.',
        cases: broken.filter(({ flags }) => flags.includes('WrongKind')),
      },
      {
        kind: 'envelope-build',
        requirements: ['ENV-001', 'ENV-003', 'ENV-004'],
        description: 'Envelopes to be built; the suite reads what comes back.',
        cases: built(),
      },
    ],
  };
}
