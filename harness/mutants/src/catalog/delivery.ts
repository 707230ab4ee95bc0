import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import type { QueueId } from '@quicnprotochat/server';
import { mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('delivery');
const DELIVERY = ['enqueue', 'fetch', 'fetchWait'] as const;
const READING = ['fetch', 'fetchWait'] as const;

/** The payloads of an answer, each changed. */
const payloads = (change: (payload: Uint8Array) => Uint8Array) =>
  inResults(['fetch', 'fetchWait', 'peek'], (results) => ({
    payloads: results.payloads.map(({ seq, payload }) => ({ seq, payload: change(payload) })),
  }));
/** The list of an answer, changed. */
const lists = (change: (list: Delivery[]) => Delivery[]) =>
  inResults(['fetch', 'fetchWait', 'peek'], (results) => ({ payloads: change(results.payloads) }));

export const QUEUES = [
  mutant('DS-001', 'short-keys', 'makes queues for keys of any length', {
    ...inMethod(['enqueue', 'fetch'], async ({ params, next, name }) => {
      if (params.auth.version !== 1 || params.recipientKey.length === 32) return next();
      return (name === 'enqueue' ? { seq: 1n } : { payloads: [] }) as never;
    }),
  }),
  mutant(
    'DS-001',
    'length-code',
    'refuses a key of another length as bad parameters',
    swapCode(DELIVERY, 'E004', 'E020'),
  ),
  ...DELIVERY.map((name) =>
    mutant('DS-002', `any-version-of-${name}`, `${name} does not look at the version`, {
      ...inParams([name], () => ({ version: 1 })),
    }),
  ),
  mutant('DS-002', 'newer-versions', 'takes version 2 and later', {
    ...inParams([...DELIVERY], ({ version }) => (version > 1 ? { version: 1 } : {})),
  }),
  mutant('DS-002', 'version-0', 'takes version 0, as if it were left out', {
    ...inParams([...DELIVERY], ({ version }) => (version === 0 ? { version: 1 } : {})),
  }),
  mutant('DS-002', 'version-by-its-low-byte', 'reads the version as a byte', {
    ...inParams([...DELIVERY], ({ version }) => ({ version: version & 0xff })),
  }),
  mutant('DS-002', 'version-code', 'refuses another version as bad parameters', swapCode(DELIVERY, 'E012', 'E020')),
  mutant('DS-003', 'empty-payloads', 'takes empty payloads', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const isEmpty = params.payload.length === 0 && params.version === 1 && params.recipientKey.length === 32;
      if (!isEmpty || !(await around.identityOf(params.auth))) return next();
      return { seq: await around.store.enqueue(params, params.payload, ALL) };
    }),
  }),
  mutant('DS-003', 'empty-code', 'refuses an empty payload as bad parameters', swapCode(['enqueue'], 'E005', 'E020')),
  mutant('DS-004', 'limit-is-exclusive', 'refuses a payload of exactly the limit', {
    limits: { payloadBytes: 5 * 1024 * 1024 - 1 },
  }),
  mutant('DS-004', 'any-size', 'takes payloads of any size', { limits: { payloadBytes: 1 << 30 } }),
  mutant('DS-004', 'limit-of-1-mib', 'refuses what is larger than 1 MiB', { limits: { payloadBytes: 1 << 20 } }),
  mutant(
    'DS-004',
    'limit-code',
    'refuses a payload that is too large as a full queue',
    swapCode(['enqueue'], 'E006', 'E015'),
  ),
  mutant(
    'DS-005',
    'as-text',
    'keeps payloads as UTF-8 text',
    payloads((payload) => Buffer.from(Buffer.from(payload).toString())),
  ),
  mutant(
    'DS-005',
    'cuts-at-64-kib',
    'a length of 16 bits cuts large payloads',
    payloads((payload) => (payload.length > 65_535 ? payload.slice(0, payload.length & 0xffff) : payload)),
  ),
  mutant(
    'DS-005',
    'pieces-of-64-kib',
    'loses the last byte of a payload that fills its pieces of 64 KiB',
    payloads((payload) => (payload.length > 0 && payload.length % 65_536 === 0 ? payload.slice(0, -1) : payload)),
  ),
  mutant(
    'DS-005',
    'cuts-trailing-zeros',
    'keeps payloads as C strings',
    payloads((payload) => {
      let end = payload.length;
      while (end > 0 && payload[end - 1] === 0) end -= 1;
      return payload.slice(0, end);
    }),
  ),
  mutant(
    'DS-005',
    'pads-to-words',
    'gives payloads back padded to words',
    payloads((payload) => {
      const padded = new Uint8Array((payload.length + 7) & ~7);
      padded.set(payload);
      return padded;
    }),
  ),
  mutant(
    'DS-005',
    'line-ends',
    'turns CR LF into LF',
    payloads((payload) => Buffer.from(Buffer.from(payload).toString('latin1').replaceAll('\r\n', '\n'), 'latin1')),
  ),
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
  mutant('DS-007', 'odd-ids-are-none', 'a channel id of another length leads to the default queue', {
    ...inParams([...DELIVERY], ({ channelId }) => (channelId.length === 16 ? {} : { channelId: NOTHING })),
  }),
  mutant('DS-007', 'cuts-longer-ids', 'takes the first 16 bytes of a longer channel id', {
    ...inParams([...DELIVERY], ({ channelId }) => (channelId.length > 16 ? { channelId: channelId.slice(0, 16) } : {})),
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
  mutant('DS-012', 'ignores-the-limit', 'does not look at the limit', {
    ...inParams([...READING, 'peek'], () => ({ limit: 0 })),
  }),
  mutant('DS-012', 'limit-less-one', 'returns one less than the limit', {
    ...inParams([...READING], ({ limit }) => (limit > 1 ? { limit: limit - 1 } : {})),
  }),
  mutant('DS-012', 'zero-is-none', 'takes limit 0 for none', {
    ...inMethod('fetch', ({ params, next }) =>
      params.limit === 0 && params.auth.version === 1 && params.version === 1 && params.recipientKey.length === 32
        ? Promise.resolve({ payloads: [] })
        : next(),
    ),
  }),
  mutant('DS-012', 'at-most-100', 'limit 0 means 100, and what is over a hundred is lost', {
    ...inMethod('fetch', async ({ next }) => {
      const { payloads: list } = await next();
      return { payloads: list.slice(0, 4) };
    }),
  }),
  mutant('DS-012', 'limit-of-16-bits', 'reads the low half of the limit alone', {
    ...inParams(['fetch', 'fetchWait', 'peek'], ({ limit }) => ({ limit: limit & 0xffff })),
  }),
  mutant('DS-012', 'signed-limit', 'reads the limit as signed: a large one is none', {
    ...inMethod('fetch', ({ params, next }) =>
      params.limit > 0x7fffffff ? Promise.resolve({ payloads: [] }) : next(),
    ),
  }),
  mutant('DS-012', 'newest-of-the-limit', 'returns the newest messages within the limit', {
    ...inStore((store) => ({
      take: async (queue, max) => {
        if (!Number.isFinite(max.messages) || max.messages > 1_000) return store.take(queue, max);
        const all = await store.take(queue, ALL);
        const kept = all.slice(0, Math.max(0, all.length - max.messages));
        if (kept.length > 0) await store.restore(queue, kept);
        return all.slice(kept.length);
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
  mutant('DS-015', 'answers-of-any-size', 'puts all of a queue into one answer', { limits: { answerBytes: 1 << 30 } }),
  mutant('DS-016', 'drops-what-does-not-fit', 'throws away what does not fit into an answer', {
    ...inStore((store) => ({
      take: async (queue, max) => {
        const taken = await store.take(queue, max);
        if (taken.length > 0 && (await store.peek(queue, ALL)).length > 0 && max.messages > 1_000)
          await store.take(queue, ALL);
        return taken;
      },
    })),
  }),
  mutant('DS-041', 'one-full-all-full', 'counts the messages of all queues toward the limit of each', {
    ...inStore((store) => {
      const full = new Set<string>();
      return {
        enqueue: async (queue, payload, limits) => {
          try {
            if ([...full].some((other) => other !== nameOf(queue))) throw refuse('E015');
            return await store.enqueue(queue, payload, limits);
          } catch (error) {
            full.add(nameOf(queue));
            throw error;
          }
        },
        take: (queue, max) => {
          full.delete(nameOf(queue));
          return store.take(queue, max);
        },
      };
    }),
  }),
  mutant('DS-017', 'no-end', 'queues have no end', { limits: { queueMessages: 1 << 30 } }),
  mutant('DS-017', 'one-too-few', 'a queue takes one message less than its limit', {
    limits: { queueMessages: 299 },
  }),
  mutant(
    'DS-017',
    'full-code',
    'refuses at a full queue as a payload that is too large',
    swapCode(['enqueue'], 'E015', 'E006'),
  ),
  mutant('DS-017', 'room-by-fetch-alone', 'counts a message that was acknowledged as queued until the next fetch', {
    ...inStore((store) => {
      const gone = new Map<string, number>();
      return {
        enqueue: (queue, payload, limits) =>
          store.enqueue(queue, payload, { ...limits, messages: limits.messages - (gone.get(nameOf(queue)) ?? 0) }),
        take: (queue, max) => {
          gone.delete(nameOf(queue));
          return store.take(queue, max);
        },
        ack: async (queue, seqUpTo) => {
          const before = (await store.peek(queue, ALL)).length;
          await store.ack(queue, seqUpTo);
          const removed = before - (await store.peek(queue, ALL)).length;
          gone.set(nameOf(queue), (gone.get(nameOf(queue)) ?? 0) + removed);
        },
      };
    }),
  }),
  mutant('DS-018', 'stores-then-checks', 'stores the payload before it finds it too large', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        const isLate = error instanceof RpcException && /^E006|^E012/.test(error.reason);
        if (isLate && params.recipientKey.length === 32)
          await around.store.enqueue(params, params.payload.slice(0, 100), ALL);
        throw error;
      }
    }),
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
  mutant('DS-030', 'drops-the-oldest', 'a full queue loses its oldest message', {
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        try {
          return await store.enqueue(queue, payload, limits);
        } catch {
          await store.take(queue, { messages: 1, bytes: Number.POSITIVE_INFINITY });
          return store.enqueue(queue, payload, limits);
        }
      },
    })),
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
