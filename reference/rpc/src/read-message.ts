import { checkFrame } from './check.ts';
import { EXCEPTION_TYPES, ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import {
  CAP_KINDS,
  type CapDescriptor,
  DISEMBARGO_KINDS,
  type DisembargoMessage,
  type MessageTarget,
  OP_KINDS,
  type Payload,
  type PromisedAnswer,
  RESOLVE_KINDS,
  RETURN_KINDS,
  type ResolveMessage,
  type ReturnValue,
  type RpcExceptionValue,
  type RpcMessage,
  SEND_RESULTS_TO,
  TARGET_KINDS,
  WHICH,
} from './message.ts';
import { StructView } from './view.ts';

type ReadLimits = Pick<RpcLimits, 'depth' | 'traversalFactor' | 'listEntries'>;

/** How deep `unimplemented` may wrap itself before it is not looked into. */
const MAX_UNIMPLEMENTED_DEPTH = 2;

/**
 * Checks a frame and reads the message in it. Structs may be shorter or longer than rpc.capnp has them: fields that are
 * absent read as their defaults, further ones are ignored.
 * @throws ProtocolError when it is malformed, or a union holds a value that makes the message unusable
 */
export function readMessage(frame: Frame, limits: ReadLimits = DEFAULT_RPC_LIMITS): RpcMessage {
  checkFrame(frame, limits);
  return new MessageReader(limits.listEntries).message(StructView.at({ frame, segment: 0, word: 0 }), 0);
}

type Known = (typeof WHICH)[keyof typeof WHICH];
const KNOWN: ReadonlySet<number> = new Set(Object.values(WHICH));
const isKnown = (which: number): which is Known => KNOWN.has(which);

function union<const T extends readonly string[]>(kinds: T, which: number, name: string): T[number] {
  const kind = kinds[which];
  if (kind === undefined) throw new ProtocolError(`${name} holds the unknown variant ${which}`);
  return kind;
}

/** Reads the structs of rpc.capnp; numbers are places in them: bytes of the data section, indices of pointers. */
class MessageReader {
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  message(root: StructView, depth: number): RpcMessage {
    const which = root.uint16(0);
    if (!isKnown(which)) return { kind: 'other', which };
    const body = root.struct(0);
    switch (which) {
      case WHICH.unimplemented:
        return { kind: 'unimplemented', message: this.#unimplemented(body, depth) };
      case WHICH.abort:
        return { kind: 'abort', exception: this.#exception(body) };
      case WHICH.bootstrap:
        return { kind: 'bootstrap', questionId: body.uint32(0) };
      case WHICH.call:
        return {
          kind: 'call',
          questionId: body.uint32(0),
          target: this.#target(body.struct(0)),
          interfaceId: body.uint64(8),
          methodId: body.uint16(4),
          params: this.#payload(body.struct(1)),
          sendResultsTo: union(SEND_RESULTS_TO, body.uint16(6), 'Call.sendResultsTo'),
        };
      case WHICH.return:
        return {
          kind: 'return',
          answerId: body.uint32(0),
          releaseParamCaps: body.bool(32, true),
          noFinishNeeded: body.bool(33),
          value: this.#return(body),
        };
      case WHICH.finish:
        return { kind: 'finish', questionId: body.uint32(0), releaseResultCaps: body.bool(32, true) };
      case WHICH.resolve:
        return { kind: 'resolve', promiseId: body.uint32(0), value: this.#resolution(body) };
      case WHICH.release:
        return { kind: 'release', id: body.uint32(0), referenceCount: body.uint32(4) };
      case WHICH.disembargo:
        return { kind: 'disembargo', target: this.#target(body.struct(0)), context: this.#context(body) };
    }
  }

  /** Whatever a peer could not make sense of must not end the session here, either. */
  #unimplemented(body: StructView, depth: number): RpcMessage | undefined {
    if (depth >= MAX_UNIMPLEMENTED_DEPTH) return undefined;
    try {
      return this.message(body, depth + 1);
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  #target(target: StructView): MessageTarget {
    const kind = union(TARGET_KINDS, target.uint16(4), 'MessageTarget');
    if (kind === 'importedCap') return { kind, id: target.uint32(0) };
    return { kind, ...this.#promisedAnswer(target.struct(0)) };
  }

  #promisedAnswer(answer: StructView): PromisedAnswer {
    const transform: number[] = [];
    for (const op of answer.structs(0, this.#maxEntries)) {
      if (union(OP_KINDS, op.uint16(0), 'PromisedAnswer.Op') === 'getPointerField') transform.push(op.uint16(2));
    }
    return { questionId: answer.uint32(0), transform };
  }

  #payload(payload: StructView): Payload {
    const capTable = payload.structs(1, this.#maxEntries).map((cap) => this.#cap(cap));
    return { content: payload.place(0), capTable };
  }

  #cap(cap: StructView): CapDescriptor {
    const kind = union(CAP_KINDS, cap.uint16(0), 'CapDescriptor');
    if (kind === 'none') return { kind };
    if (kind === 'receiverAnswer') return { kind, ...this.#promisedAnswer(cap.struct(0)) };
    if (kind === 'thirdPartyHosted') return { kind, vineId: cap.struct(0).uint32(0) };
    return { kind, id: cap.uint32(4) };
  }

  #exception(exception: StructView): RpcExceptionValue {
    // A type of a newer schema is, to us, a plain failure.
    return { type: EXCEPTION_TYPES[exception.uint16(4)] ?? 'failed', reason: exception.text(0) };
  }

  #return(body: StructView): ReturnValue {
    const kind = union(RETURN_KINDS, body.uint16(6), 'Return');
    if (kind === 'results') return { kind, payload: this.#payload(body.struct(0)) };
    if (kind === 'exception') return { kind, exception: this.#exception(body.struct(0)) };
    if (kind === 'takeFromOtherQuestion') return { kind, questionId: body.uint32(8) };
    return { kind };
  }

  #resolution(body: StructView): ResolveMessage['value'] {
    const kind = union(RESOLVE_KINDS, body.uint16(4), 'Resolve');
    if (kind === 'exception') return { kind, exception: this.#exception(body.struct(0)) };
    return { kind, cap: this.#cap(body.struct(0)) };
  }

  #context(body: StructView): DisembargoMessage['context'] {
    const kind = union(DISEMBARGO_KINDS, body.uint16(4), 'Disembargo.context');
    return kind === 'accept' ? { kind } : { kind, id: body.uint32(0) };
  }
}
