import type { Delivery, nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';
import { FullError, type QueueId, type Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireMembers } from './channels.ts';
import { requireChannelId, requireIdentity, requireKey, requireVersion } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';
import type { Waiters } from './waiters.ts';

type Methods = typeof nodeService;
type QueueParams = Pick<ParamsOf<Methods['fetch']>, 'recipientKey' | 'channelId' | 'version'>;

/**
 * enqueue, fetch and fetchWait (spec: DS).
 *
 * Calls of one session on one queue take effect in their order: a handler reaches the store without waiting for anything
 * on a default queue, and after the same single look-up on a channel queue.
 */
export class DeliveryService {
  readonly #store: Store;
  readonly #limits: ServiceLimits;
  readonly #waiters: Waiters;
  readonly #now: () => number;

  constructor(store: Store, limits: ServiceLimits, waiters: Waiters, now: () => number) {
    this.#store = store;
    this.#limits = limits;
    this.#waiters = waiters;
    this.#now = now;
  }

  async enqueue(params: ParamsOf<Methods['enqueue']>, caller: Caller): Promise<ResultsOf<Methods['enqueue']>> {
    requireQueue(params);
    if (params.channelId.length > 0) await requireMembers(this.#store, params.channelId, caller, params.recipientKey);
    return this.append(params, params.payload);
  }

  async fetch(
    params: ParamsOf<Methods['fetch']>,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<ResultsOf<Methods['fetch']>> {
    requireOwnQueue(params, caller);
    if (params.channelId.length > 0) await requireMembers(this.#store, params.channelId, caller, params.recipientKey);
    return { payloads: await this.#take(params, params.limit, signal) };
  }

  async fetchWait(
    params: ParamsOf<Methods['fetchWait']>,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<ResultsOf<Methods['fetchWait']>> {
    requireOwnQueue(params, caller);
    if (params.channelId.length > 0) await requireMembers(this.#store, params.channelId, caller, params.recipientKey);
    const asked =
      params.timeoutMs > BigInt(this.#limits.fetchWaitMs) ? this.#limits.fetchWaitMs : Number(params.timeoutMs);
    const deadline = this.#now() + asked;
    for (;;) {
      // In line before looking, so that nothing that comes in between is missed.
      const turn = this.#waiters.join(params, deadline - this.#now(), signal);
      const payloads = await this.#take(params, params.limit, signal).catch((error) => {
        turn.leave();
        throw error;
      });
      if (payloads.length > 0 || this.#now() >= deadline) {
        turn.leave();
        return { payloads };
      }
      const isTurn = await turn.woken;
      if (signal.aborted) {
        turn.leave();
        throw signal.reason;
      }
      if (!isTurn) return { payloads: [] };
    }
  }

  /** Adds a message after its size is checked. @throws NodeServiceError E005, E006, E015 */
  async append(queue: QueueId, payload: Uint8Array): Promise<{ seq: bigint }> {
    const { payloadBytes, queueMessages, queueBytes } = this.#limits;
    if (payload.length === 0) throw new NodeServiceError('E005', 'the payload is empty');
    if (payload.length > payloadBytes) {
      throw new NodeServiceError('E006', `the payload has ${payload.length} bytes, at most ${payloadBytes} are taken`);
    }
    const added = this.#store.enqueue(queue, payload, { messages: queueMessages, bytes: queueBytes });
    this.#waiters.wake(queue);
    try {
      return { seq: await added };
    } catch (error) {
      if (error instanceof FullError) throw new NodeServiceError('E015', 'the queue is full');
      throw error;
    }
  }

  /** Takes messages, unless the caller has left by the time they are his: then they go back. */
  async #take(queue: QueueId, limit: number, signal: AbortSignal): Promise<Delivery[]> {
    signal.throwIfAborted();
    const max = { messages: limit === 0 ? Number.POSITIVE_INFINITY : limit, bytes: this.#limits.answerBytes };
    const taken = await this.#store.take(queue, max);
    if (!signal.aborted || taken.length === 0) return taken;
    await this.#store.restore(queue, taken);
    for (const _ of taken) this.#waiters.wake(queue);
    throw signal.reason;
  }
}

function requireOwnQueue(params: QueueParams, caller: Caller): void {
  requireQueue(params);
  requireIdentity(caller, params.recipientKey);
}

function requireQueue({ recipientKey, channelId, version }: QueueParams): void {
  requireKey('recipientKey', recipientKey);
  requireChannelId(channelId);
  requireVersion(version);
}
