// What goes wrong when things happen at the same time, or in pieces.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import { type Fault, mutantsOf, refuse } from '../fault.ts';
import { inMethod } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const delivery = mutantsOf('delivery');
const keys = mutantsOf('key-packages');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const RACES = [
  delivery('DS-011', 'each-device-fetches', 'gives every device all messages', eachDeviceFetches()),
  delivery('DS-016', 'removes-up-to-the-limit', 'removes as many as the limit says, whatever fits the answer', {
    ...inMethod('fetch', async ({ params, next, around }) => {
      const results = await next();
      const messages = params.limit - results.payloads.length;
      if (results.payloads.length > 0 && messages > 0) await around.store.take(params, { ...ALL, messages });
      return results;
    }),
  }),
  delivery('DS-032', 'ack-writes-back', 'ack reads the queue, and writes back what is left a moment later', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        const left = (await store.peek(queue, ALL)).filter(({ seq }) => seq > seqUpTo);
        await sleep(2);
        await store.take(queue, ALL);
        await store.restore(queue, left);
      },
    })),
  }),
  delivery('DS-032', 'each-device-acks', 'an ack counts for the device that sent it', eachDeviceAcks()),
  ...(['fetch', 'peek', 'fetchWait', 'ack'] as const).map((name) =>
    delivery(
      { fetch: 'DS-013', peek: 'DS-013', fetchWait: 'DS-022', ack: 'DS-033' }[name],
      `${name}-wants-a-queue`,
      `${name} knows no queue into which nothing was ever put`,
      wantsQueue(name),
    ),
  ),
  delivery('DS-036', 'full-for-ever', 'counts what was ever put into a queue', {
    ...inStore((store) => {
      const put = new Map<string, number>();
      return {
        enqueue: (queue, payload, limits) => {
          const count = (put.get(nameOf(queue)) ?? 0) + 1;
          if (count > limits.messages) throw refuse('E015');
          put.set(nameOf(queue), count);
          return store.enqueue(queue, payload, limits);
        },
      };
    }),
  }),
  keys('KP-007', 'keeps-forty', 'forgets the oldest package for the forty-first', ownPackages(40, 0)),
  keys(
    'KP-013',
    'reads-then-writes',
    'an upload reads the list and writes it back a moment later',
    ownPackages(999, 2),
  ),
];

function wantsQueue(name: 'fetch' | 'peek' | 'fetchWait' | 'ack'): Fault {
  const known = new Set<string>();
  return {
    ...inMethod(name, async ({ params, next }) => {
      const results = await next();
      if (params.channelId.length === 16 && !known.has(nameOf(params))) throw refuse('E020', 'no such queue');
      return results;
    }),
    ...inStore((store) => ({
      enqueue: (queue, payload, limits) => {
        known.add(nameOf(queue));
        return store.enqueue(queue, payload, limits);
      },
    })),
  };
}

function eachDeviceFetches(): Fault {
  const log = new Map<string, Delivery[]>();
  const cursors = new Map<string, bigint>();
  return inMethod('fetch', async ({ params, next }) => {
    const { payloads } = await next();
    const name = nameOf(params);
    const device = hex(params.auth.deviceId);
    const all = [...(log.get(name) ?? []), ...payloads];
    log.set(name, all);
    if (device === '') return { payloads };
    const from = cursors.get(`${name}/${device}`) ?? -1n;
    const unseen = all.filter(({ seq }) => seq > from);
    cursors.set(`${name}/${device}`, all.at(-1)?.seq ?? from);
    return { payloads: unseen };
  });
}

function eachDeviceAcks(): Fault {
  const upTo = new Map<string, bigint>();
  return inMethod(['ack', 'peek'], async ({ name, params, next }) => {
    const device = hex(params.auth.deviceId);
    if (device === '') return next();
    const key = `${nameOf(params)}/${device}`;
    if (name === 'ack' && 'seqUpTo' in params) {
      upTo.set(key, params.seqUpTo);
      return {};
    }
    const results = (await next()) as { payloads: Delivery[] };
    return { payloads: results.payloads.filter(({ seq }) => seq > (upTo.get(key) ?? -1n)) };
  });
}

/** KeyPackages in lists that are read, changed and written back. */
function ownPackages(most: number, writeMs: number): Fault {
  const lists = new Map<string, Uint8Array[]>();
  return inStore(() => ({
    addKeyPackage: async (identityKey, keyPackage) => {
      const list = [...(lists.get(hex(identityKey)) ?? []), keyPackage].slice(-most);
      if (writeMs > 0) await sleep(writeMs);
      lists.set(hex(identityKey), list);
    },
    takeKeyPackage: async (identityKey) => lists.get(hex(identityKey))?.shift(),
    restoreKeyPackage: async (identityKey, keyPackage) => {
      lists.set(hex(identityKey), [keyPackage, ...(lists.get(hex(identityKey)) ?? [])]);
    },
  }));
}
