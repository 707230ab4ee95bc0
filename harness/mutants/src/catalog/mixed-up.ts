// What people get of each other's when they call at the same time, on connections of their own.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from '@quicnprotochat/server';
import { mutantsOf } from '../fault.ts';
import { oneForAll, sharedField, swapped } from '../seams/at-once.ts';
import { inMethod } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const batch = mutantsOf('batch');
const channels = mutantsOf('channels');
const delivery = mutantsOf('delivery');
const endpoints = mutantsOf('endpoints');
const hybrid = mutantsOf('hybrid-keys');
const keys = mutantsOf('key-packages');
const opaque = mutantsOf('opaque');

const isForOne = ({ params }: { params: { identityKey: Uint8Array } }): boolean => params.identityKey.length === 32;
const isShort = ({ params }: { params: { payload: Uint8Array } }): boolean =>
  params.payload.length > 0 && params.payload.length < 1_000;
const isPlain = ({
  params,
}: {
  params: { recipientKey: Uint8Array; channelId: Uint8Array; version: number };
}): boolean => params.recipientKey.length === 32 && params.channelId.length === 0 && params.version === 1;

export const MIXED_UP = [
  delivery(
    'DS-006',
    'one-recipient-variable',
    'keeps the recipient of the call under way in one place',
    sharedField('enqueue', 'recipientKey', isPlain),
  ),
  delivery(
    'DS-006',
    'one-payload-buffer',
    'reads the payloads of all connections into one buffer',
    sharedField('enqueue', 'payload', isShort),
  ),
  delivery('DS-006', 'swaps-fetches', 'swaps the answers of two fetches at once', swapped('fetch', 'payloads')),
  delivery('DS-010', 'swaps-numbers', 'swaps the numbers of two messages at once', swapped('enqueue', 'seq')),
  hybrid(
    'HK-008',
    'one-look-up-for-all',
    'look-ups that come during another get its answer',
    oneForAll('fetchHybridKey', isForOne),
  ),
  hybrid('HK-008', 'swaps-answers', 'swaps the answers of two look-ups', swapped('fetchHybridKey', 'hybridPublicKey')),
  hybrid(
    'HK-008',
    'one-buffer',
    'reads the keys of all connections into one buffer',
    sharedField('uploadHybridKey', 'hybridPublicKey', ({ params }) => params.hybridPublicKey.length === 1_216),
  ),
  endpoints(
    'EP-006',
    'one-look-up-for-all',
    'look-ups that come during another get its answer',
    oneForAll('resolveEndpoint', isForOne),
  ),
  endpoints('EP-006', 'swaps-answers', 'swaps the answers of two look-ups', swapped('resolveEndpoint', 'nodeAddr')),
  keys('KP-010', 'swaps-packages', 'swaps the answers of two fetches', swapped('fetchKeyPackage', 'package')),
  keys(
    'KP-010',
    'one-identity-variable',
    'keeps the identity of the call under way in one place',
    sharedField('fetchKeyPackage', 'identityKey', isForOne),
  ),
  keys(
    'KP-010',
    'one-buffer',
    'reads the packages of all connections into one buffer',
    sharedField('uploadKeyPackage', 'package', ({ params }) => params.package.length > 0),
  ),
  keys(
    'KP-004',
    'one-hasher',
    'hashes the packages of two calls in one place',
    swapped('uploadKeyPackage', 'fingerprint'),
  ),
  batch('BAT-001', 'swaps-answers', 'swaps the answers of two calls at once', swapped('fetchHybridKeys', 'keys')),
  batch(
    'BAT-006',
    'one-list',
    'keeps the recipients of the batch under way in one list',
    sharedField('batchEnqueue', 'recipientKeys', ({ params }) => params.version === 1 && params.payload.length > 0),
  ),
  batch('BAT-009', 'counts-in-two-places', 'counts batches and messages in two places, which meet a moment later', {
    ...inStore(twoCounters),
  }),
  channels(
    'CH-003',
    'one-for-all-at-once',
    'calls that come during another get its channel',
    oneForAll('createChannel', ({ params }) => params.peerKey.length === 32),
  ),
  channels(
    'CH-003',
    'swaps-ids',
    'swaps the ids of two channels that are made at once',
    swapped('createChannel', 'channelId'),
  ),
  opaque(
    'OPQ-002',
    'swaps-registrations',
    'swaps the answers of two registrations',
    swapped('opaqueRegisterStart', 'response'),
  ),
  opaque('OPQ-002', 'name-of-the-last', 'registers the name that began last', nameOfTheLast()),
  opaque('OPQ-022', 'swaps-logins', 'swaps the answers of two logins', swapped('opaqueLoginStart', 'response')),
  opaque('OPQ-022', 'swaps-tokens', 'swaps the tokens of two logins', swapped('opaqueLoginFinish', 'sessionToken')),
];

function nameOfTheLast() {
  let last: string | undefined;
  return inMethod(['opaqueRegisterStart', 'opaqueRegisterFinish'], async ({ name, params, next }) => {
    if (name === 'opaqueRegisterFinish') return next({ ...params, username: last ?? params.username } as never);
    const results = await next();
    last = params.username;
    return results;
  });
}

/** A batch reads the number before, and takes the next one a moment later, whatever came in between. */
function twoCounters(store: Store): Partial<Store> {
  const last = new Map<string, bigint>();
  return {
    enqueue: async (queue, payload, limits) => {
      const seq = await store.enqueue(queue, payload, limits);
      last.set(nameOf(queue), seq);
      return seq;
    },
    enqueueAll: async (queues, payload, limits) => {
      const before = queues.map((queue) => last.get(nameOf(queue)));
      if (before.some((seq) => seq === undefined)) return store.enqueueAll(queues, payload, limits);
      await sleep(6);
      const seqs: bigint[] = [];
      for (const [index, queue] of queues.entries()) {
        const real = await store.enqueue(queue, payload, limits);
        const seq = (before[index] ?? 0n) + 1n;
        const all = await store.take(queue, ALL);
        await store.restore(
          queue,
          all.map((delivery) => (delivery.seq === real ? { ...delivery, seq } : delivery)),
        );
        seqs.push(seq);
      }
      return seqs;
    },
  };
}
