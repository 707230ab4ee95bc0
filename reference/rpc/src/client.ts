import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { buildContent } from './builder.ts';
import type { ByteStream } from './byte-stream.ts';
import { RpcException, type SessionEnd, SessionEndedError } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { ReturnValue } from './message.ts';
import type { Method } from './method.ts';
import { Session } from './session.ts';
import { Vat, type VatEvent } from './vat.ts';
import { capnpPointer } from './view.ts';

interface Pending {
  resolve(value: ReturnValue): void;
  reject(error: Error): void;
}

/** How long `close` waits for the peer's FIN, in ms. */
const CLOSE_WAIT_MS = 1_000;

/** Opens a session on a stream, as the side that asks. Nothing is sent before the first call. */
export function connectVat(stream: ByteStream, options: { limits?: Partial<RpcLimits> } = {}): RpcClient {
  return new RpcClient(stream, options.limits);
}

/** The asking end of a session: typed calls on the peer's bootstrap capability. */
export class RpcClient {
  readonly #vat: Vat;
  readonly #session: Session;
  readonly #pending = new Map<number, Pending>();
  #bootstrapWaiters: { resolve(): void; reject(error: Error): void }[] = [];
  #bootstrap: 'unasked' | 'asked' | 'here' | RpcException = 'unasked';

  constructor(stream: ByteStream, limits?: Partial<RpcLimits>) {
    this.#vat = new Vat({ hasBootstrap: false, limits });
    this.#session = new Session(stream, this.#vat, (event) => this.#onEvent(event), limits);
    void this.#session.closed.then((end) => this.#onClosed(end));
  }

  /** How the session ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#session.closed;
  }

  /**
   * Calls a method of the bootstrap capability. Calls need not wait for each other, nor for the bootstrap answer: until
   * that is here they are pipelined on it.
   * @throws RpcException when the call, or the bootstrap, is answered by an exception; SessionEndedError when the session
   *   ends first; the signal's reason after an abort (the peer is told by Finish); what the method throws on its fields
   */
  async call<P, R>(method: Method<P, R>, params: P, options: { signal?: AbortSignal | undefined } = {}): Promise<R> {
    const { signal } = options;
    signal?.throwIfAborted();
    this.#requireOpen();
    const content = buildContent(method.paramsSize(params), (pointer) => method.writeParams(pointer, params));
    const questionId = this.#vat.call(method.interfaceId, method.methodId, content);
    if (this.#bootstrap === 'unasked') this.#bootstrap = 'asked';
    this.#session.flush();
    const value = await this.#answerTo(questionId, signal);
    return method.readResults(contentOf(value));
  }

  /** Waits for the bootstrap capability, asking for it if need be. @throws RpcException, SessionEndedError, the signal's reason */
  bootstrap(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#requireOpen();
      if (this.#bootstrap === 'here') return resolve();
      if (this.#bootstrap === 'unasked') {
        this.#bootstrap = 'asked';
        this.#vat.bootstrap();
        this.#session.flush();
      }
      this.#bootstrapWaiters.push({ resolve, reject });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Gives back what is held, sends FIN and waits, for a bounded time, until the peer has done so too. */
  async close(): Promise<void> {
    for (const questionId of this.#pending.keys()) this.#vat.cancel(questionId);
    this.#vat.releaseImport();
    let timer: NodeJS.Timeout | undefined;
    const finished = this.#session.finish({ kind: 'closed', reason: 'closed here' });
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_WAIT_MS);
    });
    await Promise.race([finished, late]);
    clearTimeout(timer);
  }

  #requireOpen(): void {
    if (this.#vat.end) throw new SessionEndedError(this.#vat.end);
    if (this.#bootstrap instanceof RpcException) throw this.#bootstrap;
  }

  #answerTo(questionId: number, signal: AbortSignal | undefined): Promise<ReturnValue> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#pending.delete(questionId);
        this.#vat.cancel(questionId);
        this.#session.flush();
        reject(signal?.reason);
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener('abort', onAbort);
          this.#pending.delete(questionId);
          settle(value);
        };
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(questionId, { resolve: settled(resolve), reject: settled(reject) });
    });
  }

  #onEvent(event: VatEvent): void {
    if (event.kind === 'return') this.#pending.get(event.questionId)?.resolve(event.value);
    else if (event.kind === 'bootstrapped') this.#onBootstrapped(event.failure);
    // A vat without exports gets no calls past it.
  }

  #onBootstrapped(failure: Extract<VatEvent, { kind: 'bootstrapped' }>['failure']): void {
    this.#bootstrap = failure ? new RpcException(failure.type, failure.reason) : 'here';
    for (const { resolve, reject } of this.#bootstrapWaiters.splice(0)) {
      if (this.#bootstrap instanceof RpcException) reject(this.#bootstrap);
      else resolve();
    }
  }

  #onClosed(end: SessionEnd): void {
    const error = new SessionEndedError(end);
    for (const { reject } of [...this.#pending.values()]) reject(error);
    for (const { reject } of this.#bootstrapWaiters.splice(0)) reject(error);
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
