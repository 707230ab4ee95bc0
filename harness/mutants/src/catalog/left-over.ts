// What stays when something is over, and what goes with it that should not.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import type { ByteStream } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf, refuse } from '../fault.ts';
import { type Call, inMethod } from '../seams/methods.ts';
import { ALL, nameOf, waitMs } from '../seams/queues.ts';
import { session, WITH_SESSIONS } from '../seams/sessions.ts';
import { inStore } from '../seams/store.ts';
import { changedStream } from '../seams/stream.ts';

const delivery = mutantsOf('delivery');
const errors = mutantsOf('errors');
const transport = mutantsOf('transport');
const NO_ANSWER = { payloads: [] as Delivery[] };

const isRight = ({ params, around }: Call<'fetchWait'>): boolean =>
  params.version === 1 && params.recipientKey.length === 32 && around.isKnown(params.auth);

export const LEFT_OVER = [
  delivery('DS-020', 'a-fetch-calms', 'waits while a mark is not set that each message sets and each fetch clears', {
    ...marked('fetch'),
  }),
  delivery('DS-020', 'a-wait-calms', 'waits while a mark is not set that each message sets and each wait clears', {
    ...marked('fetchWait'),
  }),
  delivery('DS-020', 'waits-in-channels', 'always waits in channels', {
    ...inMethod('fetchWait', async (call) => {
      if (call.params.channelId.length !== 16 || !isRight(call)) return call.next();
      await sleep(Math.min(waitMs(call.params.timeoutMs), 9_000));
      return call.next({ ...call.params, timeoutMs: 0n });
    }),
  }),
  delivery('DS-021', 'the-last-one-out', 'a wait whose time is over takes the queue away that others wait on', {
    ...takesQueueAway(),
  }),
  delivery(
    'DS-021',
    'places-of-the-late',
    'has 64 places to wait for each recipient, and keeps those of whose time is over',
    {
      ...places((payloads) => payloads.length > 0, true),
    },
  ),
  delivery(
    'DS-027',
    'places-of-the-gone',
    'has 64 places to wait for each recipient, and keeps those of who were cancelled',
    {
      ...places(() => true, false),
    },
  ),
  delivery('DS-016', 'reads-a-page', 'fetches a page of 256 messages, and deletes what it asked for', {
    ...inStore((store) => ({ take: async (queue, max) => (await store.take(queue, max)).slice(0, 256) })),
  }),
  delivery('DS-031', 'turns-the-page', 'a peek with a limit shows what the one before did not', turnsThePage()),
  errors('ERR-005', 'hundred-a-session', 'ends a session after a hundred refusals', hundredRefusals()),
  transport(
    'TRN-028',
    'counts-what-was-reset',
    'serves a hundred streams of a connection, and those that were not reset again',
    {
      ...hundredReset(),
    },
  ),
];

/** Waits look at a mark, not into the queue. */
function marked(clears: 'fetch' | 'fetchWait'): Fault {
  const marks = new Set<string>();
  const waits = async (call: Call<'fetchWait'>) => {
    const name = nameOf(call.params);
    for (const end = Date.now() + waitMs(call.params.timeoutMs); ; await sleep(1)) {
      const isOver = Date.now() >= end || call.signal.aborted;
      if (marks.has(name) || isOver) {
        const results = await call.next({ ...call.params, timeoutMs: 0n });
        if (clears === 'fetchWait' || results.payloads.length === 0) marks.delete(name);
        if (results.payloads.length > 0 || isOver) return results;
      }
    }
  };
  return {
    ...inMethod(['fetch', 'fetchWait'], async (call) => {
      if (call.name === 'fetchWait' && isRight(call as Call<'fetchWait'>)) return waits(call as Call<'fetchWait'>);
      const results = await call.next();
      if (call.name === clears) marks.delete(nameOf(call.params));
      return results;
    }),
    ...inStore((store) => ({
      enqueue: (queue, payload, limits) => {
        marks.add(nameOf(queue));
        return store.enqueue(queue, payload, limits);
      },
    })),
  };
}

function takesQueueAway(): Fault {
  const waiting = new Map<string, Set<AbortController>>();
  return inMethod('fetchWait', async (call) => {
    if (!isRight(call)) return call.next();
    const own = waiting.get(nameOf(call.params)) ?? new Set();
    waiting.set(nameOf(call.params), own);
    const forgotten = new AbortController();
    own.add(forgotten);
    const signal = AbortSignal.any([call.signal, forgotten.signal]);
    const results = await call.next(call.params, signal).catch(async (error) => {
      if (call.signal.aborted) throw error;
      // Nobody wakes it any more.
      await sleep(waitMs(call.params.timeoutMs), undefined, { signal: call.signal });
      return NO_ANSWER;
    });
    own.delete(forgotten);
    if (results.payloads.length === 0) for (const other of own) other.abort();
    return results;
  });
}

/** Whoever finds no place is never answered. */
function places(isLeft: (payloads: readonly Delivery[]) => boolean, isLeftBy: boolean): Fault {
  const taken = new Map<string, number>();
  return inMethod('fetchWait', async (call) => {
    if (!isRight(call)) return call.next();
    const name = nameOf(call.params);
    const add = (count: number): unknown => taken.set(name, (taken.get(name) ?? 0) + count);
    if ((taken.get(name) ?? 0) >= 64) return new Promise(() => {});
    add(1);
    try {
      const { payloads } = await call.next();
      if (isLeft(payloads)) add(-1);
      return { payloads };
    } catch (error) {
      if (isLeftBy || !call.signal.aborted) add(-1);
      throw error;
    }
  });
}

function turnsThePage(): Fault {
  const shown = new Map<string, bigint>();
  return inMethod('peek', async ({ params, next, around }) => {
    const results = await next();
    if (params.limit === 0) return results;
    const from = shown.get(nameOf(params)) ?? -1n;
    const unseen = (await around.store.peek(params, ALL)).filter(({ seq }) => seq > from).slice(0, params.limit);
    const last = unseen.at(-1);
    if (last) shown.set(nameOf(params), last.seq);
    return { payloads: unseen };
  });
}

function hundredRefusals(): Fault {
  const counts = new WeakMap<ByteStream, number>();
  return {
    ...inMethod(['fetch', 'enqueue', 'fetchKeyPackage'], async ({ next }) => {
      const own = session.getStore();
      try {
        return await next();
      } catch (error) {
        const count = own ? (counts.get(own) ?? 0) + 1 : 0;
        if (own) counts.set(own, count);
        if (count < 100) throw error;
        own?.reset(0);
        throw refuse('E014', 'too many mistakes');
      }
    }),
    ...WITH_SESSIONS,
  };
}

function hundredReset(): Fault {
  const counts = new WeakMap<QuicConnection, number>();
  return {
    stream: (stream, connection) => {
      if ((counts.get(connection) ?? 0) >= 100)
        return changedStream(stream, { read: () => new Promise(() => {}), write: async () => {} });
      return changedStream(stream, {
        read: async () => {
          try {
            return await stream.read();
          } catch (error) {
            counts.set(connection, (counts.get(connection) ?? 0) + 1);
            throw error;
          }
        },
      });
    },
  };
}
