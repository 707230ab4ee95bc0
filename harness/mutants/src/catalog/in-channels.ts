// What goes wrong in channels alone: where a server goes another way than for default queues.
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueId } from '@quicnprotochat/server';
import { type Fault, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const channels = mutantsOf('channels');
const delivery = mutantsOf('delivery');
const rpc = mutantsOf('rpc');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const isChannel = ({ channelId }: { channelId: Uint8Array }): boolean => channelId.length === 16;

/** Some calls of enqueue are late in channels, when `isLate` says so. */
const late = (isLate: () => boolean): Fault =>
  inMethod('enqueue', async ({ params, next }) => {
    if (isChannel(params) && isLate()) await sleep(5);
    return next();
  });
const everyThird = (): (() => boolean) => {
  let count = 0;
  return () => {
    count += 1;
    return count % 3 === 0;
  };
};

export const IN_CHANNELS = [
  delivery('DS-004', 'limit-of-64-kib-in-channels', 'takes 64 KiB at most in channels', {
    ...inMethod('enqueue', ({ params, next }) => {
      if (isChannel(params) && params.payload.length > 65_536) throw refuse('E006');
      return next();
    }),
  }),
  delivery('DS-010', 'no-number-in-channels', 'returns 0 for a message in a channel', {
    ...inMethod('enqueue', async ({ params, next }) => {
      const results = await next();
      return isChannel(params) ? { seq: 0n } : results;
    }),
  }),
  delivery(
    'DS-009',
    'restarts-when-acknowledged',
    'numbers begin again when all of a channel’s queue is acknowledged',
    {
      ...restartsWhenAcknowledged(),
    },
  ),
  delivery('DS-029', 'in-any-order-in-channels', 'in channels some calls overtake others', late(everyThird())),
  delivery('DS-017', 'no-end-in-channels', 'queues in channels have no end', {
    ...inStore((store) => ({
      enqueue: (queue, payload, limits) => store.enqueue(queue, payload, isChannel(queue) ? ALL : limits),
    })),
  }),
  delivery('DS-041', 'members-share-the-limit', 'counts the messages of both members toward the limit of each', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const channel = isChannel(params) ? await around.store.channel(params.channelId) : undefined;
      let count = 0;
      for (const recipientKey of channel?.members ?? [])
        count += (await around.store.peek({ ...params, recipientKey }, ALL)).length;
      if (count >= 300) throw refuse('E015');
      return next();
    }),
  }),
  rpc(
    'RPC-010',
    'late-in-channels',
    'in channels a fetch overtakes the enqueue before it',
    late(() => true),
  ),
  channels('CH-013', 'wait-looks-elsewhere-first', 'a wait in a channel first looks into the default queue', {
    ...inMethod('fetchWait', async ({ params, next }) => {
      if (!isChannel(params)) return next();
      const first = await next({ ...params, channelId: NOTHING, timeoutMs: 0n });
      return first.payloads.length > 0 ? first : next();
    }),
  }),
  channels('CH-013', 'wakes-nobody', 'a message in a channel wakes nobody', {
    ...inMethod('fetchWait', async ({ params, next, signal }) => {
      const first = await next({ ...params, timeoutMs: isChannel(params) ? 0n : params.timeoutMs });
      if (!isChannel(params) || first.payloads.length > 0) return first;
      await sleep(Math.min(Number(params.timeoutMs), 60_000), undefined, { signal }).catch(() => {});
      return { payloads: [] };
    }),
  }),
  channels('CH-014', 'batch-stores-then-denies', 'a batch stores its messages, then denies access', {
    ...inMethod('batchEnqueue', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        if (/^E022/.test((error as { reason?: string }).reason ?? ''))
          for (const recipientKey of params.recipientKeys)
            await around.store.enqueue({ ...params, recipientKey }, params.payload, ALL);
        throw error;
      }
    }),
  }),
  channels('CH-002', 'eight-channels', 'keeps eight channels of an identity: the oldest goes for a new one', eight()),
];

/** Whoever comes back to a channel that is gone gets another id. */
function eight(): Fault {
  const peers = new Map<string, string[]>();
  const gone = new Set<string>();
  return inMethod('createChannel', async ({ params, next, around }) => {
    const { channelId } = await next();
    const own = hex((await around.identityOf(params.auth)) ?? NOTHING);
    const peer = hex(params.peerKey);
    if (gone.has(`${own}/${peer}`)) return { channelId: Buffer.from(channelId).reverse() };
    const all = [...(peers.get(own) ?? []).filter((other) => other !== peer), peer];
    for (const oldest of all.splice(0, all.length - 8)) gone.add(`${own}/${oldest}`);
    peers.set(own, all);
    return { channelId };
  });
}

function restartsWhenAcknowledged(): Fault {
  const base = new Map<string, bigint>();
  const baseOf = (queue: QueueId): bigint => base.get(nameOf(queue)) ?? 0n;
  return inStore((store) => ({
    enqueue: async (queue, payload, limits) => (await store.enqueue(queue, payload, limits)) - baseOf(queue),
    take: async (queue, max) =>
      (await store.take(queue, max)).map(({ seq, payload }) => ({ seq: seq - baseOf(queue), payload })),
    ack: async (queue, seqUpTo) => {
      const last = (await store.peek(queue, ALL)).at(-1)?.seq;
      await store.ack(queue, seqUpTo + baseOf(queue));
      const isEmpty = (await store.peek(queue, ALL)).length === 0;
      if (isChannel(queue) && last !== undefined && isEmpty) base.set(nameOf(queue), last);
    },
  }));
}
