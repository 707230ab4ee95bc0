import { inspect, isDeepStrictEqual } from 'node:util';
import { buildEnvelope, MsgType, nodeService, parseEnvelope } from '@quicnprotochat/proto';
import {
  buildContent,
  capnpPointer,
  type Method,
  type Payload,
  type RpcMessage,
  readMessage,
  splitFrame,
  writeMessage,
} from '@quicnprotochat/rpc';
import { Message as CapnpMessage, Pointer } from 'capnp-es';
import fc from 'fast-check';
import { Violation } from './findings.ts';
import type { Property } from './property.ts';

const bytes = (max = 80): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ maxLength: max }).map((value) => new Uint8Array(value));
const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
// A lone surrogate is no character of UTF-8.
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const auth = fc.record({ version: uint(16), accessToken: bytes(), deviceId: bytes() });
const deliveries = fc.array(fc.record({ seq: uint64, payload: bytes() }), { maxLength: 5 });

/** By name, since a field's name has the same type wherever it stands; `results` has what differs. */
const FIELDS: Record<string, fc.Arbitrary<unknown>> = {
  ...{
    auth,
    version: uint(16),
    limit: uint(32),
    timeoutMs: uint64,
    seqUpTo: uint64,
    seq: uint64,
    username: text,
    status: text,
  },
  ...{ success: fc.boolean(), payloads: deliveries, seqs: fc.array(uint64, { maxLength: 6 }) },
  ...Object.fromEntries(
    ['identityKeys', 'recipientKeys', 'keys'].map((name) => [name, fc.array(bytes(), { maxLength: 5 })]),
  ),
};

/** Values of the shape of these defaults. @throws Error for a field that nobody told how to make */
function like(defaults: object): fc.Arbitrary<object> {
  const fields = Object.entries(defaults).map(([name, value]) => {
    const made = FIELDS[name] ?? (value instanceof Uint8Array ? bytes() : undefined);
    if (!made) throw new Error(`no arbitrary for the field ${name}`);
    return [name, made];
  });
  return fc.record(Object.fromEntries(fields));
}

type Half = {
  size(value: object): number;
  write: Method<object, object>['writeParams'];
  read: Method<object, object>['readParams'];
};

function halvesOf(method: Method<object, object>): Half[] {
  return [
    {
      size: (value) => method.paramsSize(value),
      write: (p, value) => method.writeParams(p, value),
      read: (p) => method.readParams(p),
    },
    {
      size: (value) => method.resultsSize(value),
      write: (p, value) => method.writeResults(p, value),
      read: (p) => method.readResults(p),
    },
  ];
}

/** What a call carries: a method's parameters or results. */
interface Carried {
  method: string;
  half: number;
  value: object;
}

/** Written into a message of rpc.capnp and read out of it again, as on the wire. */
function carry({ method, half, value }: Carried): { read: object; value: object } {
  const { size, write, read } = halvesOf(
    nodeService[method as keyof typeof nodeService] as unknown as Method<object, object>,
  )[half] as Half;
  const content = buildContent(size(value), (pointer) => write(pointer, value));
  const message: RpcMessage = {
    kind: 'call',
    questionId: 1,
    target: { kind: 'importedCap', id: 0 },
    interfaceId: 1n,
    methodId: 0,
    params: { content, capTable: [] },
    sendResultsTo: 'caller',
  };
  const back = readMessage(splitFrame(writeMessage(message)));
  const place = back.kind === 'call' ? back.params.content : undefined;
  // Results without fields are a null pointer or an empty struct: both read as defaults.
  const isThere = place && 'frame' in place;
  return { read: read(isThere ? capnpPointer(place) : new Pointer(new CapnpMessage().getSegment(0), 0)), value };
}

const carried = fc.oneof(
  ...Object.entries(nodeService).flatMap(([method, codec]) =>
    halvesOf(codec as unknown as Method<object, object>).map((half, index) =>
      like(half.read(new Pointer(new CapnpMessage().getSegment(0), 0))).map((value) => ({
        method,
        half: index,
        value,
      })),
    ),
  ),
);

const idBytes = fc.oneof(fc.constant(new Uint8Array()), fc.uint8Array({ minLength: 32, maxLength: 32 }));
const envelope = fc.record({
  msgType: fc.constantFrom(...Object.values(MsgType)),
  groupId: idBytes,
  senderId: idBytes,
  payload: bytes(300),
  timestampMs: uint64,
});

const promised = fc.record({ questionId: uint(32), transform: fc.array(uint(16), { maxLength: 4 }) });
const target = fc.oneof(
  fc.record({ kind: fc.constant('importedCap' as const), id: uint(32) }),
  promised.map((answer) => ({ kind: 'promisedAnswer' as const, ...answer })),
);
const exception = fc.record({
  type: fc.constantFrom('failed' as const, 'overloaded' as const, 'disconnected' as const, 'unimplemented' as const),
  reason: text,
});
const payload: fc.Arbitrary<Payload> = fc.constant({ content: undefined, capTable: [] });
const context = fc.record({
  kind: fc.constantFrom('senderLoopback' as const, 'receiverLoopback' as const),
  id: uint(32),
});
const value = fc.oneof(
  payload.map((results) => ({ kind: 'results' as const, payload: results })),
  exception.map((thrown) => ({ kind: 'exception' as const, exception: thrown })),
  fc.constantFrom({ kind: 'canceled' as const }, { kind: 'resultsSentElsewhere' as const }),
  uint(32).map((questionId) => ({ kind: 'takeFromOtherQuestion' as const, questionId })),
);
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
export const rpcMessages: fc.Arbitrary<RpcMessage> = fc.oneof<fc.Arbitrary<RpcMessage>[]>(
  fc.record({ kind: kind('abort'), exception }),
  fc.record({ kind: kind('bootstrap'), questionId: uint(32) }),
  fc.record({
    ...{ kind: kind('call'), questionId: uint(32), target, interfaceId: uint64, methodId: uint(16), params: payload },
    sendResultsTo: fc.constantFrom('caller' as const, 'yourself' as const),
  }),
  fc.record({
    ...{
      kind: kind('return'),
      answerId: uint(32),
      releaseParamCaps: fc.boolean(),
      noFinishNeeded: fc.boolean(),
      value,
    },
  }),
  fc.record({ kind: kind('finish'), questionId: uint(32), releaseResultCaps: fc.boolean() }),
  fc.record({ kind: kind('release'), id: uint(32), referenceCount: uint(32) }),
  fc.record({ kind: kind('disembargo'), target, context }),
);

const show = (input: unknown): string => `  ${inspect(input, { depth: 8, breakLength: 100 })}`;
/** A regression of a codec is kept as its seed: what it holds (64-bit numbers, bytes) is no JSON. */
function codec<T>(id: string, arbitrary: fc.Arbitrary<T>, roundTrip: (input: T) => [unknown, unknown]): Property<T> {
  return {
    ...{ id, arbitrary, show, runs: 1_000, close: async () => {}, remark: () => undefined, isLocal: true },
    async run(input) {
      const [before, after] = roundTrip(input);
      // Clones are plain: prototypes are not what is compared.
      if (!isDeepStrictEqual(structuredClone(before), structuredClone(after)))
        throw new Violation(`came back as\n${show(after)}`);
    },
    save: () => undefined,
    load: () => {
      throw new Error('kept as a seed');
    },
  };
}

/** What is written and read again is what it was: of the project's own codecs. */
export const CODECS: readonly [Property<Carried>, Property<never>, Property<RpcMessage>] = [
  codec('node-round-trip', carried, (input) => {
    const { read, value: sent } = carry(input);
    return [sent, read];
  }),
  codec('envelope-round-trip', envelope, (input) => [input, parseEnvelope(buildEnvelope(input))]) as Property<never>,
  codec('rpc-round-trip', rpcMessages, (input) => [input, readMessage(splitFrame(writeMessage(input)))]),
];
