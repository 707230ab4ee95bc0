import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { buildContent } from './builder.ts';
import type { ByteStream } from './byte-stream.ts';
import { RpcException, type SessionEnd } from './errors.ts';
import type { RpcLimits } from './limits.ts';
import type { ReturnValue } from './message.ts';
import type { Method } from './method.ts';
import { fullLimits, Session } from './session.ts';
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
  start(params: Pointer, signal: AbortSignal): Promise<Results>;
}

/** Results that are still to be laid out in a message, in at most `size` bytes. */
interface Results {
  size: number;
  write(content: Pointer): void;
}

/** A method with what answers it. The handler's parameters own their bytes; what it throws is the answer's exception. */
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
  /** The methods that there are. */
  dispatch: Dispatch;
  /** What differs from DEFAULT_RPC_LIMITS. */
  limits?: Partial<RpcLimits> | undefined;
  /** Reason of the exception for parameters of another shape than the schema's. */
  badParams?: string | undefined;
  /**
   * Told of errors that a handler should not have thrown; the caller only learns that there was one. Must not throw. Not
   * told of what a handler throws after its signal was aborted.
   */
  onInternalError?: ((error: unknown) => void) | undefined;
}

/** Serves one session on a stream: `dispatch` is its bootstrap capability. */
export function serveVat(stream: ByteStream, options: ServeOptions): RpcServerSession {
  return new RpcServerSession(stream, options);
}

/** How long the peer gets to take its last answers when a session is shut down, in ms. */
const SHUTDOWN_WAIT_MS = 10_000;

/** The answering end of a session. */
export class RpcServerSession {
  readonly #options: ServeOptions;
  readonly #vat: Vat;
  readonly #session: Session;
  readonly #running = new Map<number, AbortController>();
  /** Answers that are not built yet, for want of room to send them. */
  readonly #unbuilt: (() => void)[] = [];
  #isShuttingDown = false;
  #onIdle: (() => void) | undefined;

  /** Reads from the stream at once, and owns it. */
  constructor(stream: ByteStream, options: ServeOptions) {
    const owner = { onEvent: (event: VatEvent) => this.#onEvent(event), onRoom: () => this.#onRoom() };
    this.#options = options;
    this.#vat = new Vat({ hasBootstrap: true, limits: options.limits });
    this.#session = new Session(stream, this.#vat, owner, fullLimits(options.limits));
    void this.#session.closed.then(() => this.#cancelAll());
  }

  /** How the session ended; never rejects. */
  get closed(): Promise<SessionEnd> {
    return this.#session.closed;
  }

  /** Bytes of messages held for this session: not whole yet, waiting to be worked on, or not taken by the transport. */
  get heldBytes(): number {
    return this.#session.heldBytes;
  }

  /** Ends the session at once; calls in flight are cancelled. */
  abandon(reason: string): void {
    this.#session.abandon(reason);
  }

  /**
   * Answers what is in flight, refuses what comes after, and ends the session with FIN.
   * @param timeoutMs how long calls in flight get; those that take longer are cancelled
   */
  async shutdown(timeoutMs = SHUTDOWN_WAIT_MS): Promise<void> {
    this.#isShuttingDown = true;
    if (this.#running.size > 0 && !this.#vat.end) {
      let timer: NodeJS.Timeout | undefined;
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([idle, this.closed]);
      clearTimeout(timer);
    }
    await this.#session.finish({ kind: 'closed', reason: 'shut down here' });
  }

  /** A server asks nothing of its peer, so that no other event comes. */
  #onEvent(event: VatEvent): void {
    if (event.kind === 'call') this.#onCall(event);
    else if (event.kind === 'cancel')
      this.#running.get(event.answerId)?.abort(new Error('the caller finished the call'));
  }

  #onCall(call: Extract<VatEvent, { kind: 'call' }>): void {
    const { answerId } = call;
    if (this.#isShuttingDown) {
      this.#answer(answerId, exception('disconnected', 'the server is shutting down'));
      return;
    }
    const controller = new AbortController();
    this.#running.set(answerId, controller);
    const finish = (answer: () => ReturnValue): void => {
      // What nobody waits for is not worth building, nor waiting for room with.
      if (controller.signal.aborted) this.#finishCall(answerId, { kind: 'canceled' });
      else if (this.#unbuilt.length > 0 || !this.#session.hasRoom) this.#unbuilt.push(() => finish(answer));
      else this.#finishCall(answerId, answer());
    };
    void this.#run(call, controller.signal).then(finish);
  }

  /** Runs a call. Never rejects. @returns how to build its answer */
  async #run(call: Extract<VatEvent, { kind: 'call' }>, signal: AbortSignal): Promise<() => ReturnValue> {
    const { interfaceId, methodId, params } = call;
    try {
      const method = this.#options.dispatch(interfaceId, methodId);
      if (!method) {
        const name = `method ${methodId} of interface 0x${interfaceId.toString(16)}`;
        return () => exception('unimplemented', `${name} is not implemented`);
      }
      const results = await method.start(pointerOf(params), signal);
      return () => this.#build(results);
    } catch (error) {
      return () => this.#failure(error);
    }
  }

  #build(results: Results): ReturnValue {
    try {
      const content = buildContent(results.size, results.write);
      return { kind: 'results', payload: { content, capTable: [] } };
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): ReturnValue {
    if (error instanceof RpcException) return exception(error.type, error.reason);
    if (error instanceof BadParams) {
      const reason = this.#options.badParams ?? `the parameters of ${error.message} are not those of the schema`;
      return exception('failed', reason);
    }
    this.#options.onInternalError?.(error);
    return exception('failed', 'internal error');
  }

  #finishCall(answerId: number, value: ReturnValue): void {
    this.#running.delete(answerId);
    this.#answer(answerId, value);
    if (this.#running.size === 0) this.#onIdle?.();
  }

  #answer(answerId: number, value: ReturnValue): void {
    this.#vat.answer(answerId, value);
    this.#session.flush();
  }

  #onRoom(): void {
    // Each is put back by `finish` when the one before took the room.
    for (const answer of this.#unbuilt.splice(0)) answer();
  }

  #cancelAll(): void {
    for (const controller of this.#running.values()) controller.abort(new Error('the session is over'));
    this.#onRoom();
  }
}

function exception(type: RpcException['type'], reason: string): ReturnValue {
  return { kind: 'exception', exception: { type, reason } };
}

function pointerOf(place: PointerPlace | undefined): Pointer {
  return place ? capnpPointer(place) : new Pointer(new CapnpMessage().getSegment(0), 0);
}
