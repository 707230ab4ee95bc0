import type { Delivery } from '@quicnprotochat/proto';
import { FullError, type QueueId, type QueueLimits } from '../store.ts';
import { bounded, type Change, type Row, type Sql } from './sql.ts';

// A queue's row stays when it is drained: it holds the next seq, and how much is in the queue.

const ADD_MESSAGE = `
  INSERT INTO queues (channel_id, recipient_key, next_seq, messages, bytes) VALUES ($1, $2, 2, 1, $3)
  ON CONFLICT (channel_id, recipient_key) DO UPDATE
  SET next_seq = queues.next_seq + 1, messages = queues.messages + 1, bytes = queues.bytes + $3
  WHERE queues.messages < $4 AND queues.bytes + $3 <= $5
  RETURNING id, next_seq - 1 AS seq`;

const KEEP_NEXT_SEQ = `
  INSERT INTO queues (channel_id, recipient_key, next_seq, messages, bytes) VALUES ($1, $2, $3, 0, 0)
  ON CONFLICT (channel_id, recipient_key) DO UPDATE
  SET next_seq = CASE WHEN queues.next_seq > excluded.next_seq THEN queues.next_seq ELSE excluded.next_seq END
  RETURNING id`;

const QUEUE = 'SELECT id FROM queues WHERE channel_id = $1 AND recipient_key = $2 AND messages > 0';
const INSERT = 'INSERT INTO deliveries (queue_id, seq, payload) VALUES ($1, $2, $3)';
const COUNT = 'UPDATE queues SET messages = messages + $2, bytes = bytes + $3 WHERE id = $1';

/** Of queue $1, behind seq $4: up to the last message of the first $2 that fit in $3 bytes, but one at least. */
const HEAD = `queue_id = $1 AND seq > $4 AND seq <= (
    SELECT COALESCE(MAX(CASE WHEN total <= $3 THEN seq END), MIN(seq)) FROM (
      SELECT seq, SUM(size) OVER (ORDER BY seq) AS total FROM (
        SELECT seq, LENGTH(payload) AS size FROM deliveries WHERE queue_id = $1 AND seq > $4 ORDER BY seq LIMIT $2
      ) AS head
    ) AS totals
  )`;

/** The greatest seq that a column holds. */
const MAX_SEQ = (1n << 63n) - 1n;

type Message = Row & { seq: bigint; payload: Buffer };

/** @throws FullError, and nothing was changed */
export async function enqueue(change: Change, queue: QueueId, payload: Uint8Array, max: QueueLimits): Promise<bigint> {
  const { channelId, recipientKey } = queue;
  if (max.messages < 1 || payload.length > max.bytes) throw new FullError();
  const limits = [bounded(max.messages), bounded(max.bytes)];
  const [added] = await change.all(ADD_MESSAGE, channelId, recipientKey, payload.length, ...limits);
  if (!added) throw new FullError();
  const { id, seq } = added as { id: bigint; seq: bigint };
  await change.all(INSERT, id, seq, payload);
  change.arrived(queue);
  return seq;
}

/** @throws FullError, and nothing was changed */
export async function enqueueAll(
  change: Change,
  queues: readonly QueueId[],
  payload: Uint8Array,
  max: QueueLimits,
): Promise<bigint[]> {
  const seqs: bigint[] = [];
  await change.all('SAVEPOINT enqueue_all');
  try {
    for (const queue of queues) seqs.push(await enqueue(change, queue, payload, max));
  } catch (error) {
    if (error instanceof FullError) await change.all('ROLLBACK TO SAVEPOINT enqueue_all');
    throw error;
  }
  await change.all('RELEASE SAVEPOINT enqueue_all');
  return seqs;
}

export async function take(change: Change, queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
  const id = await idOf(change, queue);
  if (id === undefined) return [];
  const statement = `DELETE FROM deliveries WHERE ${HEAD} RETURNING seq, payload`;
  const taken = await change.all<Message>(statement, id, bounded(max.messages), bounded(max.bytes), 0n);
  await count(change, id, taken, -1);
  return inOrder(taken);
}

export async function peek(sql: Sql, queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
  const id = await idOf(sql, queue);
  return id === undefined ? [] : head(sql, id, max, 0n);
}

export async function ack(change: Change, queue: QueueId, seqUpTo: bigint): Promise<void> {
  const id = await idOf(change, queue);
  if (id === undefined) return;
  const last = seqUpTo > MAX_SEQ ? MAX_SEQ : seqUpTo;
  const statement = 'DELETE FROM deliveries WHERE queue_id = $1 AND seq <= $2 RETURNING LENGTH(payload) AS size';
  const removed = await change.all<{ size: bigint }>(statement, id, last);
  const bytes = removed.reduce((sum, { size }) => sum + Number(size), 0);
  await change.all(COUNT, id, -removed.length, -bytes);
}

/** Puts messages into their place, under their seqs. */
export async function restore(change: Change, queue: QueueId, deliveries: readonly Delivery[]): Promise<void> {
  const last = inOrder(deliveries).at(-1)?.seq ?? 0n;
  const id = await keepNextSeq(change, queue, last + 1n);
  const added: Delivery[] = [];
  for (const delivery of deliveries) {
    const statement = `${INSERT} ON CONFLICT (queue_id, seq) DO NOTHING RETURNING seq`;
    const rows = await change.all(statement, id, delivery.seq, delivery.payload);
    if (rows.length > 0) added.push(delivery);
  }
  await count(change, id, added, 1);
  for (const _ of added) change.arrived(queue);
}

/** Sees to it that the next message gets that number, or a greater one. @returns the queue's row */
export async function keepNextSeq(change: Change, queue: QueueId, nextSeq: bigint): Promise<bigint> {
  const [row] = await change.all(KEEP_NEXT_SEQ, queue.channelId, queue.recipientKey, nextSeq);
  return (row as { id: bigint }).id;
}

/** The first messages behind a seq. */
export async function head(sql: Sql, id: bigint, max: QueueLimits, after: bigint): Promise<Delivery[]> {
  const statement = `SELECT seq, payload FROM deliveries WHERE ${HEAD}`;
  return inOrder(await sql.all<Message>(statement, id, bounded(max.messages), bounded(max.bytes), after));
}

/** @returns the row of a queue that has something in it */
async function idOf(sql: Sql, { channelId, recipientKey }: QueueId): Promise<bigint | undefined> {
  const [row] = await sql.all<{ id: bigint }>(QUEUE, channelId, recipientKey);
  return row?.id;
}

async function count(change: Change, id: bigint, deliveries: readonly Delivery[], sign: 1 | -1): Promise<void> {
  if (deliveries.length === 0) return;
  const bytes = deliveries.reduce((sum, { payload }) => sum + payload.length, 0);
  await change.all(COUNT, id, sign * deliveries.length, sign * bytes);
}

/** A statement returns rows in any order. */
const inOrder = (rows: readonly Delivery[]): Delivery[] =>
  rows.map(({ seq, payload }) => ({ seq, payload })).sort((a, b) => (a.seq < b.seq ? -1 : 1));
