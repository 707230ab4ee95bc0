import { Builder } from './builder.ts';
import { EXCEPTION_TYPES } from './errors.ts';
import type { Frame } from './frame.ts';
import {
  CAP_KINDS,
  type CapDescriptor,
  DISEMBARGO_KINDS,
  type MessageTarget,
  OP_KINDS,
  type Payload,
  type PromisedAnswer,
  RESOLVE_KINDS,
  RETURN_KINDS,
  type RpcExceptionValue,
  type RpcMessage,
  SEND_RESULTS_TO,
  TARGET_KINDS,
  WHICH,
} from './message.ts';

/** Room for the fixed parts of any message. */
const FIXED_BYTES = 256;

/** Writes a message, framed, in one segment. */
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

/**
 * Answers a message that this vat does not speak with itself (rpc.capnp, Message.unimplemented).
 * @throws ProtocolError when it would grow by being copied, which no message does whose pointers lead to places of their own
 */
export function writeUnimplemented(received: Frame): Uint8Array {
  const size = FIXED_BYTES + received.bytes.length;
  const builder = new Builder(size, size);
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
      b.uint16(resolve, 4, RESOLVE_KINDS.indexOf(message.value.kind));
      if (message.value.kind === 'cap') writeCap(b, b.struct(resolve + 1, 1, 1), message.value.cap);
      else writeException(b, resolve + 1, message.value.exception);
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
      if (message.context.kind !== 'accept') b.uint32(disembargo, 0, message.context.id);
      writeTarget(b, disembargo + 1, message.target);
      break;
    }
  }
}

function writeTarget(b: Builder, pointer: number, target: MessageTarget): void {
  const at = b.struct(pointer, 1, 1);
  b.uint16(at, 4, TARGET_KINDS.indexOf(target.kind));
  if (target.kind === 'importedCap') b.uint32(at, 0, target.id);
  else writePromisedAnswer(b, at + 1, target);
}

function writePromisedAnswer(b: Builder, pointer: number, { questionId, transform }: PromisedAnswer): void {
  const answer = b.struct(pointer, 1, 1);
  b.uint32(answer, 0, questionId);
  if (transform.length === 0) return;
  const ops = b.structs(answer + 1, transform.length, 1, 0);
  for (const [i, field] of transform.entries()) {
    b.uint16(ops + i, 0, OP_KINDS.indexOf('getPointerField'));
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
  // attachedFd: none. A field with a default is stored XORed with it, so that zero is the default.
  if ('id' in cap) b.uint32(at, 4, cap.id);
  else if (cap.kind === 'receiverAnswer') writePromisedAnswer(b, at + 1, cap);
  else if (cap.kind === 'thirdPartyHosted') b.uint32(b.struct(at + 1, 1, 1), 0, cap.vineId);
}

function writeException(b: Builder, pointer: number, exception: RpcExceptionValue): void {
  const at = b.struct(pointer, 1, 2);
  b.uint16(at, 4, EXCEPTION_TYPES.indexOf(exception.type));
  b.text(at + 1, exception.reason);
}
