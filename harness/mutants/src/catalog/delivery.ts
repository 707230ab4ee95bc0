import type { Delivery } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import type { QueueId } from '@quicnprotochat/server';
import { type Fault, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('delivery');
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = ({ channelId, recipientKey }: QueueId): string =>
  `${Buffer.from(channelId).toString('hex')}/${Buffer.from(recipientKey).toString('hex')}`;
const DELIVERY = ['enqueue', 'fetch', 'fetchWait'] as const;
const READING = ['fetch', 'fetchWait'] as const;
const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

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

export const WAITS = [
  mutant('DS-020', 'always-waits', 'waits for its time although something is queued', {
    ...inMethod('fetchWait', async ({ params, next }) => {
      if (params.auth.version === 1 && params.timeoutMs <= 60_000n) await sleep(Number(params.timeoutMs));
      return next();
    }),
  }),
  mutant('DS-020', 'only-new-ones', 'sees only what comes while it waits', {
    ...inMethod('fetchWait', async ({ params, next, around, signal }) => {
      const own = await around.identityOf(params.auth);
      if (!own || params.version !== 1 || params.recipientKey.length !== 32) return next();
      const before = (await around.store.peek(params, ALL)).length;
      const end = Date.now() + Number(params.timeoutMs > 60_000n ? 60_000n : params.timeoutMs);
      while (Date.now() < end && !signal.aborted && (await around.store.peek(params, ALL)).length <= before)
        await sleep(20);
      return (await around.store.peek(params, ALL)).length > before ? next() : { payloads: [] };
    }),
  }),
  mutant('DS-021', 'sleeps-through', 'a message does not end the wait', {
    ...inMethod('fetchWait', async ({ params, next }) => {
      const first = await next({ ...params, timeoutMs: 0n });
      if (first.payloads.length > 0) return first;
      await sleep(Number(params.timeoutMs > 60_000n ? 60_000n : params.timeoutMs));
      return next({ ...params, timeoutMs: 0n });
    }),
  }),
  mutant('DS-021', 'leaves-what-woke-it', 'returns the message that woke it and leaves it queued', {
    ...inMethod('fetchWait', async ({ params, next, around }) => {
      const results = await next();
      if (results.payloads.length > 0) await around.store.restore(params, results.payloads);
      return results;
    }),
  }),
  mutant('DS-022', 'time-out-is-an-error', 'a time-out is an error', {
    ...inMethod('fetchWait', async ({ next }) => {
      const results = await next();
      if (results.payloads.length === 0) throw refuse('E020');
      return results;
    }),
  }),
  mutant('DS-022', 'does-not-wait', 'answers at once when nothing is queued', {
    ...inParams('fetchWait', () => ({ timeoutMs: 0n })),
  }),
  mutant('DS-022', 'seconds', 'takes the time-out for seconds', {
    ...inParams('fetchWait', ({ timeoutMs }) => ({ timeoutMs: timeoutMs * 1000n })),
  }),
  mutant('DS-022', 'time-out-of-32-bits', 'reads a time-out of 2^32 ms or more by its low half', {
    ...inParams('fetchWait', ({ timeoutMs }) => ({ timeoutMs: timeoutMs & 0xffn })),
  }),
  mutant('DS-023', 'refuses-long-waits', 'refuses a time-out beyond its limit', {
    ...inMethod('fetchWait', ({ params, next }) => {
      if (params.timeoutMs > 60_000n) throw refuse('E020');
      return next();
    }),
  }),
  mutant('CH-013', 'wait-gets-the-default-queue', 'a wait on a channel also gets what comes into the default queue', {
    ...inMethod('fetchWait', ({ params, next }) =>
      params.channelId.length === 16 ? Promise.race([next(), next({ ...params, channelId: NOTHING })]) : next(),
    ),
  }),
  mutant(
    'DS-024',
    'first-waiter-gets-it',
    'gives a message to whoever waits first, for whichever queue',
    firstWaiter(),
  ),
  mutant('DS-025', 'wakes-all', 'a message for one queue ends the waits of all', wakesAll()),
  mutant('DS-026', 'everybody-gets-it', 'every waiter gets the message', everybodyGetsIt()),
  mutant('DS-027', 'drains-for-nobody', 'a wait that was cancelled takes the next message with it', drainsForNobody()),
];

function wakesAll() {
  const waiting = new Set<() => void>();
  const wait = inMethod('fetchWait', async ({ next }) => {
    let wake: () => void = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    waiting.add(wake);
    try {
      return await Promise.race([next(), woken.then(() => sleep(5)).then(() => ({ payloads: [] }))]);
    } finally {
      waiting.delete(wake);
    }
  });
  return {
    ...wait,
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const seq = await store.enqueue(queue, payload, limits);
        setTimeout(() => {
          for (const wake of waiting) wake();
        }, 30);
        return seq;
      },
    })),
  };
}

function firstWaiter(): Fault {
  const waiting: ((deliveries: Delivery[]) => void)[] = [];
  return {
    ...inMethod('fetchWait', ({ next }) => {
      const stolen = new Promise<{ payloads: Delivery[] }>((resolve) => {
        waiting.push((payloads) => resolve({ payloads }));
      });
      return Promise.race([next(), stolen]);
    }),
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const seq = await store.enqueue(queue, payload, limits);
        const first = waiting.shift();
        if (first) first(await store.take(queue, ALL));
        return seq;
      },
    })),
  };
}

function everybodyGetsIt() {
  const recent = new Map<string, { at: number; deliveries: Delivery[] }>();
  return inMethod('fetchWait', async ({ params, next }) => {
    const startedAt = Date.now();
    const name = nameOf(params);
    const polled = (async (): Promise<{ payloads: Delivery[] }> => {
      for (let waited = 0; waited < Number(params.timeoutMs > 60_000n ? 60_000n : params.timeoutMs); waited += 10) {
        await sleep(10);
        const last = recent.get(name);
        if (last && last.at > startedAt) return { payloads: last.deliveries };
      }
      return next({ ...params, timeoutMs: 0n });
    })();
    const results = await Promise.race([next(), polled]);
    if (results.payloads.length > 0) recent.set(name, { at: Date.now(), deliveries: results.payloads });
    return results;
  });
}

function drainsForNobody() {
  const cancelled = new Set<string>();
  return {
    ...inMethod('fetchWait', ({ params, next, signal }) => {
      signal.addEventListener('abort', () => cancelled.add(nameOf(params)));
      return next();
    }),
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const seq = await store.enqueue(queue, payload, limits);
        if (cancelled.delete(nameOf(queue))) await store.take(queue, ALL);
        return seq;
      },
    })),
  };
}

export const RELIABLE = [
  mutant('DS-031', 'peek-removes', 'peek removes what it shows', {
    ...inStore((store) => ({ peek: (queue, max) => store.take(queue, max) })),
  }),
  mutant('DS-031', 'peek-hides', 'what was peeked at is hidden from the next peek', {
    ...inStore((store) => {
      const shown = new Map<string, bigint>();
      return {
        peek: async (queue, max) => {
          const list = (await store.peek(queue, max)).filter(({ seq }) => seq > (shown.get(nameOf(queue)) ?? -1n));
          shown.set(nameOf(queue), list.at(-1)?.seq ?? shown.get(nameOf(queue)) ?? -1n);
          return list;
        },
      };
    }),
  }),
  mutant('DS-032', 'below-the-number', 'ack leaves the message of that number', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo - 1n < 0n ? 0n : seqUpTo - 1n })),
  }),
  mutant('DS-032', 'one-more', 'ack removes the message after it as well', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo + 1n > 0xffffffffffffffffn ? seqUpTo : seqUpTo + 1n })),
  }),
  mutant('DS-032', 'number-of-32-bits', 'reads the low half of the number alone', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo & 0xffff_ffffn })),
  }),
  mutant('DS-032', 'only-that-one', 'ack removes the message of that number alone', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        const all = await store.take(queue, ALL);
        await store.restore(
          queue,
          all.filter(({ seq }) => seq !== seqUpTo),
        );
      },
    })),
  }),
  mutant('DS-032', 'everything', 'ack empties the queue', {
    ...inParams('ack', () => ({ seqUpTo: 0xffffffffffffffffn })),
  }),
  mutant('DS-032', 'does-nothing', 'ack is answered and does nothing', { ...inStore(() => ({ ack: async () => {} })) }),
  mutant('DS-033', 'again-is-an-error', 'refuses an ack of what is gone', {
    ...inMethod('ack', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      const is32 = params.recipientKey.length === 32;
      if (
        own &&
        is32 &&
        params.version === 1 &&
        !(await around.store.peek(params, ALL)).some(({ seq }) => seq <= params.seqUpTo)
      )
        throw refuse('E020');
      return next();
    }),
  }),
  mutant('DS-034', 'all-queues-of-the-recipient', 'an ack on a channel also empties the default queue', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        await store.ack(queue, seqUpTo);
        await store.ack({ channelId: NOTHING, recipientKey: queue.recipientKey }, seqUpTo);
      },
    })),
  }),
  mutant('DS-035', 'acks-later', 'answers first and removes afterwards', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        setTimeout(() => void store.ack(queue, seqUpTo).catch(() => {}), 150);
      },
    })),
  }),
];
