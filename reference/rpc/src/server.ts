import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { buildContent } from './builder.ts';
import type { ByteStream } from './byte-stream.ts';
import { RpcException, type SessionEnd } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { ReturnValue } from './message.ts';
import type { Method } from './method.ts';
import { Session } from './session.ts';
import { Vat, type VatEvent } from './vat.ts';
import { capnpPointer, type PointerPlace } from './view.ts';

/**
 * Does what a method does. `signal` is aborted when nobody waits for the answer any more: Finish, FIN, reset, a lost
 * connection. What it throws fails the call: an RpcException as it is, anything else as an internal error.
 */
export type Handler<P, R> = (params: P, signal: AbortSignal) => R | Promise<R>;

/** A method together with its handler, types erased. */
export interface BoundMethod {
  /** Reads the parameters and starts the handler. @throws when the parameters cannot be read */
  start(params: Pointer, signal: AbortSignal): Promise<{ size: number; write(content: Pointer): void }>;
}

export function bind<P, R>(method: Method<P, R>, handler: Handler<P, R>): BoundMethod {
  return {
    start(content, signal) {
      let params: P;
      try {
        params = method.readParams(content);
      } catch (cause) {
        throw new BadParams(method.name, { cause });
      }
      // Started before this returns: calls take effect in the order in which they came.
      const running = (async () => handler(params, signal))();
      return running.then((results) => ({
        size: method.resultsSize(results),
        write: (pointer) => method.writeResults(pointer, results),
      }));
    },
  };
}

class BadParams extends Error {}

/** Finds the method of a call; undefined is answered with an exception of type `unimplemented`. */
export type Dispatch = (interfaceId: bigint, methodId: number) => BoundMethod | undefined;

/** How a session is served. */
export interface ServeOptions {
  dispatch: Dispatch;
  limits?: Partial<RpcLimits> | undefined;
  /** Reason of the exception for parameters of another shape than the schema's. */
  badParams?: string | undefined;
  /** Told of errors that a handler should not have thrown; the caller only learns that there was one. */
  onInternalError?: ((error: unknown) => void) | undefined;
}

/** Serves one session on a stream: `dispatch` is its bootstrap capability. */
export function serveVat(stream: ByteStream, options: ServeOptions): RpcServerSession {
  return new RpcServerSession(stream, options);
}

/** The answering end of a session. */
export class RpcServerSession {
  readonly #options: ServeOptions;
  readonly #vat: Vat;
  readonly #session: Session;
  readonly #running = new Map<number, AbortController>();
  #isShuttingDown = false;
  #onIdle: (() => void) | undefined;

  constructor(stream: ByteStream, options: ServeOptions) {
    this.#options = options;
    this.#vat = new Vat({ hasBootstrap: true, limits: options.limits });
    this.#session = new Session(stream, this.#vat, (event) => this.#onEvent(event), options.limits);
    void this.#session.closed.then(() => this.#cancelAll());
  }

  /** How the session ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#session.closed;
  }

  /** Answers what is in flight, refuses what comes after, and ends the session with FIN. */
  async shutdown(): Promise<void> {
    this.#isShuttingDown = true;
    if (this.#running.size > 0 && !this.#vat.end) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      await Promise.race([idle, this.closed]);
    }
    await this.#session.finish({ kind: 'closed', reason: 'shut down here' });
  }

  #onEvent(event: VatEvent): void {
    if (event.kind === 'call') this.#onCall(event);
    else if (event.kind === 'cancel')
      this.#running.get(event.answerId)?.abort(new Error('the caller finished the call'));
    // We ask nothing of the peer.
  }

  #onCall({ answerId, interfaceId, methodId, params }: Extract<VatEvent, { kind: 'call' }>): void {
    if (this.#isShuttingDown) {
      this.#answer(answerId, exception('disconnected', 'the server is shutting down'));
      return;
    }
    const method = this.#options.dispatch(interfaceId, methodId);
    if (!method) {
      const name = `method ${methodId} of interface 0x${interfaceId.toString(16)}`;
      this.#answer(answerId, exception('unimplemented', `${name} is not implemented`));
      return;
    }
    const controller = new AbortController();
    this.#running.set(answerId, controller);
    void this.#run(method, params, controller.signal).then((value) => {
      this.#running.delete(answerId);
      this.#answer(answerId, value);
      if (this.#running.size === 0) this.#onIdle?.();
    });
  }

  /** Never rejects. */
  async #run(method: BoundMethod, params: PointerPlace | undefined, signal: AbortSignal): Promise<ReturnValue> {
    try {
      const results = await method.start(pointerOf(params), signal);
      const content = buildContent(results.size, results.write);
      return { kind: 'results', payload: { content, capTable: [] } };
    } catch (error) {
      if (error instanceof RpcException) return exception(error.type, error.reason);
      if (error instanceof BadParams) {
        return exception(
          'failed',
          this.#options.badParams ?? `the parameters of ${error.message} are not those of the schema`,
        );
      }
      if (!signal.aborted) this.#options.onInternalError?.(error);
      return exception('failed', 'internal error');
    }
  }

  #answer(answerId: number, value: ReturnValue): void {
    this.#vat.answer(answerId, value);
    this.#session.flush();
  }

  #cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort(new Error('the session is over'));
  }
}

function exception(type: RpcException['type'], reason: string): ReturnValue {
  return { kind: 'exception', exception: { type, reason } };
}

function pointerOf(place: PointerPlace | undefined): Pointer {
  return place ? capnpPointer(place) : new Pointer(new CapnpMessage().getSegment(0), 0);
}
