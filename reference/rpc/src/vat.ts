import type { Content } from './builder.ts';
import { ProtocolError, type SessionEnd } from './errors.ts';
import type { Frame } from './frame.ts';
import { ANSWER, type AnswerState, QUESTION, type QuestionState } from './lifecycle.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import {
  type CapDescriptor,
  type MessageTarget,
  type Payload,
  type ReturnValue,
  type RpcMessage,
  readMessage,
  writeMessage,
  writeUnimplemented,
} from './message.ts';
import { decodePointer } from './pointer.ts';
import type { PointerPlace } from './view.ts';

/** What a message from the peer asks of the vat's owner. */
export type VatEvent =
  | { kind: 'call'; answerId: number; interfaceId: bigint; methodId: number; params: PointerPlace | undefined }
  /** The peer has no use for the answer any more; it is still owed one (`answer`), which is not sent as such. */
  | { kind: 'cancel'; answerId: number }
  | { kind: 'return'; questionId: number; value: ReturnValue }
  /** The bootstrap capability is here, or will not come. */
  | { kind: 'bootstrapped'; failure: Extract<ReturnValue, { kind: 'exception' }>['exception'] | undefined };

interface Answer {
  state: AnswerState;
  /** Whether the result is the bootstrap capability. It is held as long as the answer is, whatever the peer releases. */
  isBootstrap: boolean;
}

/** The one capability we export. */
const BOOTSTRAP_EXPORT = 0;
/** A segment whose root pointer is capability 0 of the payload's table. */
const CAPABILITY_ZERO: Content = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0);

/**
 * One end of a two-party RPC session at level 1 (rpc.capnp), without I/O: messages in by `receive`, messages out by
 * `takeOutgoing`, and events for the owner. It exports at most its bootstrap capability, and imports at most the peer's.
 */
export class Vat {
  readonly #limits: RpcLimits;
  readonly #hasBootstrap: boolean;
  #outgoing: Uint8Array[] = [];
  #end: SessionEnd | undefined;

  readonly #answers = new Map<number, Answer>();
  #running = 0;
  /** References that the peer holds to our bootstrap capability, as it counts them. */
  #exportRefs = 0;

  readonly #questions = new Map<number, QuestionState>();
  #nextQuestion = 0;
  readonly #freeQuestions: number[] = [];
  #bootstrapQuestion: number | undefined;
  #import: { id: number; refs: number } | undefined;

  constructor(options: { hasBootstrap: boolean; limits?: Partial<RpcLimits> | undefined }) {
    this.#hasBootstrap = options.hasBootstrap;
    this.#limits = { ...DEFAULT_RPC_LIMITS, ...options.limits };
  }

  /** How the session ended, if it has. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Whether no further call is taken until one is answered. */
  get isFull(): boolean {
    return this.#running >= this.#limits.callsInFlight;
  }

  /** Calls of the peer that are not answered yet. */
  get running(): number {
    return this.#running;
  }

  /** The framed messages to be sent, in order. */
  takeOutgoing(): Uint8Array[] {
    return this.#outgoing.splice(0);
  }

  /** Takes one message of the peer. Never throws: what breaks the rules ends the session with an Abort. */
  receive(frame: Frame): VatEvent[] {
    if (this.#end) return [];
    try {
      return this.#handle(readMessage(frame, this.#limits), frame);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.abort(error.message);
      return [];
    }
  }

  /** Ends the session with an Abort that says why. */
  abort(reason: string): void {
    if (this.#end) return;
    this.#send({ kind: 'abort', exception: { type: 'failed', reason } });
    this.#end = { kind: 'protocol-error', reason };
  }

  /** The stream is over. */
  close(end: SessionEnd): void {
    this.#end ??= end;
  }

  // ---- answering

  /** Answers a call, once. */
  answer(answerId: number, value: ReturnValue): void {
    const answer = this.#answers.get(answerId);
    const next = answer && ANSWER[answer.state].answer;
    if (!answer || !next || this.#end) return;
    this.#running -= 1;
    const isCanceled = answer.state === 'finished';
    answer.state = next;
    if (next === 'gone') this.#answers.delete(answerId);
    this.#sendReturn(answerId, isCanceled ? { kind: 'canceled' } : value);
  }

  // ---- asking

  /** Calls the peer's bootstrap capability, asking for it first; the call is pipelined until it is here. */
  call(interfaceId: bigint, methodId: number, params: Content): number {
    const target = this.#bootstrapTarget();
    const questionId = this.#ask();
    const payload = { content: params, capTable: [] };
    this.#send({ kind: 'call', questionId, target, interfaceId, methodId, params: payload, sendResultsTo: 'caller' });
    return questionId;
  }

  /** Asks for the bootstrap capability, unless that was done. */
  bootstrap(): void {
    if (this.#import || this.#bootstrapQuestion !== undefined) return;
    this.#bootstrapQuestion = this.#ask();
    this.#send({ kind: 'bootstrap', questionId: this.#bootstrapQuestion });
  }

  /** Nobody waits for that answer any more. */
  cancel(questionId: number): void {
    const state = this.#questions.get(questionId);
    if (state !== 'asked' || this.#end) return;
    this.#questions.set(questionId, QUESTION.asked.cancel as QuestionState);
    this.#send({ kind: 'finish', questionId, releaseResultCaps: true });
  }

  /** Gives the peer's bootstrap capability back. */
  releaseImport(): void {
    if (!this.#import || this.#end) return;
    this.#send({ kind: 'release', id: this.#import.id, referenceCount: this.#import.refs });
    this.#import = undefined;
  }

  // ---- messages of the peer

  #handle(message: RpcMessage, frame: Frame): VatEvent[] {
    switch (message.kind) {
      case 'bootstrap':
        return this.#onBootstrap(message.questionId);
      case 'call':
        return this.#onCall(message);
      case 'return':
        return this.#onReturn(message);
      case 'finish':
        return this.#onFinish(message.questionId, message.releaseResultCaps);
      case 'release':
        return this.#onRelease(message.id, message.referenceCount);
      case 'resolve':
        return this.#onResolve(message.value);
      case 'disembargo':
        return this.#onDisembargo(message, frame);
      case 'unimplemented':
        return this.#onUnimplemented(message.message);
      case 'abort':
        this.close({ kind: 'aborted-by-peer', reason: message.exception.reason });
        return [];
      case 'other':
        this.#outgoing.push(writeUnimplemented(frame));
        return [];
    }
  }

  #onBootstrap(questionId: number): VatEvent[] {
    this.#newAnswer(questionId, 'answered', this.#hasBootstrap);
    if (!this.#hasBootstrap) {
      const exception = { type: 'failed', reason: 'this side offers no bootstrap capability' } as const;
      this.#sendReturn(questionId, { kind: 'exception', exception });
      return [];
    }
    this.#exportRefs += 1;
    const capTable: CapDescriptor[] = [{ kind: 'senderHosted', id: BOOTSTRAP_EXPORT }];
    this.#sendReturn(questionId, { kind: 'results', payload: { content: CAPABILITY_ZERO, capTable } });
    return [];
  }

  #onCall(call: Extract<RpcMessage, { kind: 'call' }>): VatEvent[] {
    const fault = this.#targetFault(call.target);
    this.#newAnswer(call.questionId, 'running', false);
    this.#running += 1;
    if (fault !== undefined || call.sendResultsTo !== 'caller') {
      const exception =
        fault !== undefined
          ? ({ type: 'failed', reason: fault } as const)
          : ({ type: 'unimplemented', reason: 'results only go to the caller' } as const);
      this.answer(call.questionId, { kind: 'exception', exception });
      return [];
    }
    const { questionId: answerId, interfaceId, methodId, params } = call;
    return [{ kind: 'call', answerId, interfaceId, methodId, params: placeOf(params) }];
  }

  /** @returns why a call to the target fails, undefined when it is our bootstrap. @throws ProtocolError for a target that is none */
  #targetFault(target: MessageTarget): string | undefined {
    if (target.kind === 'importedCap') {
      if (target.id === BOOTSTRAP_EXPORT && this.#exportRefs > 0) return undefined;
      throw new ProtocolError(`capability ${target.id} is not exported`);
    }
    const answer = this.#answers.get(target.questionId);
    if (!answer) throw new ProtocolError(`question ${target.questionId} of a promised answer is not known`);
    return answer.isBootstrap && target.transform.length === 0 ? undefined : 'that answer holds no capability there';
  }

  #newAnswer(questionId: number, state: AnswerState, isBootstrap: boolean): void {
    if (this.#answers.has(questionId)) throw new ProtocolError(`question ${questionId} is already in use`);
    if (this.#answers.size - this.#running >= this.#limits.unfinishedAnswers) {
      throw new ProtocolError('too many answers were not finished');
    }
    this.#answers.set(questionId, { state, isBootstrap });
  }

  #onFinish(questionId: number, releaseResultCaps: boolean): VatEvent[] {
    const answer = this.#answers.get(questionId);
    const next = answer && ANSWER[answer.state].finish;
    if (!answer || !next) throw new ProtocolError(`Finish of question ${questionId}, which is not known`);
    answer.state = next;
    if (next === 'finished') return [{ kind: 'cancel', answerId: questionId }];
    this.#answers.delete(questionId);
    // A peer that has released it early has no reference left to give back here.
    if (answer.isBootstrap && releaseResultCaps) this.#exportRefs = Math.max(0, this.#exportRefs - 1);
    return [];
  }

  #onRelease(id: number, referenceCount: number): VatEvent[] {
    if (id !== BOOTSTRAP_EXPORT || referenceCount > this.#exportRefs) {
      throw new ProtocolError(`Release of ${referenceCount} references to capability ${id}, more than were given`);
    }
    this.#exportRefs -= referenceCount;
    return [];
  }

  #onReturn({ answerId, noFinishNeeded, value }: Extract<RpcMessage, { kind: 'return' }>): VatEvent[] {
    const state = this.#questions.get(answerId);
    if (state === undefined) throw new ProtocolError(`Return for question ${answerId}, which is not known`);
    const isBootstrap = answerId === this.#bootstrapQuestion;
    const isAwaited = state === 'asked';
    // A capability that we keep is not released with the answer; any other in it is.
    const failure = isBootstrap ? this.#takeBootstrap(value) : undefined;
    if (isAwaited && !noFinishNeeded) {
      this.#send({ kind: 'finish', questionId: answerId, releaseResultCaps: !isBootstrap || failure !== undefined });
    }
    this.#forgetQuestion(answerId);
    if (isBootstrap) return [{ kind: 'bootstrapped', failure }];
    return isAwaited ? [{ kind: 'return', questionId: answerId, value }] : [];
  }

  /** @returns why there is no capability in the answer, undefined when it is imported now */
  #takeBootstrap(value: ReturnValue): Extract<ReturnValue, { kind: 'exception' }>['exception'] | undefined {
    this.#bootstrapQuestion = undefined;
    if (value.kind === 'exception') return value.exception;
    const failed = { type: 'failed', reason: 'the peer gave no bootstrap capability' } as const;
    if (value.kind !== 'results') return failed;
    const place = placeOf(value.payload);
    const pointer = place && decodePointer(place.frame, place.segment, place.word);
    const cap = pointer?.kind === 'capability' ? value.payload.capTable[pointer.index] : undefined;
    if (cap?.kind !== 'senderHosted' && cap?.kind !== 'senderPromise') return failed;
    this.#import = { id: cap.id, refs: (this.#import?.refs ?? 0) + 1 };
    return undefined;
  }

  /** The promise stays valid as long as we hold it, so that what it became is given back at once. */
  #onResolve(value: Extract<RpcMessage, { kind: 'resolve' }>['value']): VatEvent[] {
    if (value.kind === 'cap' && (value.cap.kind === 'senderHosted' || value.cap.kind === 'senderPromise')) {
      this.#send({ kind: 'release', id: value.cap.id, referenceCount: 1 });
    }
    return [];
  }

  #onDisembargo({ target, context }: Extract<RpcMessage, { kind: 'disembargo' }>, frame: Frame): VatEvent[] {
    if (context.kind === 'senderLoopback') {
      this.#targetFault(target);
      this.#send({ kind: 'disembargo', target, context: { kind: 'receiverLoopback', id: context.id } });
    } else if (context.kind === 'receiverLoopback') {
      throw new ProtocolError(`Disembargo of embargo ${context.id}, which was never asked for`);
    } else {
      this.#outgoing.push(writeUnimplemented(frame));
    }
    return [];
  }

  #onUnimplemented(message: RpcMessage | undefined): VatEvent[] {
    if (message?.kind !== 'call' && message?.kind !== 'bootstrap') return [];
    const { questionId } = message;
    const state = this.#questions.get(questionId);
    if (state === undefined) return [];
    const exception = { type: 'unimplemented', reason: `the peer does not implement ${message.kind}` } as const;
    this.#forgetQuestion(questionId);
    if (questionId === this.#bootstrapQuestion) {
      this.#bootstrapQuestion = undefined;
      return [{ kind: 'bootstrapped', failure: exception }];
    }
    return state === 'asked' ? [{ kind: 'return', questionId, value: { kind: 'exception', exception } }] : [];
  }

  // ---- tables

  #bootstrapTarget(): MessageTarget {
    if (this.#import) return { kind: 'importedCap', id: this.#import.id };
    this.bootstrap();
    return { kind: 'promisedAnswer', questionId: this.#bootstrapQuestion as number, transform: [] };
  }

  #ask(): number {
    const id = this.#freeQuestions.pop() ?? this.#nextQuestion++;
    this.#questions.set(id, 'asked');
    return id;
  }

  #forgetQuestion(id: number): void {
    this.#questions.delete(id);
    this.#freeQuestions.push(id);
  }

  #sendReturn(answerId: number, value: ReturnValue): void {
    // Capabilities in parameters are not kept: releasing them goes with the Return.
    this.#send({ kind: 'return', answerId, releaseParamCaps: true, noFinishNeeded: false, value });
  }

  #send(message: RpcMessage): void {
    this.#outgoing.push(writeMessage(message));
  }
}

/** Content that was read, never content that is to be written. */
function placeOf({ content }: Payload): PointerPlace | undefined {
  return content instanceof Uint8Array ? undefined : content;
}
