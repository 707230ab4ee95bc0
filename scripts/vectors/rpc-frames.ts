import { framed, type Layout, layOut, message, type Node, text } from './capnp.ts';
import { CHANGED_FLAGS } from './capnp-changed.ts';
import { acceptable, type VectorCase, type VectorFile, valid } from './file.ts';
import { framing } from './rpc-framing.ts';
import { malformed } from './rpc-malformed.ts';
import { body, MESSAGES, read } from './rpc-messages.ts';
import { bits, sizes } from './rpc-sizes.ts';
import { ids, scattered, texts, variants } from './rpc-values.ts';

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
      WrongKind:
        'A pointer leads to another kind of value than the schema says. To refuse it is right, and to read the field as absent.',
      UnknownVariant: CHANGED_FLAGS.UnknownVariant as string,
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
        requirements: ['RPC-001'],
        description: 'Fields at their edges.',
        cases: [...ids(), ...texts()],
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-001', 'RPC-016'],
        description: 'Each variant of a union or an enum, and variants that are in none.',
        cases: variants(),
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-002'],
        description: 'The same in unusual layouts.',
        cases: [...oddLayouts(), ...scattered()],
      },
      {
        kind: 'rpc-message',
        requirements: ['RPC-030', 'RPC-031'],
        description: 'Structs of newer and older schemas.',
        cases: [...otherSchemas(), ...sizes(), ...bits()],
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
