// How much a fetch returns and a queue holds.
import { mutantsOf, refuse } from '../../fault.ts';
import { inMethod, inParams } from '../../seams/methods.ts';
import { ALL, nameOf } from '../../seams/queues.ts';
import { inStore } from '../../seams/store.ts';
import { swapCode } from '../authentication.ts';

const mutant = mutantsOf('delivery');
const READING = ['fetch', 'fetchWait'] as const;

export const LIMITS = [
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
  mutant('DS-012', 'at-most-50', 'answers limit 0 with 50 messages', {
    ...inParams([...READING, 'peek'], ({ limit }) => ({ limit: limit === 0 ? 50 : limit })),
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
