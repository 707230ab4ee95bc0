import type { Delivery, nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';
import { FullError, type QueueId, type QueueLimits, type Store } from '../store/store.ts';
import type { Caller } from './authenticate.ts';
import { requireMembers } from './channels.ts';
import { requireChannelId, requireIdentity, requireKey, requireVersion } from './checks.ts';
import { NodeServiceError } from './error.ts';
import type { ServiceLimits } from './limits.ts';
import type { StorageQuota } from './storage-quota.ts';
import type { Waiters } from './waiters.ts';

type Methods = typeof nodeService;
type QueueParams = Pick<ParamsOf<Methods['fetch']>, 'recipientKey' | 'channelId' | 'version'>;

/**
 * enqueue, batchEnqueue, fetch, fetchWait, peek and ack (spec: DS).
 *
 * Calls of one session on one queue take effect in their order: a handler reaches the store without waiting for anything
 * on a default queue, and after the same single look-up on a channel queue.
 */
export class DeliveryService {
  readonly #store: Store;
  readonly #limits: ServiceLimits;
  readonly #quota: StorageQuota;
  readonly #waiters: Waiters;
  readonly #now: () => number;

  constructor(store: Store, limits: ServiceLimits, quota: StorageQuota, waiters: Waiters, now: () => number) {
    this.#store = store;
    this.#limits = limits;
    this.#quota = quota;
    this.#waiters = waiters;
    this.#now = now;
  }

  async enqueue(params: ParamsOf<Methods['enqueue']>, caller: Caller): Promise<ResultsOf<Methods['enqueue']>> {
    requireQueue(params);
    if (params.channelId.length > 0) await requireMembers(this.#store, params.channelId, caller, params.recipientKey);
    this.#requirePayload(params.payload);
    this.#quota.take(params.payload.length);
    return { seq: await this.#added([params], this.#store.enqueue(params, params.payload, this.#queueLimits)) };
  }

  async batchEnqueue(
    params: ParamsOf<Methods['batchEnqueue']>,
    caller: Caller,
  ): Promise<ResultsOf<Methods['batchEnqueue']>> {
    const { recipientKeys, channelId, version, payload } = params;
    const { batchRecipients } = this.#limits;
    if (recipientKeys.length === 0 || recipientKeys.length > batchRecipients)
      throw new NodeServiceError('E020', `a batch has 1 to ${batchRecipients} recipients, not ${recipientKeys.length}`);
    const queues = recipientKeys.map((recipientKey) => ({ recipientKey, channelId }));
    for (const queue of queues) requireQueue({ ...queue, version });
    if (channelId.length > 0) await requireMembers(this.#store, channelId, caller, ...recipientKeys);
    this.#requirePayload(payload);
    this.#quota.take(queues.length * payload.length);
    return { seqs: await this.#added(queues, this.#store.enqueueAll(queues, payload, this.#queueLimits)) };
  }

  async fetch(
    params: ParamsOf<Methods['fetch']>,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<ResultsOf<Methods['fetch']>> {
    const membership = this.#requireOwnQueue(params, caller);
    if (membership) await membership;
    return { payloads: await this.#take(params, params.limit, signal) };
  }

  async fetchWait(
    params: ParamsOf<Methods['fetchWait']>,
    caller: Caller,
    signal: AbortSignal,
  ): Promise<ResultsOf<Methods['fetchWait']>> {
    const membership = this.#requireOwnQueue(params, caller);
    if (membership) await membership;
    const asked =
      params.timeoutMs > BigInt(this.#limits.fetchWaitMs) ? this.#limits.fetchWaitMs : Number(params.timeoutMs);
    const deadline = this.#now() + asked;
    for (;;) {
      // In line before looking, so that nothing that comes in between is missed.
      const turn = this.#waiters.join(params, deadline - this.#now(), signal);
      if (!turn)
        throw new NodeServiceError(
          'E014',
          `${this.#limits.waiters} calls wait for this recipient already; end some first`,
        );
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

  async peek(params: ParamsOf<Methods['peek']>, caller: Caller): Promise<ResultsOf<Methods['peek']>> {
    const membership = this.#requireOwnQueue(params, caller);
    if (membership) await membership;
    return { payloads: await this.#store.peek(params, this.#answerLimits(params.limit)) };
  }

  async ack(params: ParamsOf<Methods['ack']>, caller: Caller): Promise<ResultsOf<Methods['ack']>> {
    const membership = this.#requireOwnQueue(params, caller);
    if (membership) await membership;
    await this.#store.ack(params, params.seqUpTo);
    return {};
  }

  /** @returns what has to be waited for: on a default queue nothing. @throws NodeServiceError E004, E020, E012, E016, E023, E022 */
  #requireOwnQueue(params: QueueParams, caller: Caller): Promise<void> | undefined {
    requireQueue(params);
    requireIdentity(caller, params.recipientKey);
    if (params.channelId.length === 0) return undefined;
    return requireMembers(this.#store, params.channelId, caller, params.recipientKey);
  }

  /** @throws NodeServiceError E005, E006 */
  #requirePayload(payload: Uint8Array): void {
    const { payloadBytes } = this.#limits;
    if (payload.length === 0) throw new NodeServiceError('E005', 'the payload is empty');
    if (payload.length > payloadBytes) {
      throw new NodeServiceError('E006', `the payload has ${payload.length} bytes, at most ${payloadBytes} are taken`);
    }
  }

  get #queueLimits(): QueueLimits {
    return { messages: this.#limits.queueMessages, bytes: this.#limits.queueBytes };
  }

  #answerLimits(limit: number): QueueLimits {
    return { messages: limit === 0 ? Number.POSITIVE_INFINITY : limit, bytes: this.#limits.answerBytes };
  }

  /**
   * Wakes who waits on these queues, and waits until what was added lasts. They are woken at once, since most stores show
   * a message before it lasts and both then share a write, and once more when it does, for those that do not.
   * @throws NodeServiceError E015
   */
  async #added<T>(queues: readonly QueueId[], adding: Promise<T>): Promise<T> {
    const wake = (): void => {
      for (const queue of queues) this.#waiters.wake(queue);
    };
    wake();
    try {
      const added = await adding;
      wake();
      return added;
    } catch (error) {
      if (!(error instanceof FullError)) throw error;
      throw new NodeServiceError('E015', queues.length > 1 ? 'the queue of a recipient is full' : 'the queue is full');
    }
  }

  /** Takes messages, unless the caller has left by the time they are his: then they go back. */
  async #take(queue: QueueId, limit: number, signal: AbortSignal): Promise<Delivery[]> {
    signal.throwIfAborted();
    const taken = await this.#store.take(queue, this.#answerLimits(limit));
    if (!signal.aborted || taken.length === 0) return taken;
    await this.#store.restore(queue, taken);
    for (const _ of taken) this.#waiters.wake(queue);
    throw signal.reason;
  }
}

function requireQueue({ recipientKey, channelId, version }: QueueParams): void {
  requireKey('recipientKey', recipientKey);
  requireChannelId(channelId);
  requireVersion(version);
}
