import { type Delivery, nodeService, WIRE_VERSION } from '@quicnprotochat/proto';
import type { ClientAuth } from '../client-auth.ts';
import { isUnimplemented } from '../errors.ts';
import type { NodeClient } from '../node/node-client.ts';

/** Beyond the wait itself, in ms. */
const ANSWER_GRACE_MS = 10_000;

/**
 * The queue of one recipient, from the reader's side. Where the server has peek and ack, messages stay in it until
 * `done`; else taking them removes them.
 */
export class Queue {
  readonly #node: NodeClient;
  readonly #auth: ClientAuth;
  readonly #recipientKey: Uint8Array;
  readonly #channelId: Uint8Array;
  #isReliable: boolean | undefined;

  /** @param channelId empty, or 16 bytes */
  constructor(node: NodeClient, auth: ClientAuth, recipientKey: Uint8Array, channelId: Uint8Array) {
    this.#node = node;
    this.#auth = auth;
    this.#recipientKey = recipientKey;
    this.#channelId = channelId;
  }

  /** Whether the server has peek and ack; asks it if that is not known yet. @throws ClientError */
  async isReliable(): Promise<boolean> {
    if (this.#isReliable === undefined) await this.take(1, { peekOnly: true });
    return this.#isReliable as boolean;
  }

  /**
   * The oldest messages.
   * @param limit at most so many; fewer come when they are big (spec: DS-016)
   * @param options.peekOnly takes nothing where the server has no peek
   * @throws ClientError
   */
  async take(limit: number, options: { peekOnly?: boolean } = {}): Promise<Delivery[]> {
    if (this.#isReliable !== false) {
      try {
        const { payloads } = await this.#node.call(nodeService.peek, { ...this.#params, limit });
        this.#isReliable = true;
        return payloads;
      } catch (error) {
        if (this.#isReliable || !isUnimplemented(error)) throw error;
        this.#isReliable = false;
      }
    }
    if (options.peekOnly) return [];
    return (await this.#node.call(nodeService.fetch, { ...this.#params, limit })).payloads;
  }

  /** Waits for messages and takes them out; for servers without peek. @throws ClientError */
  async waitAndTake(limit: number, timeoutMs: number): Promise<Delivery[]> {
    const params = { ...this.#params, timeoutMs: BigInt(timeoutMs), limit };
    return (await this.#node.call(nodeService.fetchWait, params, { answerMs: timeoutMs + ANSWER_GRACE_MS })).payloads;
  }

  /** Removes what was taken, where it is not removed yet. @throws ClientError */
  async done(taken: readonly Delivery[]): Promise<void> {
    const last = taken.at(-1);
    if (!this.#isReliable || !last) return;
    await this.#node.call(nodeService.ack, { ...this.#params, seqUpTo: last.seq });
  }

  get #params() {
    return {
      recipientKey: this.#recipientKey,
      channelId: this.#channelId,
      version: WIRE_VERSION,
      auth: this.#auth.toAuth(),
    };
  }
}
