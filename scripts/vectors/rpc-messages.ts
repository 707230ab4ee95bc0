import { type Node, text } from './capnp.ts';
import { bytesOf, readingCases } from './file.ts';

// Messages of rpc.capnp, built by hand: word by word as capnp.ts lays them out.

const u32 = (value: number, high = 0): bigint => (BigInt(high) << 32n) | BigInt(value);
export const body = (which: number, content: Node, more: bigint[] = []): Node => ({
  data: [BigInt(which), ...more],
  pointers: [content],
});

// Messages of rpc.capnp: the numbers are the ordinals and offsets of the schema.
export const bootstrap = (id: number): Node => body(8, { data: [u32(id)], pointers: [null] });
export const finish = (id: number, keepsCaps = false): Node =>
  body(4, { data: [u32(id, keepsCaps ? 1 : 0)], pointers: [] });
export const release = (id: number, count: number): Node => body(6, { data: [u32(id, count)], pointers: [] });
export const exception = (reason: string | null, type: number): Node => ({
  data: [BigInt(type) << 32n],
  pointers: [reason === null ? null : text(reason)],
});
export const abort = (reason: string, type = 0): Node => body(1, exception(reason, type));
export const importedCap = (id: number): Node => ({ data: [u32(id)], pointers: [null] });
export const promisedAnswer = (id: number, transform: readonly number[] = []): Node => ({
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
export const payload = (content: Node, caps: Node = null): Node => ({ data: [], pointers: [content, caps] });

export interface Call {
  id: number;
  target: Node;
  interfaceId: bigint;
  method: number;
  params: Node;
}
export const call = ({ id, target, interfaceId, method, params }: Call): Node =>
  body(2, {
    data: [u32(id) | (BigInt(method) << 32n), interfaceId, 0n],
    pointers: [target, params, null],
  });
/** @param union which of Return's variants */
export const returned = (id: number, union: number, value: Node, releasesCaps = true): Node =>
  body(3, { data: [u32(id, releasesCaps ? 0 : 1) | (BigInt(union) << 48n), 0n], pointers: [value] });
export const disembargo = (target: Node, context: number, id: number): Node =>
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
export const enqueue: Call = {
  id: 5,
  target: importedCap(0),
  interfaceId: NODE_SERVICE,
  method: 2,
  params: payload(enqueueParams),
};
export const enqueueOut = {
  type: 'call',
  questionId: 5,
  target: { importedCap: 0 },
  interfaceId: NODE_SERVICE.toString(),
  methodId: 2,
};

/** Each message once: the tree, and what a reader must find in it. */
export const MESSAGES: [string, string, Node, Record<string, unknown>][] = [
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

export const read = readingCases('rpc');
