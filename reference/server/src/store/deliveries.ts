import type { Delivery } from '@quicnprotochat/proto';
import { Fifo } from './fifo.ts';
import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, decodeSeq, encodeRecord, encodeSeq, keyOf } from './records.ts';
import { FullError, type QueueId, type QueueLimits, type StoreItem } from './store.ts';

interface Queue {
  id: QueueId;
  messages: Fifo;
  /** The number that the next message gets; never goes back. */
  nextSeq: bigint;
}

const ENQUEUE = 1;
const TAKE = 2;
/** The next number of a queue, for queues that were drained before a compaction. */
const NEXT_SEQ = 3;
/** One payload into several queues. */
const ENQUEUE_ALL = 4;
const ACK = 5;
const RECORD_OVERHEAD = 100;

/** The queues of all recipients, in memory, with a journal behind them. */
export class Deliveries {
  readonly #queues = new Map<string, Queue>();
  #journal: Journal = noJournal;
  #liveBytes = 0;

  static async open(openJournal: OpenJournal): Promise<Deliveries> {
    const deliveries = new Deliveries();
    deliveries.#journal = await openJournal('deliveries', {
      replay: (record) => deliveries.#replay(record),
      records: () => deliveries.#records(),
      liveBytes: () => deliveries.#liveBytes,
    });
    return deliveries;
  }

  async enqueue(id: QueueId, payload: Uint8Array, limits: QueueLimits): Promise<bigint> {
    const queue = this.#queue(id);
    const seq = this.#append(queue, payload, limits);
    await this.#journal.append({
      record: encodeRecord(ENQUEUE, id.channelId, id.recipientKey, encodeSeq(seq), payload),
      undo: () => this.#remove(queue, seq),
    });
    return seq;
  }

  async enqueueAll(ids: readonly QueueId[], payload: Uint8Array, limits: QueueLimits): Promise<bigint[]> {
    const added: { queue: Queue; seq: bigint }[] = [];
    const undo = (): void => {
      for (const { queue, seq } of added.toReversed()) this.#remove(queue, seq);
    };
    try {
      for (const id of ids) {
        const queue = this.#queue(id);
        added.push({ queue, seq: this.#append(queue, payload, limits) });
      }
    } catch (error) {
      undo();
      throw error;
    }
    // One record, so that a crash leaves all or nothing.
    const places = added.flatMap(({ queue, seq }) => [queue.id.channelId, queue.id.recipientKey, encodeSeq(seq)]);
    if (added.length > 0) await this.#journal.append({ record: encodeRecord(ENQUEUE_ALL, payload, ...places), undo });
    return added.map(({ seq }) => seq);
  }

  async take(id: QueueId, max: QueueLimits): Promise<Delivery[]> {
    const queue = this.#queues.get(keyOf(id.channelId, id.recipientKey));
    const taken = first(queue, max);
    if (!queue || taken.length === 0) return [];
    for (const { seq } of taken) this.#remove(queue, seq);
    await this.#journal.append({
      record: encodeRecord(TAKE, id.channelId, id.recipientKey, ...taken.map(({ seq }) => encodeSeq(seq))),
      undo: () => this.#putBack(queue, taken),
    });
    return taken;
  }

  async peek(id: QueueId, max: QueueLimits): Promise<Delivery[]> {
    const seen = first(this.#queues.get(keyOf(id.channelId, id.recipientKey)), max);
    // What is shown must not be taken back.
    await this.#journal.settled();
    return seen;
  }

  async ack(id: QueueId, seqUpTo: bigint): Promise<void> {
    const queue = this.#queues.get(keyOf(id.channelId, id.recipientKey));
    if (!queue) return;
    const removed = this.#removeUpTo(queue, seqUpTo);
    if (removed.length === 0) return this.#journal.settled();
    await this.#journal.append({
      record: encodeRecord(ACK, id.channelId, id.recipientKey, encodeSeq(seqUpTo)),
      undo: () => this.#putBack(queue, removed),
    });
  }

  async restore(id: QueueId, deliveries: Delivery[]): Promise<void> {
    const queue = this.#queue(id);
    await Promise.all(
      deliveries.map(({ seq, payload }) => {
        this.#add(queue, seq, payload);
        return this.#journal.append({
          record: encodeRecord(ENQUEUE, id.channelId, id.recipientKey, encodeSeq(seq), payload),
          undo: () => this.#remove(queue, seq),
        });
      }),
    );
  }

  stats(): { queues: number; messages: number; messageBytes: number } {
    const totals = { queues: 0, messages: 0, messageBytes: 0 };
    for (const { messages } of this.#queues.values()) {
      if (messages.length > 0) totals.queues += 1;
      totals.messages += messages.length;
      totals.messageBytes += messages.bytes;
    }
    return totals;
  }

  *items(): Generator<StoreItem> {
    for (const { id, messages, nextSeq } of this.#queues.values()) {
      yield { kind: 'queue', queue: id, nextSeq };
      for (const { order, bytes } of messages)
        yield { kind: 'delivery', queue: id, delivery: { seq: order, payload: bytes } };
    }
  }

  /** Sets the number that the next message gets. */
  async setNextSeq(id: QueueId, nextSeq: bigint): Promise<void> {
    this.#queue(id).nextSeq = nextSeq;
    const record = encodeRecord(NEXT_SEQ, id.channelId, id.recipientKey, encodeSeq(nextSeq));
    await this.#journal.append({ record, undo: () => {} });
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #queue(id: QueueId): Queue {
    const key = keyOf(id.channelId, id.recipientKey);
    let queue = this.#queues.get(key);
    if (!queue) {
      // Copied: parameters share the memory of a whole message.
      const own = { channelId: id.channelId.slice(), recipientKey: id.recipientKey.slice() };
      queue = { id: own, messages: new Fifo(), nextSeq: 1n };
      this.#queues.set(key, queue);
      this.#liveBytes += RECORD_OVERHEAD;
    }
    return queue;
  }

  /** Adds a message at the end, in memory. @throws FullError */
  #append(queue: Queue, payload: Uint8Array, limits: QueueLimits): bigint {
    const { messages } = queue;
    if (messages.length >= limits.messages || messages.bytes + payload.length > limits.bytes) throw new FullError();
    const seq = queue.nextSeq;
    queue.nextSeq += 1n;
    this.#add(queue, seq, payload);
    return seq;
  }

  #add(queue: Queue, seq: bigint, payload: Uint8Array): void {
    queue.messages.add(seq, payload);
    this.#liveBytes += payload.length + RECORD_OVERHEAD;
  }

  #putBack(queue: Queue, deliveries: readonly Delivery[]): void {
    for (const { seq, payload } of deliveries) this.#add(queue, seq, payload);
  }

  #remove(queue: Queue, seq: bigint): void {
    this.#liveBytes -= queue.messages.remove(seq) + RECORD_OVERHEAD;
  }

  #removeUpTo(queue: Queue, seqUpTo: bigint): Delivery[] {
    const removed: Delivery[] = [];
    for (let next = queue.messages.first(); next && next.order <= seqUpTo; next = queue.messages.first()) {
      removed.push({ seq: next.order, payload: next.bytes });
      this.#remove(queue, next.order);
    }
    return removed;
  }

  #replay(record: Uint8Array): void {
    const { kind, fields } = decodeRecord(record);
    if (kind === ENQUEUE_ALL) {
      this.#replayAll(fields);
      return;
    }
    const [channelId, recipientKey, ...rest] = fields as [Uint8Array, Uint8Array, ...Uint8Array[]];
    const queue = this.#queue({ channelId, recipientKey });
    const [first = encodeSeq(0n), payload] = rest;
    if (kind === ENQUEUE && payload) {
      this.#replayOne(queue, decodeSeq(first), payload.slice());
    } else if (kind === TAKE) {
      for (const seq of rest) this.#remove(queue, decodeSeq(seq));
    } else if (kind === ACK) {
      this.#removeUpTo(queue, decodeSeq(first));
    } else if (kind === NEXT_SEQ) queue.nextSeq = decodeSeq(first);
  }

  #replayAll([payload = new Uint8Array(), ...places]: Uint8Array[]): void {
    const own = payload.slice();
    for (let i = 0; i + 2 < places.length; i += 3) {
      const [channelId, recipientKey, seq] = places.slice(i, i + 3) as [Uint8Array, Uint8Array, Uint8Array];
      this.#replayOne(this.#queue({ channelId, recipientKey }), decodeSeq(seq), own);
    }
  }

  #replayOne(queue: Queue, seq: bigint, payload: Uint8Array): void {
    this.#add(queue, seq, payload);
    if (seq >= queue.nextSeq) queue.nextSeq = seq + 1n;
  }

  *#records(): Generator<Uint8Array> {
    for (const { id, messages, nextSeq } of this.#queues.values()) {
      yield encodeRecord(NEXT_SEQ, id.channelId, id.recipientKey, encodeSeq(nextSeq));
      for (const { order, bytes } of messages)
        yield encodeRecord(ENQUEUE, id.channelId, id.recipientKey, encodeSeq(order), bytes);
    }
  }
}

/** The first messages of a queue that fit, but one at least if there is one. */
function first(queue: Queue | undefined, max: QueueLimits): Delivery[] {
  const found: Delivery[] = [];
  let bytes = 0;
  for (const next of queue?.messages ?? []) {
    bytes += next.bytes.length;
    if (found.length >= max.messages || (found.length > 0 && bytes > max.bytes)) break;
    found.push({ seq: next.order, payload: next.bytes });
  }
  return found;
}
