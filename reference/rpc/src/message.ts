import type { Content } from './builder.ts';
import type { ExceptionType } from './errors.ts';
import type { PointerPlace } from './view.ts';

/** Where a call or disembargo goes (rpc.capnp, MessageTarget). */
export type MessageTarget = { kind: 'importedCap'; id: number } | ({ kind: 'promisedAnswer' } & PromisedAnswer);

/** What a question that is not answered yet will give (rpc.capnp, PromisedAnswer). */
export interface PromisedAnswer {
  /** The question, 32 bits: of the side that holds the promise. */
  questionId: number;
  /** Indices of pointer fields, from the answer's content on; empty for the content itself. */
  transform: number[];
}

/** A capability of a payload (rpc.capnp, CapDescriptor). `id` counts in the exports of the side that hosts it. */
export type CapDescriptor =
  | { kind: 'none' }
  | { kind: 'senderHosted' | 'senderPromise' | 'receiverHosted'; id: number }
  | ({ kind: 'receiverAnswer' } & PromisedAnswer)
  | { kind: 'thirdPartyHosted'; vineId: number };

/**
 * What a call or an answer carries. Read: `content` is a place in the frame. Written: one segment with a root pointer.
 * undefined = null pointer.
 */
export interface Payload {
  /** What the root pointer leads to: a struct, or for Bootstrap a capability. */
  content: Content | PointerPlace | undefined;
  /** The capabilities that pointers of the content name by their index. */
  capTable: CapDescriptor[];
}

/** An exception as it stands in a message (rpc.capnp, Exception). */
export interface RpcExceptionValue {
  /** What a caller may do about it. */
  type: ExceptionType;
  /** For people; untrusted when it came from a peer. */
  reason: string;
}

/** What a question was answered with (rpc.capnp, the union of Return). */
export type ReturnValue =
  | { kind: 'results'; payload: Payload }
  | { kind: 'exception'; exception: RpcExceptionValue }
  | { kind: 'canceled' | 'resultsSentElsewhere' | 'acceptFromThirdParty' }
  | { kind: 'takeFromOtherQuestion'; questionId: number };

/** A question: a call of a method (rpc.capnp, Call). Ids are the caller's, 32 bits. */
export interface CallMessage {
  kind: 'call';
  /** Free again after Return and Finish. */
  questionId: number;
  /** The capability that is called; a promised answer pipelines the call. */
  target: MessageTarget;
  /** 64 bits, as the schema of the interface has it. */
  interfaceId: bigint;
  /** The method's ordinal in its interface, 16 bits. */
  methodId: number;
  /** A struct of the method's parameters. */
  params: Payload;
  /** Where the results go; this vat answers the caller alone, and others with an exception of type `unimplemented`. */
  sendResultsTo: 'caller' | 'yourself' | 'thirdParty';
}

/** The answer to a question (rpc.capnp, Return). */
export interface ReturnMessage {
  kind: 'return';
  /** The question's id. */
  answerId: number;
  /** Whether the capabilities of the parameters are given back with it, as Release would. */
  releaseParamCaps: boolean;
  /** Whether the caller may leave Finish out; the id is free at once then. */
  noFinishNeeded: boolean;
  /** Results, or why there are none. */
  value: ReturnValue;
}

/** What a promise has become (rpc.capnp, Resolve). */
export interface ResolveMessage {
  kind: 'resolve';
  /** The import that was a promise, 32 bits. */
  promiseId: number;
  /** The capability that it is now, or why it will be none. */
  value: { kind: 'cap'; cap: CapDescriptor } | { kind: 'exception'; exception: RpcExceptionValue };
}

/** Asks whether calls that went the long way have arrived (rpc.capnp, Disembargo). */
export interface DisembargoMessage {
  kind: 'disembargo';
  /** The capability whose calls may have gone the long way. */
  target: MessageTarget;
  /** `senderLoopback` asks, `receiverLoopback` answers under the same id (32 bits); the others are of level 3. */
  context: { kind: 'senderLoopback' | 'receiverLoopback' | 'provide'; id: number } | { kind: 'accept' };
}

/** A message of rpc.capnp. Those of levels that this vat does not speak are `other`. */
export type RpcMessage =
  /** `message` is absent when what came back is none, or none that can be read. */
  | { kind: 'unimplemented'; message: RpcMessage | undefined }
  | { kind: 'abort'; exception: RpcExceptionValue }
  | { kind: 'bootstrap'; questionId: number }
  | CallMessage
  | ReturnMessage
  | { kind: 'finish'; questionId: number; releaseResultCaps: boolean }
  | ResolveMessage
  | { kind: 'release'; id: number; referenceCount: number }
  | DisembargoMessage
  /** `which`: the discriminant; messages of level 3 and 4, obsolete ones, and ones of a newer schema. */
  | { kind: 'other'; which: number };

// Discriminants of the unions, in the order in which the members were declared.

/** Message */
export const WHICH = {
  unimplemented: 0,
  abort: 1,
  call: 2,
  return: 3,
  finish: 4,
  resolve: 5,
  release: 6,
  bootstrap: 8,
  disembargo: 13,
} as const;
/** Return */
export const RETURN_KINDS = [
  'results',
  'exception',
  'canceled',
  'resultsSentElsewhere',
  'takeFromOtherQuestion',
  'acceptFromThirdParty',
] as const;
/** CapDescriptor */
export const CAP_KINDS = [
  'none',
  'senderHosted',
  'senderPromise',
  'receiverHosted',
  'receiverAnswer',
  'thirdPartyHosted',
] as const;
/** MessageTarget */
export const TARGET_KINDS = ['importedCap', 'promisedAnswer'] as const;
/** PromisedAnswer.Op */
export const OP_KINDS = ['noop', 'getPointerField'] as const;
/** Resolve */
export const RESOLVE_KINDS = ['cap', 'exception'] as const;
/** Disembargo.context */
export const DISEMBARGO_KINDS = ['senderLoopback', 'receiverLoopback', 'accept', 'provide'] as const;
/** Call.sendResultsTo */
export const SEND_RESULTS_TO = ['caller', 'yourself', 'thirdParty'] as const;
