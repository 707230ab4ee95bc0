import assert from 'node:assert/strict';
import type { Delivery } from '@quicnprotochat/proto';

/** What a queue was seen to do, held against what it may do. Texts are unlike each other. */
export class QueueLedger {
  readonly #name: string;
  /** Texts by seq that enqueue answered. */
  readonly #answered = new Map<bigint, string>();
  /** Texts that fetch answered. */
  readonly #received = new Map<string, bigint>();
  /** How many messages fetches that were not answered may have taken with them. */
  #mayBeTaken = 0;
  #acked = 0n;
  /** The greatest seq of an ack that was not answered: it may have been done. */
  #mayBeAcked = 0n;

  constructor(name: string) {
    this.#name = name;
  }

  get answered(): number {
    return this.#answered.size;
  }

  enqueued(seq: bigint, text: string): void {
    assert.ok(!this.#answered.has(seq), `${this.#name}: number ${seq} was given twice`);
    this.#answered.set(seq, text);
  }

  received(deliveries: readonly Delivery[]): void {
    for (const { seq, payload } of deliveries) {
      const text = String(Buffer.from(payload));
      assert.ok(!this.#received.has(text), `${this.#name}: "${text.slice(0, 40)}" was handed out twice`);
      this.#received.set(text, seq);
    }
  }

  fetchUnanswered(limit: number): void {
    this.#mayBeTaken += limit;
  }

  acked(seq: bigint): void {
    if (seq > this.#acked) this.#acked = seq;
  }

  ackUnanswered(seq: bigint): void {
    if (seq > this.#mayBeAcked) this.#mayBeAcked = seq;
  }

  /** The seq up to which messages are gone for good. */
  get ackedUpTo(): bigint {
    return this.#acked;
  }

  /** @param rest what was left in it at the very end */
  finish(rest: readonly Delivery[]): void {
    for (const { seq } of rest)
      assert.ok(seq > this.#acked, `${this.#name}: ${seq} came back after it was acknowledged`);
    this.received(rest);
    let missing = 0;
    for (const [seq, text] of this.#answered) {
      if (seq <= this.#acked || seq <= this.#mayBeAcked) continue;
      const received = this.#received.get(text);
      if (received === undefined) missing += 1;
      else assert.equal(received, seq, `${this.#name}: "${text.slice(0, 40)}" came under another number`);
    }
    assert.ok(missing <= this.#mayBeTaken, `${this.#name}: ${missing} answered messages are lost`);
  }

  /** The texts that came out, and under which number. */
  get texts(): ReadonlyMap<string, bigint> {
    return this.#received;
  }
}

/** KeyPackages of one identity: each goes to one caller. */
export class PackageLedger {
  readonly #uploaded = new Set<string>();
  readonly #handedOut = new Set<string>();
  #mayBeTaken = 0;

  get answered(): number {
    return this.#uploaded.size;
  }

  uploaded(text: string): void {
    this.#uploaded.add(text);
  }

  handedOut(keyPackage: Uint8Array): void {
    if (keyPackage.length === 0) return;
    const text = String(Buffer.from(keyPackage));
    assert.ok(!this.#handedOut.has(text), `KeyPackage "${text}" was handed out twice`);
    this.#handedOut.add(text);
  }

  fetchUnanswered(): void {
    this.#mayBeTaken += 1;
  }

  /** After all that were left have been handed out. */
  finish(): void {
    const lost = [...this.#uploaded].filter((text) => !this.#handedOut.has(text)).length;
    assert.ok(lost <= this.#mayBeTaken, `${lost} KeyPackages are lost, ${this.#mayBeTaken} fetches were not answered`);
  }
}

/** Channels: a pair has one id, and keeps it. */
export class ChannelLedger {
  readonly #ids = new Map<string, string>();

  get answered(): number {
    return this.#ids.size;
  }

  made(pair: string, channelId: Uint8Array): void {
    const id = Buffer.from(channelId).toString('hex');
    assert.equal(this.#ids.get(pair) ?? id, id, `the channel of ${pair} has changed its id`);
    this.#ids.set(pair, id);
  }

  finish(): void {
    assert.equal(new Set(this.#ids.values()).size, this.#ids.size, 'two pairs share a channel');
  }
}
