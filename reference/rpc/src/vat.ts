import { AnswerTable, BOOTSTRAP_EXPORT } from './answers.ts';
import type { Content } from './builder.ts';
import { ProtocolError, type SessionEnd } from './errors.ts';
import type { Frame } from './frame.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import type {
  CallMessage,
  CapDescriptor,
  DisembargoMessage,
  MessageTarget,
  Payload,
  ResolveMessage,
  ReturnMessage,
  ReturnValue,
  RpcExceptionValue,
  RpcMessage,
} from './message.ts';
import { decodePointer } from './pointer.ts';
import { QuestionTable } from './questions.ts';
import type { PointerPlace } from './view.ts';
import { writeMessage, writeUnimplemented } from './write-message.ts';

/** A message that was read, with the frame that it came in. */
export interface Received {
  readonly message: RpcMessage;
  readonly frame: Frame;
}

/** What a message from the peer asks of the vat's owner. */
export type VatEvent =
  | { kind: 'call'; answerId: number; interfaceId: bigint; methodId: number; params: PointerPlace | undefined }
  /** The peer has no use for the answer any more; it is still owed one (`answer`), which is not sent as such. */
  | { kind: 'cancel'; answerId: number }
  | { kind: 'return'; questionId: number; value: ReturnValue }
  /** The bootstrap capability is here, or will not come. */
  | { kind: 'bootstrapped'; failure: RpcExceptionValue | undefined };

/** A segment whose root pointer is capability 0 of the payload's table. */
const CAPABILITY_ZERO: Content = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0);

/**
 * One end of a two-party RPC session at level 1 (rpc.capnp), without I/O: messages in by `receive`, messages out by
 * `takeOutgoing`, and events for the owner. It exports at most its bootstrap capability, and imports at most the peer's.
 */
export class Vat {
  readonly #hasBootstrap: boolean;
  readonly #answers: AnswerTable;
  readonly #questions = new QuestionTable();
  #bootstrapQuestion: number | undefined;
  /** The peer's bootstrap capability, and the references to it that we owe. */
  #import: { id: number; references: number } | undefined;
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  #end: SessionEnd | undefined;

  constructor(options: { hasBootstrap: boolean; limits?: Partial<RpcLimits> | undefined }) {
    this.#hasBootstrap = options.hasBootstrap;
    this.#answers = new AnswerTable(options.limits?.unfinishedAnswers ?? DEFAULT_RPC_LIMITS.unfinishedAnswers);
  }

  /** How the session ended, if it has. */
  get end(): SessionEnd | undefined {
    return this.#end;
  }

  /** Calls of the peer that are not answered yet. */
  get running(): number {
    return this.#answers.running;
  }

  /** Questions of ours that the peer has not returned. */
  get asked(): number {
    return this.#questions.size;
  }

  /** Bytes of what is to be sent. */
  get outgoingBytes(): number {
    return this.#outgoingBytes;
  }

  /** Whether a Finish of that question would cancel a call. */
  isRunning(questionId: number): boolean {
    return this.#answers.isRunning(questionId);
  }

  /** The framed messages to be sent, in order. */
  takeOutgoing(): Uint8Array[] {
    const outgoing = this.#outgoing;
    this.#outgoing = [];
    this.#outgoingBytes = 0;
    return outgoing;
  }

  /** Takes one message of the peer. What breaks the rules ends the session with an Abort. */
  receive(received: Received): VatEvent[] {
    if (this.#end) return [];
    try {
      return this.#handle(received);
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

  /** Answers a call, once. What was canceled is answered so, whatever the value. */
  answer(answerId: number, value: ReturnValue): void {
    if (this.#end) return;
    const due = this.#answers.answerCall(answerId);
    if (due) this.#sendReturn(answerId, due === 'answer' ? value : { kind: 'canceled' });
  }

  // ---- asking

  /** Calls the peer's bootstrap capability, asking for it first; the call is pipelined until it is here. */
  call(interfaceId: bigint, methodId: number, params: Content): number {
    const target = this.#bootstrapTarget();
    const questionId = this.#questions.ask();
    const payload = { content: params, capTable: [] };
    this.#send({ kind: 'call', questionId, target, interfaceId, methodId, params: payload, sendResultsTo: 'caller' });
    return questionId;
  }

  /** Asks for the bootstrap capability, unless that was done. */
  bootstrap(): void {
    if (this.#import || this.#bootstrapQuestion !== undefined) return;
    this.#bootstrapQuestion = this.#questions.ask();
    this.#send({ kind: 'bootstrap', questionId: this.#bootstrapQuestion });
  }

  /** Nobody waits for that answer any more. */
  cancel(questionId: number): void {
    if (this.#end || !this.#questions.cancel(questionId)) return;
    this.#send({ kind: 'finish', questionId, releaseResultCaps: true });
  }

  /** Gives the peer's bootstrap capability back. */
  releaseImport(): void {
    if (!this.#import || this.#end) return;
    this.#send({ kind: 'release', id: this.#import.id, referenceCount: this.#import.references });
    this.#import = undefined;
  }

  // ---- messages of the peer

  #handle({ message, frame }: Received): VatEvent[] {
    switch (message.kind) {
      case 'bootstrap':
        return this.#onBootstrap(message.questionId);
      case 'call':
        return this.#onCall(message);
      case 'return':
        return this.#onReturn(message);
      case 'finish': {
        const cancels = this.#answers.finish(message.questionId, message.releaseResultCaps);
        return cancels ? [{ kind: 'cancel', answerId: message.questionId }] : [];
      }
      case 'release':
        this.#answers.release(message.id, message.referenceCount);
        return [];
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
        this.#put(writeUnimplemented(frame));
        return [];
    }
  }

  #onBootstrap(questionId: number): VatEvent[] {
    this.#answers.answerBootstrap(questionId, this.#hasBootstrap);
    if (!this.#hasBootstrap) {
      this.#sendReturn(questionId, exception('failed', 'this side offers no bootstrap capability'));
      return [];
    }
    const capTable: CapDescriptor[] = [{ kind: 'senderHosted', id: BOOTSTRAP_EXPORT }];
    this.#sendReturn(questionId, { kind: 'results', payload: { content: CAPABILITY_ZERO, capTable } });
    return [];
  }

  #onCall(call: CallMessage): VatEvent[] {
    const { questionId: answerId, interfaceId, methodId, params } = call;
    const fault = this.#answers.faultOf(call.target);
    this.#answers.startCall(answerId);
    if (fault !== undefined) this.answer(answerId, exception('failed', fault));
    else if (call.sendResultsTo !== 'caller')
      this.answer(answerId, exception('unimplemented', 'results only go to the caller'));
    else return [{ kind: 'call', answerId, interfaceId, methodId, params: placeOf(params) }];
    return [];
  }

  #onReturn({ answerId, noFinishNeeded, value }: ReturnMessage): VatEvent[] {
    const question = this.#questions.return(answerId);
    if (!question) throw new ProtocolError(`Return for question ${answerId}, which is not known`);
    const isBootstrap = answerId === this.#bootstrapQuestion;
    const failure = isBootstrap ? this.#takeBootstrap(value) : undefined;
    if (question.isAwaited && !noFinishNeeded) {
      // Whatever capabilities are in the answer are given back with it, unless we keep the one we asked for.
      const releaseResultCaps = !isBootstrap || failure !== undefined;
      this.#send({ kind: 'finish', questionId: answerId, releaseResultCaps });
    }
    if (isBootstrap) return [{ kind: 'bootstrapped', failure }];
    return question.isAwaited ? [{ kind: 'return', questionId: answerId, value }] : [];
  }

  /** @returns why there is no capability in the answer, undefined when it is imported now */
  #takeBootstrap(value: ReturnValue): RpcExceptionValue | undefined {
    this.#bootstrapQuestion = undefined;
    if (value.kind === 'exception') return value.exception;
    const failure: RpcExceptionValue = { type: 'failed', reason: 'the peer gave no bootstrap capability' };
    if (value.kind !== 'results') return failure;
    const place = placeOf(value.payload);
    const pointer = place && decodePointer(place.frame, place.segment, place.word);
    const taken = pointer?.kind === 'capability' ? value.payload.capTable[pointer.index] : undefined;
    if (taken?.kind !== 'senderHosted' && taken?.kind !== 'senderPromise') return failure;
    this.#import = { id: taken.id, references: 1 };
    for (const cap of value.payload.capTable) if (cap !== taken) this.#giveBack(cap);
    return undefined;
  }

  /** The promise stays valid as long as we hold it, so that what it became is given back at once. */
  #onResolve(value: ResolveMessage['value']): VatEvent[] {
    if (value.kind === 'cap') this.#giveBack(value.cap);
    return [];
  }

  #giveBack(cap: CapDescriptor): void {
    const id =
      cap.kind === 'senderHosted' || cap.kind === 'senderPromise'
        ? cap.id
        : cap.kind === 'thirdPartyHosted'
          ? cap.vineId
          : undefined;
    if (id !== undefined) this.#send({ kind: 'release', id, referenceCount: 1 });
  }

  #onDisembargo({ target, context }: DisembargoMessage, frame: Frame): VatEvent[] {
    if (context.kind === 'receiverLoopback')
      throw new ProtocolError(`Disembargo of embargo ${context.id}, which was never asked for`);
    if (context.kind === 'senderLoopback') {
      // Calls are started in the order in which they come: whatever was sent before this is already under way.
      this.#answers.faultOf(target);
      this.#send({ kind: 'disembargo', target, context: { kind: 'receiverLoopback', id: context.id } });
    } else {
      this.#put(writeUnimplemented(frame));
    }
    return [];
  }

  /** Of what we send, only questions leave somebody waiting. */
  #onUnimplemented(message: RpcMessage | undefined): VatEvent[] {
    if (message?.kind !== 'call' && message?.kind !== 'bootstrap') return [];
    const { questionId } = message;
    const question = this.#questions.return(questionId);
    if (!question) return [];
    const value = exception('unimplemented', `the peer does not implement ${message.kind}`);
    if (questionId === this.#bootstrapQuestion) {
      this.#bootstrapQuestion = undefined;
      return [{ kind: 'bootstrapped', failure: value.exception }];
    }
    return question.isAwaited ? [{ kind: 'return', questionId, value }] : [];
  }

  #bootstrapTarget(): MessageTarget {
    if (this.#import) return { kind: 'importedCap', id: this.#import.id };
    this.bootstrap();
    return { kind: 'promisedAnswer', questionId: this.#bootstrapQuestion as number, transform: [] };
  }

  #sendReturn(answerId: number, value: ReturnValue): void {
    // Capabilities in parameters are not kept: releasing them goes with the Return.
    this.#send({ kind: 'return', answerId, releaseParamCaps: true, noFinishNeeded: false, value });
  }

  #send(message: RpcMessage): void {
    this.#put(writeMessage(message));
  }

  #put(bytes: Uint8Array): void {
    this.#outgoing.push(bytes);
    this.#outgoingBytes += bytes.length;
  }
}

function exception(type: RpcExceptionValue['type'], reason: string): Extract<ReturnValue, { kind: 'exception' }> {
  return { kind: 'exception', exception: { type, reason } };
}

/** Content that was read, never content that is to be written. */
function placeOf({ content }: Payload): PointerPlace | undefined {
  return content instanceof Uint8Array ? undefined : content;
}
