import {
  doubleFarPointer,
  farPointer,
  framed,
  type Layout,
  layOut,
  listPointer,
  message,
  type Node,
  SIZE,
  segmentBytes,
  structPointer,
  table,
  tag,
  text,
} from './capnp.ts';
import {
  acceptable,
  bytesOf,
  concat,
  type Expected,
  hex,
  invalid,
  type VectorCase,
  type VectorFile,
  valid,
} from './file.ts';

const u32 = (value: number, high = 0): bigint => (BigInt(high) << 32n) | BigInt(value);
const body = (which: number, content: Node, more: bigint[] = []): Node => ({
  data: [BigInt(which), ...more],
  pointers: [content],
});

// Messages of rpc.capnp: the numbers are the ordinals and offsets of the schema.
const bootstrap = (id: number): Node => body(8, { data: [u32(id)], pointers: [null] });
const finish = (id: number, keepsCaps = false): Node => body(4, { data: [u32(id, keepsCaps ? 1 : 0)], pointers: [] });
const release = (id: number, count: number): Node => body(6, { data: [u32(id, count)], pointers: [] });
const exception = (reason: string | null, type: number): Node => ({
  data: [BigInt(type) << 32n],
  pointers: [reason === null ? null : text(reason)],
});
const abort = (reason: string, type = 0): Node => body(1, exception(reason, type));
const importedCap = (id: number): Node => ({ data: [u32(id)], pointers: [null] });
const promisedAnswer = (id: number, transform: readonly number[] = []): Node => ({
  data: [1n << 32n],
  pointers: [
    {
      data: [u32(id)],
      pointers: [
        transform.length === 0
          ? null
          : { structs: transform.map((index) => ({ data: [1n | (BigInt(index) << 16n)], pointers: [] })) },
      ],
    },
  ],
});
const payload = (content: Node, caps: Node = null): Node => ({ data: [], pointers: [content, caps] });

interface Call {
  id: number;
  target: Node;
  interfaceId: bigint;
  method: number;
  params: Node;
}
const call = ({ id, target, interfaceId, method, params }: Call): Node =>
  body(2, {
    data: [u32(id) | (BigInt(method) << 32n), interfaceId, 0n],
    pointers: [target, params, null],
  });
/** @param union which of Return's variants */
const returned = (id: number, union: number, value: Node, releasesCaps = true): Node =>
  body(3, { data: [u32(id, releasesCaps ? 0 : 1) | (BigInt(union) << 48n), 0n], pointers: [value] });
const disembargo = (target: Node, context: number, id: number): Node =>
  body(13, { data: [u32(id) | (BigInt(context) << 32n)], pointers: [target] });

const NODE_SERVICE = 0xd5ca_5648_a9cc_1c28n;
const enqueueParams: Node = {
  data: [1n],
  pointers: [
    { bytes: bytesOf('frame recipient', 32) },
    { bytes: bytesOf('frame payload', 13) },
    null,
    { data: [1n], pointers: [{ bytes: bytesOf('frame token', 32) }, null] },
  ],
};
const enqueue: Call = {
  id: 5,
  target: importedCap(0),
  interfaceId: NODE_SERVICE,
  method: 2,
  params: payload(enqueueParams),
};
const enqueueOut = {
  type: 'call',
  questionId: 5,
  target: { importedCap: 0 },
  interfaceId: NODE_SERVICE.toString(),
  methodId: 2,
};

/** Each message once: the tree, and what a reader must find in it. */
const MESSAGES: [string, string, Node, Record<string, unknown>][] = [
  ['bootstrap', 'Bootstrap', bootstrap(0), { type: 'bootstrap', questionId: 0 }],
  [
    'bootstrap-max',
    'Bootstrap with the last question id',
    bootstrap(0xffff_ffff),
    { type: 'bootstrap', questionId: 0xffff_ffff },
  ],
  ['call', 'Call of enqueue on the bootstrap capability', call(enqueue), enqueueOut],
  [
    'call-promised',
    'Call on the answer of an earlier question',
    call({ ...enqueue, target: promisedAnswer(4) }),
    { ...enqueueOut, target: { promisedAnswer: { questionId: 4, transform: [] } } },
  ],
  [
    'call-promised-field',
    'Call on a field of the answer of an earlier question',
    call({ ...enqueue, target: promisedAnswer(4, [3, 65_535]) }),
    { ...enqueueOut, target: { promisedAnswer: { questionId: 4, transform: [3, 65_535] } } },
  ],
  [
    'call-no-params',
    'Call of health: params are null',
    call({ ...enqueue, id: 0xffff_ffff, method: 5, params: null }),
    { ...enqueueOut, questionId: 0xffff_ffff, methodId: 5 },
  ],
  [
    'call-method-max',
    'Call with the last method id and interface id',
    call({ ...enqueue, method: 65_535, interfaceId: 0xffff_ffff_ffff_ffffn }),
    { ...enqueueOut, methodId: 65_535, interfaceId: '18446744073709551615' },
  ],
  [
    'return-results',
    'Return of results',
    returned(5, 0, payload({ data: [42n], pointers: [] })),
    { type: 'return', answerId: 5, releaseParamCaps: true, value: 'results' },
  ],
  [
    'return-capability',
    'Return of a capability, as a Bootstrap is answered',
    returned(0, 0, payload({ capability: 0 }, { structs: [{ data: [1n], pointers: [null] }] })),
    { type: 'return', answerId: 0, releaseParamCaps: true, value: 'results' },
  ],
  [
    'return-keeps-caps',
    'Return that leaves the capabilities of the params alone',
    returned(6, 0, payload(null), false),
    { type: 'return', answerId: 6, releaseParamCaps: false, value: 'results' },
  ],
  ...(['failed', 'overloaded', 'disconnected', 'unimplemented'] as const).map(
    (type, i): [string, string, Node, Record<string, unknown>] => [
      `return-${type}`,
      `Return of an exception of type ${type}`,
      returned(7, 1, exception(`E0${20 + i}: A: text ü`, i)),
      {
        type: 'return',
        answerId: 7,
        releaseParamCaps: true,
        value: 'exception',
        exception: { type, reason: `E0${20 + i}: A: text ü` },
      },
    ],
  ),
  [
    'return-canceled',
    'Return of a call that was finished',
    returned(8, 2, null),
    { type: 'return', answerId: 8, releaseParamCaps: true, value: 'canceled' },
  ],
  ['finish', 'Finish', finish(5), { type: 'finish', questionId: 5, releaseResultCaps: true }],
  [
    'finish-keeps',
    'Finish that keeps the capabilities of the results',
    finish(0, true),
    { type: 'finish', questionId: 0, releaseResultCaps: false },
  ],
  ['release', 'Release', release(0, 1), { type: 'release', id: 0, referenceCount: 1 }],
  [
    'release-many',
    'Release of many references',
    release(3, 0xffff_ffff),
    { type: 'release', id: 3, referenceCount: 0xffff_ffff },
  ],
  [
    'disembargo-sender',
    'Disembargo on its way out',
    disembargo(promisedAnswer(0), 0, 77),
    { type: 'disembargo', context: 'senderLoopback', id: 77 },
  ],
  [
    'disembargo-receiver',
    'Disembargo on its way back',
    disembargo(importedCap(0), 1, 77),
    { type: 'disembargo', context: 'receiverLoopback', id: 77 },
  ],
  ['abort', 'Abort', abort('goodbye'), { type: 'abort', exception: { type: 'failed', reason: 'goodbye' } }],
  [
    'abort-empty',
    'Abort without a reason',
    abort('', 2),
    { type: 'abort', exception: { type: 'disconnected', reason: '' } },
  ],
  [
    'unimplemented',
    'Unimplemented, with the message that was not understood',
    body(0, finish(3)),
    { type: 'unimplemented' },
  ],
  ['obsolete', 'a message of a kind that is obsolete (7, obsoleteSave)', body(7, null), { type: 'other', which: 7 }],
  [
    'provide',
    'a message of a level that nobody here speaks (10, provide)',
    body(10, null),
    { type: 'other', which: 10 },
  ],
  ['newer', 'a message of a newer kind (14)', body(14, null), { type: 'other', which: 14 }],
  [
    'newest',
    'a message of the last kind that the discriminant can name',
    body(65_535, null),
    { type: 'other', which: 65_535 },
  ],
];

const read = (id: string, comment: string, flags: string[], bytes: Uint8Array, expected: Expected): VectorCase => ({
  id: `rpc-${id}`,
  comment,
  flags,
  input: { bytes: hex(bytes) },
  expected,
});

const LAYOUTS: [string, string, Layout][] = [
  ['far', 'far pointers', { reach: 'far' }],
  ['double-far', 'double-far pointers', { reach: 'double-far' }],
  ['gap', 'unused words between the objects', { gap: 1 }],
  ['double-far-gap', 'double-far pointers, unused words', { reach: 'double-far', gap: 2 }],
];

function oddLayouts(): VectorCase[] {
  const picked = new Set([
    'bootstrap',
    'call',
    'call-promised-field',
    'return-capability',
    'return-failed',
    'finish',
    'release',
    'disembargo-sender',
    'abort',
    'newer',
  ]);
  return MESSAGES.filter(([id]) => picked.has(id)).flatMap(([id, comment, root, out]) => [
    ...LAYOUTS.map(([name, how, layout]) =>
      read(`${id}-${name}`, `${comment}: ${how}`, ['OddLayout'], message(root, layout), valid({ message: out })),
    ),
    read(
      `${id}-empty-segments`,
      `${comment}: with empty segments and unused words behind it`,
      ['OddLayout'],
      framed([[...(layOut(root)[0] as bigint[]), 0xffffn], [], [], [1n]]),
      valid({ message: out }),
    ),
  ]);
}

function otherSchemas(): VectorCase[] {
  const grown = (root: Node): Node =>
    root !== null && 'data' in root
      ? { data: [...root.data, 0xffff_ffffn], pointers: [...root.pointers.map(grown), text('newer')] }
      : root;
  const cases = MESSAGES.filter(([id]) =>
    ['bootstrap', 'finish', 'release', 'abort', 'return-failed', 'disembargo-sender'].includes(id),
  ).map(([id, comment, root, out]) =>
    read(
      `${id}-newer`,
      `${comment}: each struct longer by a word and a pointer`,
      ['OtherSchema'],
      message(grown(root)),
      valid({ message: out }),
    ),
  );
  return [
    ...cases,
    read(
      'finish-older',
      'Finish without data: everything at its default',
      ['OtherSchema'],
      message(body(4, { data: [], pointers: [] })),
      valid({ message: { type: 'finish', questionId: 0, releaseResultCaps: true } }),
    ),
    read(
      'bootstrap-older',
      'Bootstrap without the obsolete pointer',
      ['OtherSchema'],
      message(body(8, { data: [9n], pointers: [] })),
      valid({ message: { type: 'bootstrap', questionId: 9 } }),
    ),
    read(
      'release-null',
      'Release whose body is a null pointer',
      ['OtherSchema'],
      message(body(6, null)),
      acceptable({ message: { type: 'release', id: 0, referenceCount: 0 } }),
    ),
  ];
}

function malformed(): VectorCase[] {
  const words = layOut(call(enqueue))[0] as bigint[];
  const bad = (id: string, comment: string, segments: bigint[][], flag = 'BadPointer'): VectorCase =>
    read(`bad-${id}`, comment, [flag], framed(segments), invalid('malformed'));
  const at = (place: number, value: bigint): bigint[][] => [words.with(place, value)];
  // The places of the pointers in `words`: 0 root, 2 body, 6 target, 7 params; behind them the objects in their order.
  const boot = layOut(bootstrap(1))[0] as bigint[];
  const nested = (levels: number): Node => {
    let node: Node = { data: [], pointers: [] };
    for (let i = 0; i < levels; i += 1) node = { data: [], pointers: [node] };
    return node;
  };
  const withParams = (params: Node): Node => call({ ...enqueue, params: payload(params) });
  const callOut = { message: enqueueOut };
  const limit = (id: string, comment: string, bytes: Uint8Array): VectorCase =>
    read(`limit-${id}`, comment, ['Limit'], bytes, acceptable(callOut));
  return [
    bad('no-root', 'an empty segment: no room for a root', [[]]),
    bad('root-out', 'the root leads behind the segment', at(0, structPointer(900, 1, 1))),
    bad('root-before', 'the root leads before the segment', at(0, structPointer(-3, 1, 1))),
    bad('root-long', 'the root struct is longer than the segment', at(0, structPointer(0, 60_000, 1))),
    bad('root-far-nowhere', 'the root lies in a segment that is not there', at(0, farPointer(3, 0))),
    bad('root-far-out', 'the landing pad lies behind its segment', [[farPointer(1, 5)], [0n]]),
    bad('root-far-loop', 'a landing pad that is a far pointer to itself', [[farPointer(1, 0)], [farPointer(1, 0)]]),
    bad('root-double-far-cut', 'a landing pad of one word in place of two', [
      [doubleFarPointer(1, 0)],
      [farPointer(0, 0)],
    ]),
    bad('root-double-far-nowhere', 'a double-far pointer to content in a segment that is not there', [
      [doubleFarPointer(1, 0)],
      [farPointer(9, 0), structPointer(0, 1, 1)],
    ]),
    bad('root-double-far-out', 'a double-far pointer to content behind its segment', [
      [doubleFarPointer(1, 0)],
      [farPointer(0, 1), structPointer(0, 1, 1)],
    ]),
    bad('body-out', 'the body of a Call leads behind the segment', at(2, structPointer(1000, 3, 3))),
    bad('body-before', 'the body of a Call leads before the segment', at(2, structPointer(-100, 3, 3))),
    bad('body-list', 'the body of a Call is a list', at(2, listPointer(0, SIZE.byte, 8)), 'WrongKind'),
    bad('target-out', 'the target of a Call leads behind the segment', at(6, structPointer(1000, 1, 1))),
    bad('params-out', 'the params of a Call lead behind the segment', at(7, structPointer(1000, 0, 2))),
    bad('content-out', 'the content of the params leads behind the segment', [
      words.map((one, i) => (i === contentAt(words) ? structPointer(4000, 1, 4) : one)),
    ]),
    bad('bootstrap-body-out', 'the body of a Bootstrap leads behind the segment', [
      boot.with(2, structPointer(50, 1, 1)),
    ]),
    bad('reason-out', 'the reason of an Abort leads behind the segment', [
      (layOut(abort('x'))[0] as bigint[]).with(4, listPointer(77, SIZE.byte, 2)),
    ]),
    bad('reason-huge', 'the reason of an Abort claims 2^29 - 1 bytes', [
      (layOut(abort('x'))[0] as bigint[]).with(4, listPointer(0, SIZE.byte, 0x1fff_ffff)),
    ]),
    read(
      'bad-transform-long',
      'a transform that claims more operations than it has words',
      ['BadPointer'],
      framed([transformTag(2 ** 20, 1, 0)]),
      invalid('malformed'),
    ),
    read(
      'bad-transform-tag',
      'a transform whose tag is a list',
      ['BadPointer'],
      framed([transformTagWord(listPointer(1, SIZE.byte, 1))]),
      invalid('malformed'),
    ),
    limit('depth-60', 'params nested 60 levels deep', message(withParams(nested(60)))),
    limit('depth-200', 'params nested 200 levels deep', message(withParams(nested(200)))),
    limit('depth-500', 'params nested 500 levels deep', message(withParams(nested(500)))),
    limit('loop', 'a pointer that leads to itself', framed(at(contentAt(words), structPointer(-1, 0, 1)))),
    limit('amplified-list', 'a list of 2^28 structs without size', amplified()),
    limit('amplified-void', 'a list of 2^29 - 1 elements without size', amplifiedVoid()),
    limit('amplified-shared', 'a thousand pointers to one object of 8,000 bytes', amplifiedShared()),
    limit('segments-513', 'a message of 513 segments', framed([words, ...Array.from({ length: 512 }, () => [])])),
  ];
}

/** Where the pointer to the content of the params lies in the words of the call to enqueue. */
function contentAt(words: readonly bigint[]): number {
  // The params' own pointer, at 7, is near: its offset tells.
  return 8 + Number(BigInt.asIntN(32, words[7] as bigint) >> 2n);
}

const promisedWords = (): bigint[] => layOut(call({ ...enqueue, target: promisedAnswer(4, [1]) }))[0] as bigint[];
/** The call with a transform, with another tag before the operations. */
function transformTagWord(by: bigint): bigint[] {
  const words = promisedWords();
  const place = words.indexOf(tag(1, 1, 0), 8);
  if (place < 0) throw new Error('the tag of the transform is not where it was');
  return words.with(place, by);
}
const transformTag = (elements: number, dataWords: number, pointers: number): bigint[] =>
  transformTagWord(tag(elements, dataWords, pointers));

/** The call with one pointer more than the params of enqueue have: readers that know only enqueue never follow it. */
function withContent(pointer: (offset: number) => bigint, content: bigint[]): Uint8Array {
  const words = layOut(call(enqueue))[0] as bigint[];
  const place = contentAt(words);
  const start = words.length;
  return framed([[...words.with(place, structPointer(start - place - 1, 0, 1)), pointer(0), ...content]]);
}
const amplified = (): Uint8Array => withContent((offset) => listPointer(offset, SIZE.struct, 0), [tag(2 ** 28, 0, 0)]);
const amplifiedVoid = (): Uint8Array => withContent((offset) => listPointer(offset, SIZE.void, 0x1fff_ffff), []);
const amplifiedShared = (): Uint8Array =>
  withContent(
    (offset) => listPointer(offset, SIZE.pointer, 1000),
    [
      ...Array.from({ length: 1000 }, (_, i) => listPointer(1000 - i - 1, SIZE.eightBytes, 1000)),
      ...Array<bigint>(1000).fill(1n),
    ],
  );

function framing(): VectorCase[] {
  const split = (id: string, comment: string, flags: string[], stream: Uint8Array, expected: Expected): VectorCase => ({
    id: `frame-${id}`,
    comment,
    flags,
    input: { stream: hex(stream) },
    expected,
  });
  const good = (id: string, comment: string, segments: number[][][], flags: string[] = []): VectorCase =>
    split(
      id,
      comment,
      flags,
      concat(...segments.map((one) => framed(one.map((words) => words.map(BigInt))))),
      valid({ frames: segments.map((one) => one.map((words) => words.length)) }),
    );
  const words = (length: number): number[] => Array.from({ length }, (_, i) => i + 1);
  const whole = framed([[1n, 2n, 3n], [4n]]);
  const cases = [
    good('none', 'an empty stream', []),
    good('one', 'one message of one segment', [[words(3)]]),
    good('one-word', 'a message of one word', [[[0]]]),
    good('two', 'two messages, one behind the other', [[words(3)], [words(2)]]),
    good(
      'many',
      'sixty messages',
      Array.from({ length: 60 }, (_, i) => [words((i % 4) + 1)]),
    ),
    good('long', 'a message of 5,000 words', [[words(5000)]]),
    good('empty-segment', 'a message of one empty segment', [[[]]], ['OddLayout']),
    good('only-empty', 'a message of three empty segments', [[[], [], []]], ['OddLayout']),
  ];
  for (const count of [2, 3, 4, 5, 8, 63, 64, 65, 200])
    cases.push(
      good(`segments-${count}`, `${count} segments: ${count % 2 === 0 ? 'padding behind the table' : 'no padding'}`, [
        Array.from({ length: count }, (_, i) => words(i % 3)),
      ]),
    );
  cases.push(
    split(
      'padding-dirty',
      'the padding of the table is not zero',
      ['OddLayout'],
      concat(table([1, 1], 0xff), segmentBytes([1n, 2n])),
      valid({ frames: [[1, 1]] }),
    ),
  );
  for (const length of [1, 3, 4, 7, 8, 11, 12, 15, 16, 17, 24, whole.length - 8, whole.length - 1])
    cases.push(
      split(
        `cut-${length}`,
        `a message that ends after ${length} of ${whole.length} bytes`,
        ['Truncated'],
        whole.subarray(0, length),
        invalid('incomplete', 'malformed'),
      ),
      split(
        `second-cut-${length}`,
        `the second message ends after ${length} of ${whole.length} bytes`,
        ['Truncated'],
        concat(whole, whole.subarray(0, length)),
        invalid('incomplete', 'malformed'),
      ),
    );
  const claims = (id: string, comment: string, stream: Uint8Array): VectorCase =>
    split(id, comment, ['BadTable'], stream, invalid('malformed', 'incomplete'));
  cases.push(
    claims('count-max', '2^32 segments', concat([255, 255, 255, 255], new Uint8Array(12))),
    claims('count-2-31', '2^31 + 1 segments', concat([0, 0, 0, 128], new Uint8Array(12))),
    claims('count-1000000', 'a million segments', concat([0x3f, 0x42, 0x0f, 0], new Uint8Array(28))),
    claims('words-max', 'a segment of 2^32 - 1 words', concat(table([0xffff_ffff]), new Uint8Array(64))),
    claims('words-2-29', 'a segment of 2^29 words: 2^32 bytes', concat(table([2 ** 29]), new Uint8Array(64))),
    claims(
      'words-sum',
      'segments whose words overflow 32 bits together',
      concat(table([2 ** 31, 2 ** 31, 1]), new Uint8Array(64)),
    ),
  );
  return cases;
}

export function rpcFramesFile(): VectorFile {
  return {
    name: 'rpc-frames',
    description:
      'Streams of framed messages, and messages of rpc.capnp: valid ones, valid ones in unusual layouts, malformed ones.',
    flags: {
      OddLayout: 'Well-formed, laid out in a way that the usual encoders do not choose.',
      OtherSchema: 'A struct as a newer or older schema has it.',
      Truncated: 'The stream ends in the middle of a message.',
      BadTable: 'The segment table claims what is not there.',
      BadPointer: 'A pointer leads out of the message, or is encoded in a way that is reserved.',
      WrongKind: 'A pointer leads to another kind of value than the schema says.',
      Limit: 'Over a limit that many readers have: to refuse it is right, and so is to read it, in the usual time.',
    },
    groups: [
      {
        kind: 'frame-split',
        requirements: ['RPC-001', 'RPC-002', 'RPC-020'],
        description: 'A whole stream, cut into messages. The output is the number of words of each segment.',
        cases: framing(),
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-001'],
        description: 'Each message once.',
        cases: MESSAGES.map(([id, comment, root, out]) =>
          read(id, comment, [], message(root), valid({ message: out })),
        ),
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-002'],
        description: 'The same in unusual layouts.',
        cases: oddLayouts(),
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-030', 'RPC-031'],
        description: 'Structs of newer and older schemas.',
        cases: otherSchemas(),
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-021', 'RPC-022'],
        description: 'Malformed messages. A reader of these follows every pointer, those of the content too.',
        cases: malformed(),
      },
    ],
  };
}
