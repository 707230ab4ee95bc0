// Messages of rpc.capnp of which a pointer was changed.
import { layOut, message, type Node } from './capnp.ts';
import { changedFarPointers, changedFile, changedPointers, type Family, shortened } from './capnp-changed.ts';
import { bytesOf, invalid, type VectorCase, type VectorFile } from './file.ts';
import {
  abort,
  body,
  bootstrap,
  call,
  disembargo,
  enqueue,
  exception,
  finish,
  importedCap,
  payload,
  promisedAnswer,
  read,
  release,
  returned,
} from './rpc-messages.ts';
import { RPC, resolvesDiffer } from './rpc-model.ts';

interface Base {
  id: string;
  title: string;
  root: Node;
  /** The pointers to change, by their paths. */
  names: Record<string, string>;
  /** Whether it is laid out behind far pointers, too: those are read alike wherever they lie. */
  hasFar?: true;
}

const content: Node = { data: [5n], pointers: [{ bytes: bytesOf('changed content', 11) }] };
/** CapDescriptors: senderHosted 3, and receiverAnswer with a transform. */
const capabilities: Node = {
  structs: [
    { data: [1n | (3n << 32n)], pointers: [null] },
    { data: [4n], pointers: [{ data: [9n], pointers: [{ structs: [{ data: [1n | (2n << 16n)], pointers: [] }] }] }] },
  ],
};

const CALLS: Base[] = [
  {
    id: 'call',
    title: 'a Call',
    hasFar: true,
    root: call({ ...enqueue, params: payload(content, capabilities) }),
    names: {
      '': 'the root',
      '0': 'the body',
      '0.0': 'the target',
      '0.1': 'the params',
      '0.1.0': 'the content',
      '0.1.0.0': 'a Data of the content',
      '0.1.1': 'the capability table',
      '0.1.1.1.0': 'the answer that a capability is in',
    },
  },
  {
    id: 'call-promised',
    title: 'a Call on a promised answer',
    root: call({ ...enqueue, target: promisedAnswer(4, [1, 0]), params: payload(content) }),
    names: { '0.0': 'the target', '0.0.0': 'the promised answer', '0.0.0.0': 'the transform' },
  },
];

const OTHERS: Base[] = [
  { id: 'bootstrap', title: 'a Bootstrap', root: bootstrap(7), names: { '0': 'the body' } },
  {
    id: 'return-results',
    title: 'a Return of results',
    root: returned(
      5,
      0,
      payload({ list: [{ capability: 0 }, { capability: 1 }, { bytes: bytesOf('result', 3) }] }, capabilities),
    ),
    names: {
      '0': 'the body',
      '0.0': 'the results',
      '0.0.0': 'the content',
      '0.0.0.2': 'a Data of the content',
      '0.0.1': 'the capability table',
    },
  },
  {
    id: 'return-exception',
    title: 'a Return of an exception',
    hasFar: true,
    root: returned(6, 1, exception('E006: PAYLOAD_TOO_LARGE', 1)),
    names: { '0': 'the body', '0.0': 'the exception', '0.0.0': 'the reason' },
  },
  { id: 'finish', title: 'a Finish', root: finish(8, true), names: { '0': 'the body' } },
  { id: 'release', title: 'a Release', root: release(2, 3), names: { '0': 'the body' } },
  {
    id: 'resolve',
    title: 'a Resolve',
    root: body(5, { data: [11n], pointers: [{ data: [1n | (6n << 32n)], pointers: [null] }] }),
    names: { '0': 'the body', '0.0': 'the capability' },
  },
  {
    id: 'disembargo',
    title: 'a Disembargo',
    root: disembargo(importedCap(0), 1, 7),
    names: { '0': 'the body', '0.0': 'the target' },
  },
  { id: 'abort', title: 'an Abort', root: abort('goodbye', 2), names: { '0': 'the exception', '0.0': 'the reason' } },
  {
    id: 'unimplemented',
    title: 'an Unimplemented',
    root: body(0, abort('no', 0)),
    names: { '0': 'the message', '0.0': 'the body of the message' },
  },
];

function changed(bases: readonly Base[]): VectorCase[] {
  const seen = new Set<string>();
  return bases.flatMap(({ id, title, root, names, hasFar }) => {
    const family: Family = {
      prefix: id,
      title,
      schema: RPC,
      make: read,
      seen,
      isShort: Object.keys(names).length < 3,
    };
    return [
      ...changedPointers(family, layOut(root), names),
      ...(hasFar ? changedFar(family, root, names) : []),
      ...shortened({ ...family, prefix: `${id}-short` }, layOut(root)),
    ].map(resolvesDiffer);
  });
}

const changedFar = (family: Family, root: Node, names: Record<string, string>): VectorCase[] =>
  (['far', 'double-far'] as const).flatMap((reach) =>
    changedFarPointers({ ...family, prefix: `${family.prefix}-${reach}` }, layOut(root, { reach }), names),
  );

function cuts(bases: readonly Base[]): VectorCase[] {
  return bases.flatMap(({ id, title, root }) => {
    const bytes = message(root);
    return Array.from({ length: bytes.length / 4 - 1 }, (_, i) => (i + 1) * 4).map((length) =>
      read(
        `${id}-ends-${length}`,
        `${title}: ends after ${length} of ${bytes.length} bytes`,
        ['Truncated'],
        bytes.subarray(0, length),
        invalid('malformed'),
      ),
    );
  });
}

const file = (name: string, description: string, bases: readonly Base[]): VectorFile =>
  changedFile(
    { name, schema: 'rpc-frames', description },
    'rpc-message',
    { changed: changed(bases), cut: cuts(bases.slice(0, 2)) },
    {
      valid: {
        requirements: ['RPC-002', 'RPC-030', 'RPC-031', 'RPC-038'],
        description: 'One word is changed, and the message is right all the same.',
      },
      invalid: { requirements: ['RPC-021'], description: 'One pointer is changed, and the message is malformed.' },
      acceptable: ['RPC-021', 'RPC-022'],
      cut: { requirements: ['RPC-021'], description: 'Cut at each half of a word.' },
    },
  );

export const rpcCallsChangedFile = (): VectorFile =>
  file(
    'rpc-frames-calls',
    'Calls of which one word was changed, or that were cut. A reader of these follows every pointer.',
    CALLS,
  );

export const rpcOthersChangedFile = (): VectorFile =>
  file(
    'rpc-frames-others',
    'The other messages of rpc.capnp, with one word changed, or cut. A reader of these follows every pointer.',
    OTHERS,
  );
