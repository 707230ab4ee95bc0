import assert from 'node:assert/strict';
import { nodeService as node, parseReason } from '@quicnprotochat/proto';
import { type RpcClient, RpcException } from '@quicnprotochat/rpc';
import { type Actor, actor, queueOf } from '../test/support.ts';
import { ChannelLedger, PackageLedger, QueueLedger } from './ledger.ts';
import { drain } from './people.ts';
import type { Random } from './random.ts';

/** Recipients of a batch. */
const BATCH = 5;
const FETCH_LIMIT = 7;
const PAIRS = 40;
const LANES = 12;

/** A call was not answered, or the server said that it could not store it: what became of it is not known. */
class Unanswered extends Error {}

/** A mixed load on one server, and what it may find afterwards. */
export class Load {
  /** kept: enqueue alone. fetched, acked: also emptied, in either way. Then those of the batches. */
  readonly #people = Array.from({ length: 3 + BATCH }, () => actor());
  readonly #peers = Array.from({ length: PAIRS }, () => actor());
  readonly #queues = this.#people.map((_, i) => new QueueLedger(['kept', 'fetched', 'acked'][i] ?? `batch ${i - 3}`));
  readonly #packages = new PackageLedger();
  readonly #channels = new ChannelLedger();
  readonly #random: Random;
  #counter = 0;
  #isOver = false;

  constructor(random: Random) {
    this.#random = random;
  }

  /** For an accounts file. */
  get accounts(): { name: string; identityKey: string; token: string }[] {
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    return [...this.#people, ...this.#peers].map(({ identityKey, token }, i) => ({
      name: `p${i}`,
      identityKey: hex(identityKey),
      token: hex(token),
    }));
  }

  get answered(): number {
    const queued = this.#queues.reduce((sum, queue) => sum + queue.answered, 0);
    return queued + this.#packages.answered + this.#channels.answered;
  }

  /** Calls until the session ends or `stop`. @throws AssertionError when an answer is wrong */
  async run(rpc: RpcClient): Promise<void> {
    this.#isOver = false;
    let isGone = false;
    void rpc.closed.then(() => {
      isGone = true;
    });
    const lane = async (): Promise<void> => {
      while (!this.#isOver && !isGone) await this.#step(rpc);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Empties everything and holds it against what was answered. @throws AssertionError */
  async verify(rpc: RpcClient): Promise<void> {
    for (const [i, queue] of this.#queues.entries()) queue.finish(await drain(rpc, this.#people[i] as Actor));
    for (;;) {
      const { package: keyPackage } = await rpc.call(node.fetchKeyPackage, this.#owner);
      if (keyPackage.length === 0) break;
      this.#packages.handedOut(keyPackage);
    }
    this.#packages.finish();
    this.#channels.finish();
    const batches = this.#queues.slice(3).map(({ texts }) => texts);
    for (const text of new Set(batches.flatMap((texts) => [...texts.keys()])))
      for (const texts of batches) assert.ok(texts.has(text), `half a batch: "${text.slice(0, 40)}"`);
  }

  get #owner() {
    const [{ identityKey, auth }] = this.#people as [Actor, ...Actor[]];
    return { identityKey, auth };
  }

  async #step(rpc: RpcClient): Promise<void> {
    try {
      const kind = this.#random.below(10);
      if (kind < 3) await this.#enqueue(rpc, this.#random.below(3));
      else if (kind < 5) await this.#batch(rpc);
      else if (kind === 5) await this.#fetch(rpc);
      else if (kind === 6) await this.#ack(rpc);
      else if (kind === 7) await this.#createChannel(rpc);
      else if (kind === 8) await this.#upload(rpc);
      else await this.#fetchPackage(rpc);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
    }
  }

  async #enqueue(rpc: RpcClient, i: number): Promise<void> {
    const text = this.#text();
    const params = { ...queueOf(this.#people[i] as Actor), payload: Buffer.from(text) };
    const { seq } = await answer(rpc.call(node.enqueue, params));
    this.#queues[i]?.enqueued(seq, text);
  }

  async #batch(rpc: RpcClient): Promise<void> {
    const text = this.#text();
    const recipients = this.#people.slice(3);
    const { seqs } = await answer(
      rpc.call(node.batchEnqueue, {
        ...queueOf(recipients[0] as Actor),
        recipientKeys: recipients.map(({ identityKey }) => identityKey),
        payload: Buffer.from(text),
      }),
    );
    for (const [i, seq] of seqs.entries()) this.#queues[3 + i]?.enqueued(seq, text);
  }

  async #fetch(rpc: RpcClient): Promise<void> {
    const queue = this.#queues[1] as QueueLedger;
    const call = rpc.call(node.fetch, { ...queueOf(this.#people[1] as Actor), limit: FETCH_LIMIT });
    const { payloads } = await answer(call, () => queue.fetchUnanswered(FETCH_LIMIT));
    queue.received(payloads);
  }

  async #ack(rpc: RpcClient): Promise<void> {
    const queue = this.#queues[2] as QueueLedger;
    const place = queueOf(this.#people[2] as Actor);
    const { ackedUpTo } = queue;
    const { payloads } = await answer(rpc.call(node.peek, { ...place, limit: 3 }));
    for (const { seq } of payloads) assert.ok(seq > ackedUpTo, `${seq} came back after it was acknowledged`);
    const last = payloads.at(-1)?.seq;
    if (last === undefined) return;
    await answer(rpc.call(node.ack, { ...place, seqUpTo: last }), () => queue.ackUnanswered(last));
    queue.acked(last);
  }

  async #createChannel(rpc: RpcClient): Promise<void> {
    const [a, b] = [this.#random.below(PAIRS), this.#random.below(PAIRS)];
    if (a === b) return;
    const [caller, peer] = [this.#peers[a] as Actor, this.#peers[b] as Actor];
    const call = rpc.call(node.createChannel, { peerKey: peer.identityKey, auth: caller.auth });
    this.#channels.made([a, b].sort((x, y) => x - y).join('+'), (await answer(call)).channelId);
  }

  async #upload(rpc: RpcClient): Promise<void> {
    const text = this.#text();
    await answer(rpc.call(node.uploadKeyPackage, { ...this.#owner, package: Buffer.from(text) }));
    this.#packages.uploaded(text);
  }

  async #fetchPackage(rpc: RpcClient): Promise<void> {
    const call = rpc.call(node.fetchKeyPackage, this.#owner);
    this.#packages.handedOut((await answer(call, () => this.#packages.fetchUnanswered())).package);
  }

  #text(): string {
    this.#counter += 1;
    return `${this.#counter} ${'x'.repeat(this.#random.below(1_500))}`;
  }
}

/** @throws Unanswered, after `unanswered` was called */
async function answer<T>(call: Promise<T>, unanswered: () => void = () => {}): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const code = error instanceof RpcException ? parseReason(error.reason) : undefined;
    // An answer with another code than E009 is none of a server that merely fails.
    if (code !== undefined && code !== 'E009') throw error;
    unanswered();
    throw new Unanswered();
  }
}
