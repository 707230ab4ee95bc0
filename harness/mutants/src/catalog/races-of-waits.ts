// What goes wrong while somebody waits, and others wait, send, fetch or leave beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import type { QueueId } from '@quicnprotochat/server';
import { type Fault, mutantsOf } from '../fault.ts';
import { calling, WITH_CONNECTIONS } from '../seams/connections.ts';
import { type Call, inMethod } from '../seams/methods.ts';
import { ALL, nameOf, waitMs } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const delivery = mutantsOf('delivery');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const NO_ANSWER = { payloads: [] as Delivery[] };

export const RACES_OF_WAITS = [
  delivery('DS-014', 'wait-looks-then-removes', 'a wait looks at the queue and removes a moment later', {
    ...inMethod('fetchWait', async ({ params, next, around, signal }) => {
      if (!(await around.identityOf(params.auth)) || params.version !== 1) return next();
      const end = Date.now() + waitMs(params.timeoutMs);
      for (;;) {
        const seen = await around.store.peek(params, { ...ALL, messages: params.limit || ALL.messages });
        const last = seen.at(-1);
        if (last) {
          await sleep(3);
          await around.store.ack(params, last.seq);
          return { payloads: seen };
        }
        if (Date.now() >= end || signal.aborted) return NO_ANSWER;
        await sleep(1);
      }
    }),
  }),
  delivery('DS-016', 'wait-drops-the-rest', 'a wait empties the queue, whatever fits its answer', {
    ...inMethod('fetchWait', async ({ params, next, around }) => {
      const results = await next();
      if (results.payloads.length > 0 && params.limit === 0) await around.store.take(params, ALL);
      return results;
    }),
  }),
  delivery('DS-020', 'no-time-no-messages', 'a wait of no time returns nothing, whatever is queued', {
    ...inMethod('fetchWait', async ({ params, next, around }) => {
      const isRight = params.version === 1 && params.recipientKey.length === 32 && params.channelId.length === 0;
      return isRight && params.timeoutMs === 0n && (await around.identityOf(params.auth)) ? NO_ANSWER : next();
    }),
  }),
  delivery('DS-021', 'looks-then-listens', 'what comes between looking and listening wakes nobody', {
    ...inMethod('fetchWait', async ({ params, next, around, signal }) => {
      const first = await next({ ...params, timeoutMs: 0n });
      if (first.payloads.length > 0) return first;
      await sleep(3);
      const before = (await around.store.peek(params, ALL)).length;
      const end = Date.now() + waitMs(params.timeoutMs);
      while (Date.now() < end && !signal.aborted) {
        if ((await around.store.peek(params, ALL)).length > before) return next({ ...params, timeoutMs: 0n });
        await sleep(5);
      }
      return NO_ANSWER;
    }),
  }),
  delivery('DS-021', 'one-wait-a-recipient', 'a wait ends the one that its recipient has begun before', oneWait()),
  delivery('DS-013', 'waits-lock', 'a wait holds the lock of its queue: a fetch beside it waits too', waitsLock()),
  delivery('DS-021', 'takes-as-it-ends', 'what comes just as a wait ends is taken for it, and not returned', {
    ...inMethod('fetchWait', async ({ params, next, around }) => {
      const results = await next();
      const isOver = results.payloads.length === 0 && params.timeoutMs > 0n;
      if (!isOver || !(await around.identityOf(params.auth))) return results;
      await sleep(4);
      await around.store.take(params, { ...ALL, messages: 1 });
      return NO_ANSWER;
    }),
  }),
  delivery(
    'DS-022',
    'ends-with-the-first',
    'when the time of a wait is over, all of its queue end',
    endsTogether(nameOf),
  ),
  delivery('DS-022', 'ends-with-the-session', 'when the time of a wait is over, all of its caller’s connection end', {
    ...endsTogether(() => calling.getStore()),
    ...WITH_CONNECTIONS,
  }),
  delivery('DS-027', 'finish-ends-others', 'a Finish cancels all waits of its queue', finishEndsOthers()),
  delivery('DS-027', 'wakes-who-has-left', 'wakes who has waited longest, gone or not', wakesTheGone()),
  delivery(
    'DS-025',
    'default-queue-wakes-channels',
    'a message in the default queue ends the waits of its recipient’s channels',
    defaultWakesChannels(),
  ),
];

function oneWait(): Fault {
  const waiting = new Map<string, () => void>();
  return inMethod('fetchWait', ({ params, next }) => {
    const recipient = hex(params.recipientKey);
    waiting.get(recipient)?.();
    const ended = new Promise<typeof NO_ANSWER>((resolve) => waiting.set(recipient, () => resolve(NO_ANSWER)));
    return Promise.race([next(), ended]);
  });
}

function defaultWakesChannels(): Fault {
  const waiting = new Map<string, Set<() => void>>();
  return {
    ...inMethod('fetchWait', async ({ params, next }) => {
      if (params.channelId.length !== 16) return next();
      const recipient = hex(params.recipientKey);
      const own = waiting.get(recipient) ?? new Set();
      waiting.set(recipient, own);
      let wake: () => void = () => {};
      const woken = new Promise<typeof NO_ANSWER>((resolve) => {
        wake = () => resolve(NO_ANSWER);
      });
      own.add(wake);
      return Promise.race([next(), woken]).finally(() => own.delete(wake));
    }),
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const seq = await store.enqueue(queue, payload, limits);
        if (queue.channelId.length === 0) for (const wake of waiting.get(hex(queue.recipientKey)) ?? []) wake();
        return seq;
      },
    })),
  };
}

const isRight = async ({ params, around }: Call<'fetchWait' | 'fetch'>): Promise<boolean> =>
  params.version === 1 &&
  params.recipientKey.length === 32 &&
  params.channelId.length === 0 &&
  (await around.identityOf(params.auth)) !== undefined;

function waitsLock(): Fault {
  const locks = new Map<string, Promise<unknown>>();
  return inMethod(['fetch', 'fetchWait'], async (call) => {
    if (!(await isRight(call))) return call.next();
    const name = nameOf(call.params);
    const before = locks.get(name);
    const done = (before ?? Promise.resolve()).then(() => call.next());
    locks.set(
      name,
      done.catch(() => {}),
    );
    return done;
  });
}

/** Waits that have a thing in common end with the first whose time is over. */
function endsTogether(commonOf: (queue: QueueId) => unknown): Fault {
  const waits = new Map<unknown, Set<AbortController>>();
  return inMethod('fetchWait', async (call) => {
    if (!(await isRight(call))) return call.next();
    const common = commonOf(call.params);
    const together = waits.get(common) ?? new Set();
    waits.set(common, together);
    const ended = new AbortController();
    together.add(ended);
    const isEnded = new Promise<typeof NO_ANSWER>((resolve) => {
      ended.signal.addEventListener('abort', () => resolve(NO_ANSWER));
    });
    const signal = AbortSignal.any([call.signal, ended.signal]);
    const answer = call.next(call.params, signal);
    answer.catch(() => {});
    const results = await Promise.race([answer, isEnded]);
    together.delete(ended);
    if (results.payloads.length === 0 && !ended.signal.aborted) for (const other of together) other.abort();
    return results;
  });
}

function finishEndsOthers(): Fault {
  const waits = new Map<string, Set<AbortController>>();
  return inMethod('fetchWait', async (call) => {
    if (!(await isRight(call))) return call.next();
    const all = waits.get(nameOf(call.params)) ?? new Set();
    waits.set(nameOf(call.params), all);
    const cancelled = new AbortController();
    all.add(cancelled);
    call.signal.addEventListener('abort', () => {
      for (const other of all) other.abort();
    });
    return call.next(call.params, AbortSignal.any([call.signal, cancelled.signal]));
  });
}

function wakesTheGone(): Fault {
  const waiting = new Map<string, (() => void)[]>();
  return inMethod(['enqueue', 'fetchWait'], async (call) => {
    const { name, params } = call;
    const queue = waiting.get(nameOf(params)) ?? [];
    waiting.set(nameOf(params), queue);
    if (name === 'enqueue') {
      const results = await call.next();
      queue.shift()?.();
      return results;
    }
    const { timeoutMs } = params as { timeoutMs: bigint };
    const look = () => call.next({ ...params, timeoutMs: 0n } as never);
    const first = await look();
    if ('payloads' in first && first.payloads.length === 0 && timeoutMs > 0n) {
      const ms = waitMs(timeoutMs);
      let wake: () => void = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      queue.push(wake);
      const timer = new AbortController();
      const time = sleep(ms, undefined, { signal: AbortSignal.any([timer.signal, call.signal]) });
      await Promise.race([woken, time]).catch(() => {});
      timer.abort();
      time.catch(() => {});
      // Who waits no more because of the time leaves the line; who was cancelled stays in it.
      if (!call.signal.aborted && queue.includes(wake)) queue.splice(queue.indexOf(wake), 1);
      return call.signal.aborted ? (NO_ANSWER as never) : look();
    }
    return first;
  });
}
