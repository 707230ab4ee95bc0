// Queues: whose they are, their order and numbers, and what leaves them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import type { QueueId } from '@quicnprotochat/server';
import { mutantsOf, NOTHING, refuse } from '../../fault.ts';
import { inMethod, inResults } from '../../seams/methods.ts';
import { ALL, nameOf } from '../../seams/queues.ts';
import { inStore } from '../../seams/store.ts';

const mutant = mutantsOf('delivery');
/** The list of an answer, changed. */
const lists = (change: (list: Delivery[]) => Delivery[]) =>
  inResults(['fetch', 'fetchWait', 'peek'], (results) => ({ payloads: change(results.payloads) }));

export const QUEUES = [
  mutant('DS-006', 'one-queue', 'there is one queue for all recipients', {
    ...inStore((store) => {
      const one = ({ channelId }: QueueId): QueueId => ({ channelId, recipientKey: new Uint8Array(32) });
      return {
        enqueue: (queue, payload, limits) => store.enqueue(one(queue), payload, limits),
        take: (queue, max) => store.take(one(queue), max),
      };
    }),
  }),
  mutant('DS-006', 'key-by-its-first-bytes', 'tells recipients apart by 4 bytes of the channel and nothing else', {
    ...inStore((store) => {
      const one = ({ channelId, recipientKey }: QueueId): QueueId => ({
        channelId,
        recipientKey: Buffer.concat([new Uint8Array(31), recipientKey.subarray(31).map((byte) => byte & 0)]),
      });
      return {
        enqueue: (queue, payload, limits) => store.enqueue(one(queue), payload, limits),
        take: (queue, max) => store.take(one(queue), max),
      };
    }),
  }),
  mutant('DS-006', 'senders-queue', 'puts the message into the sender’s queue', {
    ...inStore(() => ({})),
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      return params.channelId.length === 0 && own ? next({ ...params, recipientKey: own }) : next();
    }),
  }),
  mutant(
    'DS-008',
    'newest-first',
    'answers with the newest first',
    lists((list) => [...list].reverse()),
  ),
  mutant(
    'DS-008',
    'by-size',
    'answers with the smallest first',
    lists((list) =>
      [...list].sort((a, b) => a.payload.length - b.payload.length || Buffer.compare(a.payload, b.payload)),
    ),
  ),
  mutant('DS-009', 'restarts-when-drained', 'numbers begin again in a queue that was drained', restartingNumbers()),
  mutant('DS-009', 'all-the-same', 'every message has number 1', {
    ...inResults('enqueue', () => ({ seq: 1n })),
  }),
  mutant('DS-009', 'by-the-second', 'the number is the time in seconds', {
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        await store.enqueue(queue, payload, limits);
        return BigInt(Math.floor(Date.now() / 1000));
      },
    })),
  }),
  mutant(
    'DS-010',
    'index-in-the-answer',
    'numbers the messages of an answer from 0',
    lists((list) => list.map(({ payload }, i) => ({ seq: BigInt(i), payload }))),
  ),
  mutant('DS-010', 'off-by-one', 'the sender learns the number before', {
    ...inResults('enqueue', ({ seq }) => ({ seq: seq > 0n ? seq - 1n : seq })),
  }),
  mutant('DS-010', 'length-instead', 'enqueue returns how many are queued', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      await next();
      return { seq: BigInt((await around.store.peek(params, ALL)).length) };
    }),
  }),
  mutant('DS-011', 'stays', 'fetched messages stay queued', {
    ...inStore((store) => ({ take: (queue, max) => store.peek(queue, max) })),
  }),
  mutant('DS-020', 'wait-leaves', 'fetchWait leaves what it returns', {
    ...inMethod('fetchWait', async ({ params, next, around }) => {
      const results = await next();
      await around.store.restore(params, results.payloads);
      return results;
    }),
  }),
  mutant('DS-011', 'last-stays', 'the last message of a fetch stays', {
    ...inStore((store) => ({
      take: async (queue, max) => {
        const taken = await store.take(queue, max);
        if (taken.length > 1) await store.restore(queue, taken.slice(-1));
        return taken;
      },
    })),
  }),
  mutant('DS-013', 'empty-is-an-error', 'refuses a fetch from an empty queue', {
    ...inMethod('fetch', async ({ next }) => {
      const results = await next();
      if (results.payloads.length === 0) throw refuse('E020');
      return results;
    }),
  }),
  mutant('DS-013', 'empty-is-one-of-nothing', 'answers one empty message when nothing is queued', {
    ...inResults('fetch', (results) =>
      results.payloads.length === 0 ? { payloads: [{ seq: 0n, payload: NOTHING }] } : {},
    ),
  }),
  mutant('DS-014', 'reads-then-deletes', 'reads and deletes in two steps', {
    ...inStore((store) => ({
      take: async (queue, max) => {
        const seen = await store.peek(queue, max);
        await sleep(5);
        const last = seen.at(-1);
        if (last) await store.ack(queue, last.seq);
        return seen;
      },
    })),
  }),
  mutant('DS-029', 'long-ones-later', 'stores long messages a moment later', {
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        if (payload.length > 32_000) await sleep(5);
        return store.enqueue(queue, payload, limits);
      },
    })),
  }),
  mutant('DS-029', 'in-any-order', 'stores some messages a moment later', {
    ...inStore((store) => {
      let count = 0;
      return {
        enqueue: async (queue, payload, limits) => {
          count += 1;
          if (count % 3 === 0) await sleep(4);
          return store.enqueue(queue, payload, limits);
        },
      };
    }),
  }),
];

function restartingNumbers() {
  return inStore((store) => {
    const base = new Map<string, bigint>();
    const shift = (queue: QueueId, list: Delivery[]): Delivery[] =>
      list.map(({ seq, payload }) => ({ seq: seq - (base.get(nameOf(queue)) ?? 0n), payload }));
    const last = new Map<string, bigint>();
    return {
      enqueue: async (queue, payload, limits) => {
        const seq = await store.enqueue(queue, payload, limits);
        last.set(nameOf(queue), seq);
        return seq - (base.get(nameOf(queue)) ?? 0n);
      },
      take: async (queue, max) => {
        const taken = shift(queue, await store.take(queue, max));
        if ((await store.peek(queue, ALL)).length === 0) base.set(nameOf(queue), last.get(nameOf(queue)) ?? 0n);
        return taken;
      },
      peek: async (queue, max) => shift(queue, await store.peek(queue, max)),
    };
  });
}
