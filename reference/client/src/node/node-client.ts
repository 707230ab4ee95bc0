import { setTimeout as sleep } from 'node:timers/promises';
import type { MethodCodec } from '@quicnprotochat/proto';
import { parseReason } from '@quicnprotochat/proto';
import { type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { connectVat, type RpcClient, RpcException } from '@quicnprotochat/rpc';
import { ClientError, isConnectionLoss, toClientError } from '../errors.ts';
import { formatAddress } from './address.ts';
import { backoffMs } from './backoff.ts';
import { type ConnectNodeOptions, connectNode } from './connect-node.ts';

/** Options of a NodeClient. */
export interface NodeClientOptions extends Omit<ConnectNodeOptions, 'signal'> {
  /** How long a call is tried, over lost connections and rate limits, in ms. Default 10,000. */
  retryMs?: number | undefined;
  /** Ends everything under way. */
  signal?: AbortSignal | undefined;
  /** Told when the connection is lost and tried again. */
  onRetry?: ((why: string, afterMs: number) => void) | undefined;
  /** Half of each wait is random. */
  random?: (() => number) | undefined;
}

/** How one call differs from the others. */
export interface CallOptions {
  /** How long its answer may take, in ms; default is `timeoutMs` of the client. */
  answerMs?: number;
  /** How long it is tried. */
  retryMs?: number;
}

const ANSWER_MS = 10_000;

/**
 * Calls on a NodeService over connections that are made when needed. A call whose connection is lost is made again on a
 * new one, with backoff, and so is one that meets a rate limit (E014). So a call may have its effect twice: what is sent
 * must bear that, as everything of this client does (MLS takes a message once; acknowledging is idempotent).
 */
export class NodeClient {
  readonly #options: NodeClientOptions;
  #session: Promise<{ connection: QuicConnection; rpc: RpcClient }> | undefined;
  #isClosed = false;

  /** Connects at the first call. */
  constructor(options: NodeClientOptions) {
    this.#options = options;
  }

  /** `HOST:PORT` */
  get address(): string {
    return formatAddress(this.#options.address);
  }

  /** @throws ClientError; the signal's reason */
  async call<P, R>(method: MethodCodec<P, R>, params: P, options: CallOptions = {}): Promise<R> {
    return this.withRetry(method.name, (rpc, signal) => rpc.call(method, params, { signal }), options);
  }

  /**
   * Runs calls that belong to one session, all of them again when the connection is lost.
   * @throws ClientError; the signal's reason
   */
  async withRetry<T>(
    what: string,
    step: (rpc: RpcClient, signal: AbortSignal) => Promise<T>,
    { answerMs = this.#options.timeoutMs ?? ANSWER_MS, retryMs = this.#options.retryMs ?? 10_000 }: CallOptions = {},
  ): Promise<T> {
    const { signal } = this.#options;
    const end = Date.now() + retryMs;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#once(step, answerMs);
      } catch (error) {
        signal?.throwIfAborted();
        const waitMs = Math.min(backoffMs(tries, this.#options.random), Math.max(0, end - Date.now()));
        if (this.#isClosed || !mayHelp(error) || waitMs <= 0) throw toClientError(error, what);
        this.#options.onRetry?.(toClientError(error, what).message, Math.round(waitMs));
        await sleep(waitMs, undefined, { signal });
      }
    }
  }

  /** Gives the connection back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.rpc.close();
    await session?.connection.close();
  }

  async #once<T>(step: (rpc: RpcClient, signal: AbortSignal) => Promise<T>, answerMs: number): Promise<T> {
    const { rpc } = await this.#connected();
    const late = AbortSignal.timeout(answerMs);
    const own = this.#options.signal;
    try {
      return await step(rpc, own === undefined ? late : AbortSignal.any([own, late]));
    } catch (error) {
      if (!late.aborted || own?.aborted) throw error;
      await this.#drop();
      throw new ClientError('connection', `${this.address} did not answer within ${answerMs} ms`);
    }
  }

  async #connected(): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    this.#session ??= this.#connect();
    const session = this.#session;
    try {
      return await session;
    } catch (error) {
      if (this.#session === session) this.#session = undefined;
      throw error;
    }
  }

  async #connect(): Promise<{ connection: QuicConnection; rpc: RpcClient }> {
    const connection = await connectNode(this.#options);
    const rpc = connectVat(await connection.openStream());
    const session = this.#session;
    void rpc.closed.then(() => {
      if (this.#session === session) this.#session = undefined;
      void connection.close();
    });
    return { connection, rpc };
  }

  async #drop(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    await session?.connection.close();
  }
}

function mayHelp(error: unknown): boolean {
  if (error instanceof ClientError) {
    // An attempt to connect, which says itself why it failed; a certificate will not change by asking again.
    const { cause } = error;
    return error.kind === 'connection' && !(cause instanceof QuicError && cause.code === 'ALPN_MISMATCH');
  }
  return isConnectionLoss(error) || (error instanceof RpcException && parseReason(error.reason) === 'E014');
}
