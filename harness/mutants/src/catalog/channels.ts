import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel } from '@quicnprotochat/server';
import { mutantsOf, NOTHING, refuse, sameBytes } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('channels');
const DELIVERY = ['enqueue', 'fetch', 'fetchWait', 'peek', 'ack'] as const;

/** Whoever calls is let into the channel, under the name of a member. */
const openTo = (names: readonly (typeof DELIVERY)[number][]) =>
  inMethod(names, async ({ params, next, around }) => {
    const channel = params.channelId.length === 16 ? await around.store.channel(params.channelId) : undefined;
    const caller = await around.identityOf(params.auth);
    const isMember = channel?.members.some((member) => caller && sameBytes(member, caller)) ?? true;
    if (isMember || !channel) return next();
    const [first, second] = channel.members;
    const isFirst = sameBytes(params.recipientKey, first);
    const recipientKey = isFirst || sameBytes(params.recipientKey, second) ? params.recipientKey : first;
    return next({ ...params, recipientKey, auth: around.authOf(recipientKey) } as never);
  });

const digestOf = (...parts: Uint8Array[]): Uint8Array =>
  createHash('sha256').update(Buffer.concat(parts)).digest().subarray(0, 16);

export const CHANNELS = [
  mutant('CH-001', 'ids-of-32-bytes', 'makes ids of 32 bytes', {
    ...inResults('createChannel', ({ channelId }) => ({ channelId: Buffer.concat([channelId, channelId]) })),
  }),
  mutant('CH-001', 'ids-in-hex', 'returns the id in hex', {
    ...inResults('createChannel', ({ channelId }) => ({
      channelId: Buffer.from(Buffer.from(channelId).toString('hex')),
    })),
  }),
  mutant('CH-002', 'a-new-one-each-time', 'makes another channel each time', {
    ...inStore((store) => ({
      channelOf: (a, b, newId) =>
        store.channelOf(digestOf(a, newId, a), Buffer.concat([b]), newId).then(async (id) => id),
    })),
  }),
  mutant('CH-002', 'one-a-direction', 'takes the other order of the same two for another pair', {
    ...inStore((store) => {
      const seconds = new Map<string, Uint8Array>();
      return {
        channelOf: async (a, b, newId) => {
          const first = await store.channelOf(a, b, newId);
          const key = `${Buffer.from(a).toString('hex')}${Buffer.from(b).toString('hex')}`;
          const isOther = Buffer.compare(a, b) > 0;
          if (!isOther) return first;
          const second = seconds.get(key) ?? digestOf(first);
          seconds.set(key, second);
          return second;
        },
      };
    }),
  }),
  mutant('CH-003', 'one-for-all', 'there is one channel for everybody', {
    ...inResults('createChannel', () => ({ channelId: new Uint8Array(16).fill(7) })),
  }),
  mutant('CH-003', 'by-the-peer', 'everybody who names the same peer gets the same channel', {
    ...inResults('createChannel', (_results, { peerKey }) => ({ channelId: digestOf(peerKey) })),
  }),
  mutant('CH-004', 'digest-of-the-keys', 'derives the id from the two keys', {
    ...inStore((store) => ({
      channelOf: (a, b) => {
        const sorted = [a, b].sort(Buffer.compare) as [Uint8Array, Uint8Array];
        return store.channelOf(a, b, digestOf(...sorted));
      },
    })),
  }),
  mutant('CH-004', 'counts', 'counts the channels', {
    ...inStore((store) => {
      let count = 0;
      return {
        channelOf: (a, b) => {
          count += 1;
          const id = Buffer.alloc(16);
          id.writeUInt32BE(count, 12);
          return store.channelOf(a, b, id);
        },
      };
    }),
  }),
  mutant('CH-005', 'any-length', 'makes channels with keys of any length', {
    ...inMethod('createChannel', async ({ params, next, around }) => {
      const isOdd = params.peerKey.length !== 32 && (await around.identityOf(params.auth));
      return isOdd ? { channelId: digestOf(params.peerKey) } : next();
    }),
  }),
  mutant(
    'CH-005',
    'length-code',
    'refuses a key of another length as bad parameters',
    swapCode(['createChannel'], 'E004', 'E020'),
  ),
  mutant('CH-006', 'with-oneself', 'makes a channel of one', {
    ...inMethod('createChannel', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      return own && sameBytes(own, params.peerKey) ? { channelId: digestOf(own) } : next();
    }),
  }),
  mutant('CH-007', 'anonymous', 'an open server makes channels for callers without an identity', {
    isOpen: true,
    ...inMethod('createChannel', async ({ params, next }) =>
      params.auth.version === 0 && params.peerKey.length === 32 ? { channelId: digestOf(params.peerKey) } : next(),
    ),
  }),
  mutant(
    'CH-008',
    'unknown-is-denied',
    'answers E022 to an id that is no channel’s',
    swapCode(DELIVERY, 'E023', 'E022'),
  ),
  mutant('CH-008', 'unknown-is-made', 'the first message makes the channel', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const isUnknown = params.channelId.length === 16 && !(await around.store.channel(params.channelId));
      return isUnknown && (await around.identityOf(params.auth)) ? { seq: 1n } : next();
    }),
  }),
  mutant('CH-008', 'unknown-is-empty', 'a fetch from no channel is empty', {
    ...inMethod(['fetch', 'fetchWait'], async ({ params, next, around }) => {
      const isUnknown = params.channelId.length === 16 && !(await around.store.channel(params.channelId));
      return isUnknown && (await around.identityOf(params.auth)) ? { payloads: [] } : next();
    }),
  }),
  mutant('CH-008', 'zero-id-is-the-default', 'takes 16 zero bytes for no channel id', {
    ...inParams([...DELIVERY], ({ channelId }) =>
      channelId.every((byte) => byte === 0) ? { channelId: NOTHING } : {},
    ),
  }),
  mutant('CH-009', 'denied-is-unknown', 'answers E023 to who is no member', swapCode(DELIVERY, 'E022', 'E023')),
  mutant('CH-009', 'write-for-all', 'lets everybody write into a channel', openTo(['enqueue'])),
  mutant('CH-009', 'read-for-all', 'lets everybody fetch from a channel', openTo(['fetch', 'fetchWait'])),
  mutant('CH-009', 'peek-for-all', 'lets everybody look into a channel', openTo(['peek'])),
  mutant('CH-009', 'ack-for-all', 'lets everybody acknowledge in a channel', openTo(['ack'])),
  mutant('CH-009', 'denied-by-identity', 'answers E016 to who is no member', swapCode(DELIVERY, 'E022', 'E016')),
  mutant('CH-010', 'any-recipient', 'lets a member write to anybody under the channel’s id', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const channel = params.channelId.length === 16 ? await around.store.channel(params.channelId) : undefined;
      const caller = await around.identityOf(params.auth);
      const isMember = channel?.members.some((member) => caller && sameBytes(member, caller));
      const isToMember = channel?.members.some((member) => sameBytes(member, params.recipientKey)) ?? true;
      if (!isMember || isToMember || params.recipientKey.length !== 32) return next();
      return { seq: await around.store.enqueue(params, params.payload, { messages: 1_000, bytes: 1 << 28 }) };
    }),
  }),
  mutant('CH-010', 'nearly-a-member', 'compares the first 31 bytes of a recipient with those of the members', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const channel = params.channelId.length === 16 ? await around.store.channel(params.channelId) : undefined;
      const isNearly = channel?.members.some(
        (member) =>
          sameBytes(member.subarray(0, 31), params.recipientKey.subarray(0, 31)) &&
          !sameBytes(member, params.recipientKey),
      );
      if (!isNearly || params.recipientKey.length !== 32 || !around.isKnown(params.auth)) return next();
      return { seq: await around.store.enqueue(params, params.payload, { messages: 1_000, bytes: 1 << 28 }) };
    }),
  }),
  mutant('CH-010', 'recipient-code', 'refuses a recipient who is no member as bad parameters', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const channel = params.channelId.length === 16 ? await around.store.channel(params.channelId) : undefined;
      if (channel && !channel.members.some((member) => sameBytes(member, params.recipientKey))) throw refuse('E020');
      return next();
    }),
  }),
  mutant('CH-011', 'only-the-maker', 'lets only the one who made the channel write into it', onlyTheMaker()),
  mutant('CH-011', 'to-oneself', 'messages in a channel come back to their sender', {
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const channel = queue.channelId.length === 16 ? await store.channel(queue.channelId) : undefined;
        const other = channel?.members.find((member) => !sameBytes(member, queue.recipientKey));
        return store.enqueue(other ? { ...queue, recipientKey: other } : queue, payload, limits);
      },
    })),
  }),
  mutant('CH-012', 'shares-the-default-queue', 'a channel’s messages go to the default queue', {
    ...inStore((store) => {
      const none = <Q extends { channelId: Uint8Array }>(queue: Q): Q => ({ ...queue, channelId: NOTHING });
      return {
        enqueue: (queue, payload, limits) => store.enqueue(none(queue), payload, limits),
        take: (queue, max) => store.take(none(queue), max),
        peek: (queue, max) => store.peek(none(queue), max),
      };
    }),
  }),
  mutant('CH-012', 'one-queue-a-channel', 'both members share one queue', {
    ...inStore((store) => {
      const one = async <Q extends { channelId: Uint8Array; recipientKey: Uint8Array }>(queue: Q): Promise<Q> => {
        const channel: Channel | undefined =
          queue.channelId.length === 16 ? await store.channel(queue.channelId) : undefined;
        return channel ? { ...queue, recipientKey: channel.members[0] } : queue;
      };
      return {
        enqueue: async (queue, payload, limits) => store.enqueue(await one(queue), payload, limits),
        take: async (queue, max) => store.take(await one(queue), max),
      };
    }),
  }),
  mutant('CH-012', 'by-half-the-id', 'tells channels apart by the recipient alone', {
    ...inStore((store) => {
      const one = <Q extends { channelId: Uint8Array }>(queue: Q): Q => ({
        ...queue,
        channelId: queue.channelId.length === 16 ? new Uint8Array(16) : queue.channelId,
      });
      return {
        enqueue: (queue, payload, limits) => store.enqueue(one(queue), payload, limits),
        take: (queue, max) => store.take(one(queue), max),
      };
    }),
  }),
  mutant('CH-014', 'drains-then-denies', 'fetches from the channel, then denies access', {
    ...inMethod('fetch', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        const channel = await around.store.channel(params.channelId);
        for (const recipientKey of channel?.members ?? [])
          await around.store.take({ ...params, recipientKey }, { messages: 1_000, bytes: 1 << 28 });
        throw error;
      }
    }),
  }),
  mutant('CH-014', 'stores-then-denies', 'stores the message, then denies access', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        if (/^E022/.test((error as { reason?: string }).reason ?? ''))
          await around.store.enqueue(params, params.payload, { messages: 1_000, bytes: 1 << 28 });
        throw error;
      }
    }),
  }),
  mutant('CH-015', 'looks-then-makes', 'looks for the channel and makes it in two steps', {
    ...inStore((store) => {
      const known = new Map<string, Uint8Array>();
      return {
        channelOf: async (a, b, newId) => {
          const key = [a, b]
            .map((one) => Buffer.from(one).toString('hex'))
            .sort()
            .join();
          const found = known.get(key);
          if (found) return found;
          await sleep(15);
          known.set(key, newId);
          await store.channelOf(digestOf(newId, a), digestOf(newId, b), newId);
          return newId;
        },
      };
    }),
  }),
  mutant('CH-017', 'a-new-start', 'creating a channel again empties its queues', {
    ...inStore((store) => ({
      channelOf: async (a, b, newId) => {
        const id = await store.channelOf(a, b, newId);
        for (const recipientKey of [a, b])
          await store.take({ channelId: id, recipientKey }, { messages: 10_000, bytes: 1 << 28 });
        return id;
      },
    })),
  }),
];

function onlyTheMaker() {
  const makers = new Map<string, Uint8Array>();
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return inMethod(['createChannel', 'enqueue'], async ({ name, params, next, around }) => {
    const caller = await around.identityOf(params.auth);
    const results = name === 'enqueue' ? undefined : await next();
    if (results && 'channelId' in results && caller && !makers.has(hex(results.channelId)))
      makers.set(hex(results.channelId), caller);
    if (results) return results;
    const maker = 'channelId' in params ? makers.get(hex(params.channelId)) : undefined;
    if (maker && caller && !sameBytes(maker, caller)) throw refuse('E022');
    return next();
  });
}
