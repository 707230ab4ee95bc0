import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueId } from '@quicnprotochat/server';
import { mutantsOf, NOTHING, sameBytes } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('batch');
const MAX = { messages: 100_000, bytes: 1 << 30 };
/** What an attempt may put into a queue before it finds another full. */
const queuesOf = ({ channelId, recipientKeys }: { channelId: Uint8Array; recipientKeys: Uint8Array[] }): QueueId[] =>
  recipientKeys.map((recipientKey) => ({ channelId, recipientKey }));

export const BATCHES = [
  mutant('BAT-001', 'absent-are-left-out', 'leaves out who has no key', {
    ...inResults('fetchHybridKeys', ({ keys }) => ({ keys: keys.filter((key) => key.length > 0) })),
  }),
  mutant('BAT-001', 'sorted', 'answers in the order of the keys it found', {
    ...inResults('fetchHybridKeys', ({ keys }) => ({ keys: [...keys].sort(Buffer.compare) })),
  }),
  mutant('BAT-001', 'once-each', 'answers once for a key that is named twice', {
    ...inMethod('fetchHybridKeys', ({ params, next }) => {
      const { identityKeys } = params;
      const once = identityKeys.filter((key, i) => identityKeys.findIndex((other) => sameBytes(other, key)) === i);
      return next({ ...params, identityKeys: once });
    }),
  }),
  mutant('BAT-001', 'first-for-all', 'answers everybody’s key with the first one’s', {
    ...inResults('fetchHybridKeys', ({ keys }) => ({ keys: keys.map(() => keys[0] ?? NOTHING) })),
  }),
  mutant('BAT-001', 'first-hundred-keys', 'looks a hundred keys up, and has none of the others', {
    ...inResults('fetchHybridKeys', ({ keys }) => ({ keys: keys.map((key, i) => (i < 100 ? key : NOTHING)) })),
  }),
  mutant('BAT-002', 'given-out-once', 'gives a key out once, as a KeyPackage', {
    ...inStore((store) => ({
      getHybridKeys: async (keys) => {
        const found = await store.getHybridKeys(keys);
        for (const key of keys) await store.putHybridKey(key, new Uint8Array(1_216));
        return found;
      },
    })),
  }),
  mutant('BAT-003', 'odd-keys-have-none', 'answers a key of another length with none', {
    ...inMethod('fetchHybridKeys', async ({ params, next }) => {
      const fit = params.identityKeys.map((key) => (key.length === 32 ? key : new Uint8Array(32)));
      return next({ ...params, identityKeys: fit });
    }),
  }),
  mutant('BAT-003', 'only-the-first', 'checks the length of the first key alone', {
    ...inParams('fetchHybridKeys', ({ identityKeys }) => ({
      identityKeys: identityKeys.map((key, i) => (i > 0 && key.length !== 32 ? new Uint8Array(32) : key)),
    })),
  }),
  mutant(
    'BAT-003',
    'length-code',
    'refuses a key of another length as bad parameters',
    swapCode(['fetchHybridKeys'], 'E004', 'E020'),
  ),
  mutant('BAT-004', 'limit-is-exclusive', 'takes one key less than its limit', { limits: { batchKeys: 255 } }),
  mutant('BAT-004', 'no-limit', 'takes any number of keys', { limits: { batchKeys: 1 << 20 } }),
  mutant('BAT-005', 'none-is-an-internal-error', 'breaks when no key is named', {
    ...inMethod('fetchHybridKeys', ({ params, next }) => {
      if (params.identityKeys.length === 0) throw new Error('index out of range');
      return next();
    }),
  }),
  mutant('BAT-006', 'first-only', 'puts the payload into the first queue alone', {
    ...inStore((store) => ({
      enqueueAll: async (queues, payload, limits) => {
        const [first = 0n] = await store.enqueueAll(queues.slice(0, 1), payload, limits);
        return queues.map(() => first);
      },
    })),
  }),
  mutant('BAT-006', 'all-but-the-last', 'forgets the last recipient', {
    ...inStore((store) => ({
      enqueueAll: async (queues, payload, limits) => {
        const seqs = await store.enqueueAll(queues.slice(0, -1), payload, limits);
        return [...seqs, (seqs.at(-1) ?? 0n) + 1n];
      },
    })),
  }),
  mutant('BAT-006', 'first-hundred', 'puts the payload into a hundred queues at most', {
    ...inStore((store) => ({
      enqueueAll: async (queues, payload, limits) => {
        const seqs = await store.enqueueAll(queues.slice(0, 100), payload, limits);
        return queues.map((_, i) => seqs[i] ?? (seqs.at(-1) ?? 0n) + BigInt(i));
      },
    })),
  }),
  mutant('BAT-006', 'also-to-the-sender', 'keeps a copy for the sender', {
    ...inMethod('batchEnqueue', async ({ params, next, around }) => {
      const results = await next();
      const own = await around.identityOf(params.auth);
      if (own) await around.store.enqueue({ channelId: params.channelId, recipientKey: own }, params.payload, MAX);
      return results;
    }),
  }),
  mutant('BAT-007', 'one-number', 'returns one number for all', {
    ...inResults('batchEnqueue', ({ seqs }) => ({ seqs: seqs.slice(0, 1) })),
  }),
  mutant('BAT-007', 'numbers-reversed', 'returns the numbers in the other order', {
    ...inResults('batchEnqueue', ({ seqs }) => ({ seqs: [...seqs].reverse() })),
  }),
  mutant('BAT-007', 'greatest-for-all', 'returns the greatest number for every recipient', {
    ...inResults('batchEnqueue', ({ seqs }) => ({ seqs: seqs.map(() => [...seqs].sort().at(-1) ?? 0n) })),
  }),
  mutant('BAT-008', 'first-of-too-many', 'puts the payload in for as many as are allowed, and then counts', {
    ...inMethod('batchEnqueue', async ({ params, next, around }) => {
      const isTooMany = params.recipientKeys.length > 256 && params.recipientKeys.every((key) => key.length === 32);
      if (isTooMany && (await around.identityOf(params.auth)) && params.channelId.length === 0)
        await around.store.enqueueAll(queuesOf(params).slice(0, 256), params.payload, MAX);
      return next();
    }),
  }),
  mutant('BAT-008', 'as-far-as-it-comes', 'puts the payload in one by one, until one is refused', {
    ...inMethod('batchEnqueue', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        const right = params.recipientKeys.findIndex((key) => key.length !== 32);
        const queues = queuesOf(params).slice(0, right < 0 ? undefined : right);
        const known = params.auth.version === 1 && (await around.identityOf(params.auth));
        if (known && params.payload.length > 0 && params.version === 1)
          for (const queue of queues)
            if (queue.channelId.length === 0)
              await around.store.enqueue(queue, params.payload, { messages: 299, bytes: 1 << 30 }).catch(() => {});
        throw error;
      }
    }),
  }),
  mutant('BAT-009', 'numbers-of-its-own', 'counts batches apart from other messages', {
    ...inResults('batchEnqueue', ({ seqs }) => ({ seqs: seqs.map((_, i) => BigInt(i + 1)) })),
  }),
  mutant('BAT-009', 'later', 'puts batches in a moment later', {
    ...inStore((store) => ({
      enqueueAll: async (queues, payload, limits) => {
        await sleep(5);
        return store.enqueueAll(queues, payload, limits);
      },
    })),
  }),
  mutant('BAT-010', 'wakes-nobody', 'does not wake those who wait', wakesNobody()),
  mutant(
    'BAT-011',
    'locks-in-the-given-order',
    'takes the lock of each queue in the order in which they are named',
    locksInOrder(),
  ),
  mutant('BAT-012', 'twice-is-one', 'puts one message in for a recipient who is named twice, under two numbers', {
    ...inStore((store) => ({
      enqueueAll: async (queues, payload, limits) => {
        const once = queues.filter(
          (queue, i) => queues.findIndex((other) => sameBytes(other.recipientKey, queue.recipientKey)) === i,
        );
        const seqs = await store.enqueueAll(once, payload, limits);
        return queues.map((queue, i) =>
          once.includes(queue) ? (seqs[once.indexOf(queue)] ?? 0n) : (seqs[0] ?? 0n) + BigInt(i),
        );
      },
    })),
  }),
  mutant('BAT-013', 'limit-is-exclusive-for-recipients', 'takes one recipient less than its limit', {
    limits: { batchRecipients: 255 },
  }),
  mutant('BAT-013', 'any-number-of-recipients', 'takes any number of recipients', {
    limits: { batchRecipients: 1 << 20 },
  }),
  mutant('BAT-014', 'nobody-is-an-internal-error', 'breaks when no recipient is named', {
    ...inMethod('batchEnqueue', ({ params, next }) => {
      if (params.recipientKeys.length === 0) throw new Error('index out of range');
      return next();
    }),
  }),
  mutant('DS-001', 'batch-checks-the-first', 'checks the length of the first recipient alone', {
    ...inParams('batchEnqueue', ({ recipientKeys }) => ({
      recipientKeys: recipientKeys.map((key, i) => (i > 0 && key.length !== 32 ? new Uint8Array(32) : key)),
    })),
  }),
  mutant('DS-002', 'batch-of-any-version', 'batchEnqueue does not look at the version', {
    ...inParams('batchEnqueue', () => ({ version: 1 })),
  }),
  mutant('DS-007', 'odd-ids-are-none', 'a batch takes a channel id of another length for none', {
    ...inParams('batchEnqueue', ({ channelId }) => (channelId.length === 16 ? {} : { channelId: NOTHING })),
  }),
  mutant('CH-009', 'batch-for-all', 'lets everybody write into a channel by batchEnqueue', {
    ...inParams('batchEnqueue', ({ channelId, recipientKeys, auth }, around) => {
      const member = around.authOf(recipientKeys[0] ?? NOTHING);
      return channelId.length === 16 && auth.version === 1 && member.version === 1 ? { auth: member } : {};
    }),
  }),
];

function wakesNobody() {
  return inMethod('batchEnqueue', async ({ params, next, around }) => {
    const isPlain = params.channelId.length === 0 && params.payload.length > 0 && params.recipientKeys.length > 0;
    const isRight = params.version === 1 && params.recipientKeys.every((key) => key.length === 32);
    if (!isPlain || !isRight || !(await around.identityOf(params.auth))) return next();
    return { seqs: await around.store.enqueueAll(queuesOf(params), params.payload, MAX) };
  });
}

function locksInOrder() {
  const locks = new Map<string, Promise<void>>();
  return inStore((store) => ({
    enqueueAll: async (queues, payload, limits) => {
      const held: (() => void)[] = [];
      const names = new Set(queues.map(({ recipientKey }) => Buffer.from(recipientKey).toString('hex')));
      for (const name of names) {
        const before = locks.get(name);
        let release: () => void = () => {};
        locks.set(
          name,
          new Promise((resolve) => {
            release = resolve;
          }),
        );
        await before;
        await sleep(3);
        held.push(release);
      }
      const seqs = await store.enqueueAll(queues, payload, limits);
      for (const release of held) release();
      return seqs;
    },
  }));
}
