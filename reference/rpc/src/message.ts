import type { Content } from './builder.ts';
import type { ExceptionType } from './errors.ts';
import type { PointerPlace } from './view.ts';

/** Where a call or disembargo goes (rpc.capnp, MessageTarget). */
export type MessageTarget = { kind: 'importedCap'; id: number } | ({ kind: 'promisedAnswer' } & PromisedAnswer);

/** What a question that is not answered yet will give (rpc.capnp, PromisedAnswer). */
export interface PromisedAnswer {
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
  content: Content | PointerPlace | undefined;
  capTable: CapDescriptor[];
}

/** An exception as it stands in a message (rpc.capnp, Exception). */
export interface RpcExceptionValue {
  type: ExceptionType;
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
  questionId: number;
  target: MessageTarget;
  interfaceId: bigint;
  methodId: number;
  params: Payload;
  sendResultsTo: 'caller' | 'yourself' | 'thirdParty';
}

/** The answer to a question (rpc.capnp, Return). */
export interface ReturnMessage {
  kind: 'return';
  answerId: number;
  releaseParamCaps: boolean;
  noFinishNeeded: boolean;
  value: ReturnValue;
}

/** What a promise has become (rpc.capnp, Resolve). */
export interface ResolveMessage {
  kind: 'resolve';
  promiseId: number;
  value: { kind: 'cap'; cap: CapDescriptor } | { kind: 'exception'; exception: RpcExceptionValue };
}

/** Asks whether calls that went the long way have arrived (rpc.capnp, Disembargo). */
export interface DisembargoMessage {
  kind: 'disembargo';
  target: MessageTarget;
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
