import { Builder, type Content } from './builder.ts';
import { checkFrame } from './check.ts';
import { EXCEPTION_TYPES, type ExceptionType, ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import { type PointerPlace, StructView } from './view.ts';

/** Where a call or disembargo goes (rpc.capnp, MessageTarget). */
export type MessageTarget =
  | { kind: 'importedCap'; id: number }
  /** `transform`: indices of pointer fields, from the answer's content on; empty for the content itself. */
  | { kind: 'promisedAnswer'; questionId: number; transform: number[] };

/** A capability of a payload (rpc.capnp, CapDescriptor). */
export type CapDescriptor =
  | { kind: 'none' | 'receiverAnswer' | 'thirdPartyHosted' }
  | { kind: 'senderHosted' | 'senderPromise' | 'receiverHosted'; id: number };

/**
 * What a call or an answer carries. Read: `content` is a place in the frame. Written: one segment with a root pointer.
 * undefined = null pointer.
 */
export interface Payload {
  content: Content | PointerPlace | undefined;
  capTable: CapDescriptor[];
}

export interface RpcExceptionValue {
  type: ExceptionType;
  reason: string;
}

export type ReturnValue =
  | { kind: 'results'; payload: Payload }
  | { kind: 'exception'; exception: RpcExceptionValue }
  | { kind: 'canceled' | 'resultsSentElsewhere' | 'acceptFromThirdParty' }
  | { kind: 'takeFromOtherQuestion'; questionId: number };

/** A message of rpc.capnp. Those of levels that this vat does not speak are `other`. */
export type RpcMessage =
  | { kind: 'unimplemented'; message: RpcMessage | undefined }
  | { kind: 'abort'; exception: RpcExceptionValue }
  | { kind: 'bootstrap'; questionId: number }
  | {
      kind: 'call';
      questionId: number;
      target: MessageTarget;
      interfaceId: bigint;
      methodId: number;
      params: Payload;
      sendResultsTo: 'caller' | 'yourself' | 'thirdParty';
    }
  | { kind: 'return'; answerId: number; releaseParamCaps: boolean; noFinishNeeded: boolean; value: ReturnValue }
  | { kind: 'finish'; questionId: number; releaseResultCaps: boolean }
  | { kind: 'resolve'; promiseId: number; value: { kind: 'cap'; cap: CapDescriptor } | { kind: 'exception' } }
  | { kind: 'release'; id: number; referenceCount: number }
  | {
      kind: 'disembargo';
      target: MessageTarget;
      context: { kind: 'senderLoopback' | 'receiverLoopback'; id: number } | { kind: 'accept' | 'provide' };
    }
  /** `which`: the discriminant; messages of level 3 and 4, obsolete ones, and ones of a newer schema. */
  | { kind: 'other'; which: number };

/** Discriminants of rpc.capnp's Message. */
const WHICH = {
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
const RETURN_KINDS = [
  'results',
  'exception',
  'canceled',
  'resultsSentElsewhere',
  'takeFromOtherQuestion',
  'acceptFromThirdParty',
] as const;
const CAP_KINDS = [
  'none',
  'senderHosted',
  'senderPromise',
  'receiverHosted',
  'receiverAnswer',
  'thirdPartyHosted',
] as const;
const DISEMBARGO_KINDS = ['senderLoopback', 'receiverLoopback', 'accept', 'provide'] as const;
const SEND_RESULTS_TO = ['caller', 'yourself', 'thirdParty'] as const;
/** How deep `unimplemented` may wrap itself before it is not looked into. */
const MAX_UNIMPLEMENTED_DEPTH = 2;

/**
 * Checks a frame and reads the message in it.
 * @throws ProtocolError when it is malformed, or a union holds a value that makes the message unusable
 */
export function readMessage(
  frame: Frame,
  limits: Pick<RpcLimits, 'depth' | 'traversalFactor'> = DEFAULT_RPC_LIMITS,
): RpcMessage {
  checkFrame(frame, limits);
  return readBody(StructView.at({ frame, segment: 0, word: 0 }), 0);
}

function readBody(root: StructView, depth: number): RpcMessage {
  const which = root.uint16(0);
  const body = root.struct(0);
  switch (which) {
    case WHICH.unimplemented:
      return {
        kind: 'unimplemented',
        message: depth < MAX_UNIMPLEMENTED_DEPTH ? readBody(body, depth + 1) : undefined,
      };
    case WHICH.abort:
      return { kind: 'abort', exception: readException(body) };
    case WHICH.bootstrap:
      return { kind: 'bootstrap', questionId: body.uint32(0) };
    case WHICH.call:
      return {
        kind: 'call',
        questionId: body.uint32(0),
        target: readTarget(body.struct(0)),
        interfaceId: body.uint64(8),
        methodId: body.uint16(4),
        params: readPayload(body.struct(1)),
        sendResultsTo: union(SEND_RESULTS_TO, body.uint16(6), 'Call.sendResultsTo'),
      };
    case WHICH.return:
      return {
        kind: 'return',
        answerId: body.uint32(0),
        releaseParamCaps: body.bool(32, true),
        noFinishNeeded: body.bool(33),
        value: readReturn(body),
      };
    case WHICH.finish:
      return { kind: 'finish', questionId: body.uint32(0), releaseResultCaps: body.bool(32, true) };
    case WHICH.resolve:
      return { kind: 'resolve', promiseId: body.uint32(0), value: readResolution(body) };
    case WHICH.release:
      return { kind: 'release', id: body.uint32(0), referenceCount: body.uint32(4) };
    case WHICH.disembargo:
      return { kind: 'disembargo', target: readTarget(body.struct(0)), context: readContext(body) };
    default:
      return { kind: 'other', which };
  }
}

function union<const T extends readonly string[]>(kinds: T, which: number, name: string): T[number] {
  const kind = kinds[which];
  if (kind === undefined) throw new ProtocolError(`${name} holds the unknown variant ${which}`);
  return kind;
}

function readTarget(target: StructView): MessageTarget {
  if (union(['importedCap', 'promisedAnswer'], target.uint16(4), 'MessageTarget') === 'importedCap') {
    return { kind: 'importedCap', id: target.uint32(0) };
  }
  const answer = target.struct(0);
  const transform: number[] = [];
  for (const op of answer.structs(0)) {
    if (union(['noop', 'getPointerField'], op.uint16(0), 'PromisedAnswer.Op') === 'getPointerField')
      transform.push(op.uint16(2));
  }
  return { kind: 'promisedAnswer', questionId: answer.uint32(0), transform };
}

function readPayload(payload: StructView): Payload {
  return { content: payload.place(0), capTable: payload.structs(1).map(readCap) };
}

function readCap(cap: StructView): CapDescriptor {
  const kind = union(CAP_KINDS, cap.uint16(0), 'CapDescriptor');
  if (kind === 'none' || kind === 'receiverAnswer' || kind === 'thirdPartyHosted') return { kind };
  return { kind, id: cap.uint32(4) };
}

function readException(exception: StructView): RpcExceptionValue {
  // A type of a newer schema is, to us, a plain failure.
  return { type: EXCEPTION_TYPES[exception.uint16(4)] ?? 'failed', reason: exception.text(0) };
}

function readReturn(body: StructView): ReturnValue {
  const kind = union(RETURN_KINDS, body.uint16(6), 'Return');
  if (kind === 'results') return { kind, payload: readPayload(body.struct(0)) };
  if (kind === 'exception') return { kind, exception: readException(body.struct(0)) };
  if (kind === 'takeFromOtherQuestion') return { kind, questionId: body.uint32(8) };
  return { kind };
}

function readResolution(body: StructView): { kind: 'cap'; cap: CapDescriptor } | { kind: 'exception' } {
  if (union(['cap', 'exception'], body.uint16(4), 'Resolve') === 'exception') return { kind: 'exception' };
  return { kind: 'cap', cap: readCap(body.struct(0)) };
}

function readContext(body: StructView): Extract<RpcMessage, { kind: 'disembargo' }>['context'] {
  const kind = union(DISEMBARGO_KINDS, body.uint16(4), 'Disembargo.context');
  return kind === 'accept' || kind === 'provide' ? { kind } : { kind, id: body.uint32(0) };
}

/** Room for the fixed parts of any message. */
const FIXED_BYTES = 256;

/** Writes a message, framed, in one segment. @throws Error for kinds that only ever are received */
export function writeMessage(message: RpcMessage): Uint8Array {
  const content =
    message.kind === 'call'
      ? message.params.content
      : message.kind === 'return' && message.value.kind === 'results'
        ? message.value.payload.content
        : undefined;
  const builder = new Builder(FIXED_BYTES + (content instanceof Uint8Array ? content.length : 0));
  writeBody(builder, 0, message);
  return builder.toBytes();
}

/** Answers a message that this vat does not speak with itself (rpc.capnp, Message.unimplemented). */
export function writeUnimplemented(received: Frame): Uint8Array {
  const builder = new Builder(FIXED_BYTES + received.bytes.length);
  const root = builder.struct(0, 1, 1);
  builder.uint16(root, 0, WHICH.unimplemented);
  builder.copy(root + 1, { frame: received, segment: 0, word: 0 });
  return builder.toBytes();
}

function writeBody(b: Builder, pointer: number, message: RpcMessage): void {
  const root = b.struct(pointer, 1, 1);
  b.uint16(root, 0, message.kind === 'other' ? message.which : WHICH[message.kind]);
  const at = root + 1;
  switch (message.kind) {
    case 'unimplemented':
      if (message.message) writeBody(b, at, message.message);
      break;
    case 'abort':
      writeException(b, at, message.exception);
      break;
    case 'bootstrap':
      b.uint32(b.struct(at, 1, 1), 0, message.questionId);
      break;
    case 'call': {
      const call = b.struct(at, 3, 3);
      b.uint32(call, 0, message.questionId);
      b.uint16(call, 4, message.methodId);
      b.uint16(call, 6, SEND_RESULTS_TO.indexOf(message.sendResultsTo));
      b.uint64(call, 8, message.interfaceId);
      writeTarget(b, call + 3, message.target);
      writePayload(b, call + 4, message.params);
      break;
    }
    case 'return': {
      const ret = b.struct(at, 2, 1);
      b.uint32(ret, 0, message.answerId);
      b.bool(ret, 32, message.releaseParamCaps, true);
      b.bool(ret, 33, message.noFinishNeeded);
      b.uint16(ret, 6, RETURN_KINDS.indexOf(message.value.kind));
      if (message.value.kind === 'results') writePayload(b, ret + 2, message.value.payload);
      else if (message.value.kind === 'exception') writeException(b, ret + 2, message.value.exception);
      else if (message.value.kind === 'takeFromOtherQuestion') b.uint32(ret, 8, message.value.questionId);
      break;
    }
    case 'finish': {
      const finish = b.struct(at, 1, 0);
      b.uint32(finish, 0, message.questionId);
      b.bool(finish, 32, message.releaseResultCaps, true);
      break;
    }
    case 'resolve': {
      const resolve = b.struct(at, 1, 1);
      b.uint32(resolve, 0, message.promiseId);
      b.uint16(resolve, 4, message.value.kind === 'cap' ? 0 : 1);
      if (message.value.kind === 'cap') writeCap(b, b.struct(resolve + 1, 1, 1), message.value.cap);
      else writeException(b, resolve + 1, { type: 'failed', reason: '' });
      break;
    }
    case 'release': {
      const release = b.struct(at, 1, 0);
      b.uint32(release, 0, message.id);
      b.uint32(release, 4, message.referenceCount);
      break;
    }
    case 'disembargo': {
      const disembargo = b.struct(at, 1, 1);
      b.uint16(disembargo, 4, DISEMBARGO_KINDS.indexOf(message.context.kind));
      if ('id' in message.context) b.uint32(disembargo, 0, message.context.id);
      writeTarget(b, disembargo + 1, message.target);
      break;
    }
    case 'other':
      break;
  }
}

function writeTarget(b: Builder, pointer: number, target: MessageTarget): void {
  const at = b.struct(pointer, 1, 1);
  if (target.kind === 'importedCap') {
    b.uint32(at, 0, target.id);
    return;
  }
  b.uint16(at, 4, 1);
  const answer = b.struct(at + 1, 1, 1);
  b.uint32(answer, 0, target.questionId);
  if (target.transform.length === 0) return;
  const ops = b.structs(answer + 1, target.transform.length, 1, 0);
  for (const [i, field] of target.transform.entries()) {
    b.uint16(ops + i, 0, 1);
    b.uint16(ops + i, 2, field);
  }
}

function writePayload(b: Builder, pointer: number, payload: Payload): void {
  const at = b.struct(pointer, 0, 2);
  if (payload.content instanceof Uint8Array) b.content(at, payload.content);
  else if (payload.content) b.copy(at, payload.content);
  if (payload.capTable.length === 0) return;
  const caps = b.structs(at + 1, payload.capTable.length, 1, 1);
  for (const [i, cap] of payload.capTable.entries()) writeCap(b, caps + i * 2, cap);
}

function writeCap(b: Builder, at: number, cap: CapDescriptor): void {
  b.uint16(at, 0, CAP_KINDS.indexOf(cap.kind));
  if ('id' in cap) b.uint32(at, 4, cap.id);
}

function writeException(b: Builder, pointer: number, exception: RpcExceptionValue): void {
  const at = b.struct(pointer, 1, 2);
  b.uint16(at, 4, EXCEPTION_TYPES.indexOf(exception.type));
  b.text(at + 1, exception.reason);
}
