import type { Delivery } from '@quicnprotochat/proto';
import { Fifo } from './fifo.ts';
import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, decodeSeq, encodeRecord, encodeSeq, keyOf } from './records.ts';
import { FullError, type QueueId } from './store.ts';

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

  async enqueue(id: QueueId, payload: Uint8Array, limits: { messages: number; bytes: number }): Promise<bigint> {
    const queue = this.#queue(id);
    const { messages } = queue;
    if (messages.length >= limits.messages || messages.bytes + payload.length > limits.bytes) throw new FullError();
    const seq = queue.nextSeq;
    queue.nextSeq += 1n;
    this.#add(queue, seq, payload);
    await this.#journal.append({
      record: encodeRecord(ENQUEUE, id.channelId, id.recipientKey, encodeSeq(seq), payload),
      undo: () => this.#remove(queue, seq),
    });
    return seq;
  }

  async take(id: QueueId, max: { messages: number; bytes: number }): Promise<Delivery[]> {
    const queue = this.#queues.get(keyOf(id.channelId, id.recipientKey));
    if (!queue) return [];
    const taken: Delivery[] = [];
    let bytes = 0;
    for (let next = queue.messages.first(); next && taken.length < max.messages; next = queue.messages.first()) {
      if (taken.length > 0 && bytes + next.bytes.length > max.bytes) break;
      queue.messages.takeFirst();
      bytes += next.bytes.length;
      taken.push({ seq: next.order, payload: next.bytes });
    }
    if (taken.length === 0) return [];
    this.#liveBytes -= bytes + taken.length * RECORD_OVERHEAD;
    await this.#journal.append({
      record: encodeRecord(TAKE, id.channelId, id.recipientKey, ...taken.map(({ seq }) => encodeSeq(seq))),
      undo: () => {
        for (const { seq, payload } of taken) this.#add(queue, seq, payload);
      },
    });
    return taken;
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

  #add(queue: Queue, seq: bigint, payload: Uint8Array): void {
    queue.messages.add(seq, payload);
    this.#liveBytes += payload.length + RECORD_OVERHEAD;
  }

  #remove(queue: Queue, seq: bigint): void {
    this.#liveBytes -= queue.messages.remove(seq) + RECORD_OVERHEAD;
  }

  #replay(record: Uint8Array): void {
    const { kind, fields } = decodeRecord(record);
    const [channelId, recipientKey, ...rest] = fields as [Uint8Array, Uint8Array, ...Uint8Array[]];
    const queue = this.#queue({ channelId, recipientKey });
    const [first = encodeSeq(0n), payload] = rest;
    if (kind === ENQUEUE && payload) {
      const seq = decodeSeq(first);
      this.#add(queue, seq, payload.slice());
      if (seq >= queue.nextSeq) queue.nextSeq = seq + 1n;
    } else if (kind === TAKE) {
      for (const seq of rest) this.#remove(queue, decodeSeq(seq));
    } else if (kind === NEXT_SEQ) queue.nextSeq = decodeSeq(first);
  }

  *#records(): Generator<Uint8Array> {
    for (const { id, messages, nextSeq } of this.#queues.values()) {
      yield encodeRecord(NEXT_SEQ, id.channelId, id.recipientKey, encodeSeq(nextSeq));
      for (const { order, bytes } of messages)
        yield encodeRecord(ENQUEUE, id.channelId, id.recipientKey, encodeSeq(order), bytes);
    }
  }
}
