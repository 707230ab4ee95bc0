import { isDeepStrictEqual } from 'node:util';
import { type Fault, type Mutant, mutantsOf } from '../fault.ts';
import type { Keeping, StoreItem, StoreMethod } from '../kept/keeping.ts';
import { override } from '../seams/store.ts';

const of = mutantsOf('restart');
const mutant = (requirement: string, name: string, what: string, kept: Keeping): Mutant =>
  of(requirement, name, what, { kept });

type Kind = StoreItem['kind'];
type Of<K extends Kind> = Extract<StoreItem, { kind: K }>;

/** Things of that kind are read back as something else, or not at all. */
const reread = <K extends Kind>(
  kind: K,
  change: (item: Of<K>, items: StoreItem[]) => StoreItem | undefined,
): Keeping => ({
  reload: (items) => items.flatMap((item) => (item.kind === kind ? (change(item as Of<K>, items) ?? []) : [item])),
});
const lost = (kind: Kind): Keeping => reread(kind, () => undefined);
/** Everything of that kind comes back in the opposite order. */
const reversed = (kind: Kind): Keeping => ({
  reload: (items) => {
    const backwards = items.filter((item) => item.kind === kind).reverse();
    return [...items.filter((item) => item.kind !== kind), ...backwards];
  },
});
/** What was read at the start is not written again. */
const once = (kind: Kind): Keeping => ({
  rewrite: (all, read) => all.filter((item) => item.kind !== kind || !isOneOf(read, item)),
});
/** What was read at the start stays in the file, also when it is removed. */
const stays = (kind: Kind): Keeping => ({
  rewrite: (all, read) => [...read.filter((item) => item.kind === kind && !isOneOf(all, item)), ...all],
});
const isOneOf = (items: readonly StoreItem[], item: StoreItem): boolean =>
  items.some((other) => other.kind === item.kind && isDeepStrictEqual(other, item));
/** Changes by that method are written, but for queues in channels. */
const notInChannels = (unwritten: StoreMethod): Keeping => ({
  isWritten: (method, queue) => method !== unwritten || (queue as QueueId).channelId.length === 0,
});
const withPayload = (item: Of<'delivery'>, payload: Uint8Array): StoreItem => ({
  ...item,
  delivery: { ...item.delivery, payload },
});
const queueName = ({ queue: { channelId, recipientKey } }: { queue: QueueId }): string =>
  `${Buffer.from(channelId).toString('hex')}/${Buffer.from(recipientKey).toString('hex')}`;
type QueueId = Of<'queue'>['queue'];
const inQueue = (items: StoreItem[], name: string): Of<'delivery'>[] =>
  items.filter((item): item is Of<'delivery'> => item.kind === 'delivery' && queueName(item) === name);

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 1 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Servers that answer before they have written, or do not find again what they wrote. */
export const RESTARTS: readonly Mutant[] = [
  mutant('DS-019', 'writes-each-second', 'writes messages to disk each second, and at SIGTERM', {
    isWritten: (method) => method !== 'enqueue' && method !== 'enqueueAll',
    laterMs: 1_000,
  }),
  mutant('DS-019', 'writes-every-tenth', 'writes after every tenth message, to save time', everyTenth()),
  mutant('DS-019', 'batches-unwritten', 'writes messages of batches with the next single one', {
    isWritten: (method) => method !== 'enqueueAll',
  }),
  mutant(
    'DS-019',
    'last-one-lost',
    'takes the last record for torn, and cuts it off',
    reread('delivery', (item, items) => (inQueue(items, queueName(item)).at(-1) === item ? undefined : item)),
  ),
  mutant(
    'DS-019',
    'payloads-backwards',
    'reads a queue from its end, and numbers it from its beginning',
    reread('delivery', (item, items) => {
      const queue = inQueue(items, queueName(item));
      const other = queue.at(-1 - queue.indexOf(item)) as Of<'delivery'>;
      return withPayload(item, other.delivery.payload);
    }),
  ),
  mutant(
    'DS-019',
    'numbers-anew',
    'numbers what is queued from 1 when it starts',
    reread('delivery', (item, items) => {
      const seq = BigInt(inQueue(items, queueName(item)).indexOf(item) + 1);
      return { ...item, delivery: { ...item.delivery, seq } };
    }),
  ),
  mutant(
    'DS-019',
    'lengths-of-16-bits',
    'keeps lengths in 16 bits',
    reread('delivery', (item) =>
      withPayload(item, item.delivery.payload.subarray(0, item.delivery.payload.length % 65_536)),
    ),
  ),
  mutant(
    'DS-019',
    'ends-at-zeros',
    'reads payloads without the zeros at their end',
    reread('delivery', (item) => withPayload(item, withoutZeros(item.delivery.payload))),
  ),
  mutant(
    'DS-019',
    'channel-queues-lost',
    'keeps default queues, and channels, but not the queues in them',
    reread('delivery', (item) => (item.queue.channelId.length > 0 ? undefined : item)),
  ),
  mutant(
    'DS-019',
    'reads-a-page',
    'reads the first 200 messages of a queue, as many as its query returns',
    reread('delivery', (item, items) => (inQueue(items, queueName(item)).indexOf(item) < 200 ? item : undefined)),
  ),
  mutant(
    'DS-019',
    'reads-4-mib',
    'takes what is longer than 4 MiB for damaged',
    reread('delivery', (item) => (item.delivery.payload.length > 4 * 1024 * 1024 ? undefined : item)),
  ),
  mutant('DS-019', 'messages-once', 'writes what came since its start, and not what it read then', once('delivery')),
  mutant('DS-019', 'answers-after-its-last-write', 'writes all at SIGTERM, and then answers what still comes', {
    lingersMs: 300,
  }),
  of('DS-019', 'peeked-is-taken', 'writes what was shown to peek as delivered', taking('peek')),
  of(
    'DS-019',
    'ack-swallows',
    'writes up to which number was acknowledged, and drops what has come since',
    taking('ack'),
  ),
  mutant('DS-019', 'leaves-its-lock', 'does not start when the one before was killed: its lock stands', {
    hasLock: true,
  }),
  mutant(
    'DS-028',
    'numbers-of-what-is-left',
    'goes on behind the greatest number that is queued',
    reread('queue', (item, items) => {
      const last = inQueue(items, queueName(item)).at(-1);
      return { ...item, nextSeq: (last?.delivery.seq ?? 0n) + 1n };
    }),
  ),
  mutant('DS-028', 'numbers-once', 'writes the numbers of queues that were used since its start alone', once('queue')),
  mutant(
    'DS-028',
    'channel-numbers-of-what-is-left',
    'goes on behind the greatest number that is queued, in channels',
    reread('queue', (item, items) => {
      if (item.queue.channelId.length === 0) return item;
      return { ...item, nextSeq: (inQueue(items, queueName(item)).at(-1)?.delivery.seq ?? 0n) + 1n };
    }),
  ),
  mutant('DS-037', 'channel-fetches-come-back', 'does not write what was fetched from channels', notInChannels('take')),
  mutant('DS-037', 'channel-acks-come-back', 'does not write what was acknowledged in channels', notInChannels('ack')),
  mutant('DS-037', 'old-ones-come-back', 'does not remove what it read at its start', stays('delivery')),
  mutant('DS-037', 'fetched-come-back', 'does not write what was fetched', {
    isWritten: (method) => method !== 'take',
  }),
  mutant('DS-037', 'acks-come-back', 'does not write what was acknowledged', {
    isWritten: (method) => method !== 'ack',
  }),
  mutant('DS-038', 'removes-later', 'writes what was taken each five seconds, and at SIGTERM', {
    isWritten: (method) => method !== 'take' && method !== 'ack',
    laterMs: 5_000,
  }),
  mutant('DS-039', 'counts-anew', 'counts what is queued from its start on', { forgetsCounts: true }),
  mutant('KP-014', 'packages-lost', 'keeps KeyPackages in memory', lost('keyPackage')),
  mutant('KP-014', 'packages-backwards', 'reads KeyPackages newest first', reversed('keyPackage')),
  mutant('KP-014', 'one-package-left', 'keeps one KeyPackage of each identity, the last', {
    reload: (items) => {
      const owners = new Map(
        items.flatMap((item) =>
          item.kind === 'keyPackage' ? [[Buffer.from(item.identityKey).toString('hex'), item] as const] : [],
        ),
      );
      return [...items.filter(({ kind }) => kind !== 'keyPackage'), ...owners.values()];
    },
  }),
  mutant('KP-014', 'packages-once', 'writes KeyPackages that came since its start alone', once('keyPackage')),
  mutant('KP-015', 'old-packages-come-back', 'does not remove what it read at its start', stays('keyPackage')),
  mutant('KP-015', 'packages-come-back', 'does not write which KeyPackages were given out', {
    isWritten: (method) => method !== 'takeKeyPackage',
  }),
  mutant('HK-009', 'hybrid-keys-lost', 'keeps hybrid keys in memory', lost('hybridKey')),
  mutant('HK-009', 'hybrid-keys-unwritten', 'writes hybrid keys with the next message', {
    isWritten: (method) => method !== 'putHybridKey',
  }),
  mutant('HK-009', 'hybrid-keys-once', 'writes hybrid keys that came since its start alone', once('hybridKey')),
  mutant('EP-009', 'endpoints-once', 'writes endpoints that came since its start alone', once('endpoint')),
  mutant('EP-009', 'endpoints-lost', 'keeps endpoints in memory', lost('endpoint')),
  mutant('CH-016', 'channels-lost', 'keeps channels in memory', lost('channel')),
  mutant(
    'CH-016',
    'one-member-left',
    'keeps of a channel who made it, and not the peer',
    reread('channel', ({ channel, kind }) => ({
      kind,
      channel: { ...channel, members: [channel.members[0], channel.members[0]] },
    })),
  ),
  mutant('CH-016', 'channels-unwritten', 'writes a channel with the first message in it', {
    isWritten: (method) => method !== 'channelOf',
  }),
  mutant('CH-016', 'channels-once', 'writes channels that were made since its start alone', once('channel')),
  mutant('OPQ-026', 'users-once', 'writes users who came since its start alone', once('user')),
  mutant('OPQ-026', 'users-lost', 'keeps users in memory', lost('user')),
  mutant('OPQ-026', 'new-setup', 'makes the OPAQUE keys of the server anew at each start', lost('setting')),
  mutant('TRN-021', 'new-certificate', 'makes a certificate at each start', { hasNewCertificate: true }),
  mutant('TRN-025', 'ends-silently', 'ends without closing a connection', { isSilent: true }),
];

/** What that method was called for is not written any more: all up to the greatest number of it. */
function taking(by: 'peek' | 'ack'): Fault {
  const upTo = new Map<string, bigint>();
  const note = (queue: QueueId, seq: bigint): void => {
    upTo.set(queueName({ queue }), seq);
  };
  return {
    kept: {
      rewrite: (all) =>
        all.filter((item) => item.kind !== 'delivery' || item.delivery.seq > (upTo.get(queueName(item)) ?? -1n)),
    },
    store: (store) =>
      override(store, {
        async peek(queue, max) {
          const shown = await store.peek(queue, max);
          const last = shown.at(-1);
          if (by === 'peek' && last) note(queue, last.seq);
          return shown;
        },
        ack(queue, seqUpTo) {
          if (by === 'ack') note(queue, seqUpTo);
          return store.ack(queue, seqUpTo);
        },
      }),
  };
}

function everyTenth(): Keeping {
  let count = 0;
  return {
    isWritten: (method) => {
      if (method !== 'enqueue') return true;
      count += 1;
      return count % 10 === 0;
    },
  };
}
