import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { buildContent } from './builder.ts';
import type { ByteStream } from './byte-stream.ts';
import { RpcException, type SessionEnd, SessionEndedError } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { ReturnValue } from './message.ts';
import type { Method } from './method.ts';
import { fullLimits, Session } from './session.ts';
import { Vat, type VatEvent } from './vat.ts';
import { capnpPointer } from './view.ts';

/** A call from when it is made until it is settled. */
interface Pending {
  /** Writes the call. @throws what the method throws on its fields */
  send(): void;
  resolve(value: ReturnValue): void;
  reject(error: unknown): void;
}

/** How long `close` waits for the transport to take FIN, and again for the peer's, in ms. */
const CLOSE_WAIT_MS = 1_000;

/** Opens a session on a stream, as the side that asks. Nothing is sent before the first call. */
export function connectVat(stream: ByteStream, options: { limits?: Partial<RpcLimits> } = {}): RpcClient {
  return new RpcClient(stream, options.limits);
}

/** The asking end of a session: typed calls on the peer's bootstrap capability. */
export class RpcClient {
  readonly #vat: Vat;
  readonly #session: Session;
  readonly #limits: RpcLimits;
  /** Calls that wait for room to be sent, in order. */
  readonly #unsent = new Set<Pending>();
  /** Calls that wait for their answer, by question id. */
  readonly #asked = new Map<number, Pending>();
  readonly #bootstrapWaiters = new Set<{ resolve(): void; reject(error: Error): void }>();
  #bootstrap: 'expected' | 'here' | RpcException = 'expected';

  /**
   * Reads from the stream at once, and owns it; nothing is sent before the first call.
   * @param limits what differs from DEFAULT_RPC_LIMITS
   */
  constructor(stream: ByteStream, limits?: Partial<RpcLimits>) {
    const owner = { onEvent: (event: VatEvent) => this.#onEvent(event), onRoom: () => this.#onRoom() };
    this.#limits = fullLimits(limits);
    this.#vat = new Vat({ hasBootstrap: false, limits });
    this.#session = new Session(stream, this.#vat, owner, this.#limits);
    void this.#session.closed.then((end) => this.#rejectAll(new SessionEndedError(end)));
  }

  /** How the session ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#session.closed;
  }

  /**
   * Calls a method of the bootstrap capability. Calls need not wait for each other, nor for the bootstrap answer: until
   * that is here they are pipelined on it. They are sent in the order in which they are made: at once, or, when the
   * transport is behind, as soon as it has room; `params` must not be changed before then.
   * @throws RpcException when the call, or the bootstrap, is answered by an exception; SessionEndedError when the session
   *   ends first; the signal's reason after an abort (the peer is told by Finish); what the method throws on its fields
   */
  async call<P, R>(method: Method<P, R>, params: P, options: { signal?: AbortSignal | undefined } = {}): Promise<R> {
    options.signal?.throwIfAborted();
    this.#requireOpen();
    const value = await this.#ask(options.signal, () => {
      const content = buildContent(method.paramsSize(params), (pointer) => method.writeParams(pointer, params));
      return this.#vat.call(method.interfaceId, method.methodId, content);
    });
    return method.readResults(contentOf(value));
  }

  /** Waits for the bootstrap capability, asking for it if need be. @throws RpcException, SessionEndedError, the signal's reason */
  async bootstrap(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#requireOpen();
    if (this.#bootstrap === 'here') return;
    this.#vat.bootstrap();
    this.#session.flush();
    let stopWaiting: () => void = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = { resolve, reject };
        const onAbort = (): void => reject(signal?.reason);
        stopWaiting = () => {
          signal?.removeEventListener('abort', onAbort);
          this.#bootstrapWaiters.delete(waiter);
        };
        signal?.addEventListener('abort', onAbort);
        this.#bootstrapWaiters.add(waiter);
      });
    } finally {
      stopWaiting();
    }
  }

  /**
   * Gives back what is held, sends FIN and waits, for a bounded time, until the peer has done so too. Calls that are not
   * answered are rejected.
   */
  async close(): Promise<void> {
    for (const questionId of this.#asked.keys()) this.#vat.cancel(questionId);
    this.#vat.releaseImport();
    await this.#session.finish({ kind: 'closed', reason: 'closed here' }, CLOSE_WAIT_MS, CLOSE_WAIT_MS);
  }

  #requireOpen(): void {
    if (this.#vat.end) throw new SessionEndedError(this.#vat.end);
    if (this.#bootstrap instanceof RpcException) throw this.#bootstrap;
  }

  get #mayAsk(): boolean {
    return this.#session.hasRoom && this.#vat.asked < this.#limits.questions;
  }

  /** @param send writes the call and returns its question id */
  #ask(signal: AbortSignal | undefined, send: () => number): Promise<ReturnValue> {
    return new Promise((resolve, reject) => {
      let questionId: number | undefined;
      const settle = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#unsent.delete(pending);
        if (questionId !== undefined) this.#asked.delete(questionId);
      };
      const onAbort = (): void => {
        if (questionId !== undefined) this.#cancel(questionId);
        pending.reject(signal?.reason);
      };
      const pending: Pending = {
        send: () => {
          this.#unsent.delete(pending);
          questionId = send();
          this.#asked.set(questionId, pending);
          this.#session.flush();
        },
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort);
      this.#unsent.add(pending);
      this.#onRoom();
    });
  }

  #cancel(questionId: number): void {
    this.#vat.cancel(questionId);
    this.#session.flush();
  }

  #onRoom(): void {
    for (const pending of this.#unsent) {
      if (!this.#mayAsk || this.#vat.end) return;
      try {
        pending.send();
      } catch (error) {
        pending.reject(error);
      }
    }
  }

  /** A vat without exports gets no calls past it. */
  #onEvent(event: VatEvent): void {
    if (event.kind === 'return') this.#asked.get(event.questionId)?.resolve(event.value);
    else if (event.kind === 'bootstrapped') this.#onBootstrapped(event.failure);
    if (this.#unsent.size > 0) this.#onRoom();
  }

  #onBootstrapped(failure: Extract<VatEvent, { kind: 'bootstrapped' }>['failure']): void {
    if (failure) {
      this.#bootstrap = new RpcException(failure.type, failure.reason);
      // They were all made on the answer that holds no capability.
      for (const questionId of this.#asked.keys()) this.#cancel(questionId);
      this.#rejectAll(this.#bootstrap);
      return;
    }
    this.#bootstrap = 'here';
    for (const { resolve } of this.#bootstrapWaiters) resolve();
  }

  #rejectAll(error: Error): void {
    for (const pending of [...this.#asked.values(), ...this.#unsent]) pending.reject(error);
    for (const { reject } of this.#bootstrapWaiters) reject(error);
  }
}

/** @throws RpcException unless the value holds results */
function contentOf(value: ReturnValue): Pointer {
  if (value.kind === 'exception') throw new RpcException(value.exception.type, value.exception.reason);
  if (value.kind !== 'results')
    throw new RpcException('failed', `the peer answered with ${value.kind} instead of results`);
  const { content } = value.payload;
  if (content === undefined || content instanceof Uint8Array) return new Pointer(new CapnpMessage().getSegment(0), 0);
  return capnpPointer(content);
}
