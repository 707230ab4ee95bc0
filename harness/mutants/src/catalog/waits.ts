import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import { type Fault, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams } from '../seams/methods.ts';
import { ALL, nameOf, waitMs } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const mutant = mutantsOf('delivery');

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
      const end = Date.now() + waitMs(params.timeoutMs);
      while (Date.now() < end && !signal.aborted && (await around.store.peek(params, ALL)).length <= before)
        await sleep(20);
      return (await around.store.peek(params, ALL)).length > before ? next() : { payloads: [] };
    }),
  }),
  mutant('DS-021', 'sleeps-through', 'a message does not end the wait', {
    ...inMethod('fetchWait', async ({ params, next }) => {
      const first = await next({ ...params, timeoutMs: 0n });
      if (first.payloads.length > 0) return first;
      await sleep(waitMs(params.timeoutMs));
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
      for (let waited = 0; waited < waitMs(params.timeoutMs); waited += 10) {
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
