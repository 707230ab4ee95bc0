// What is taken for the same although it is not: identities that are alike, bytes that came before.
import { createHash } from 'node:crypto';
import type { Store } from '@quicnprotochat/server';
import { type Fault, mutantsOf, NOTHING, refuse, sameBytes } from '../fault.ts';
import { inMethod } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const delivery = mutantsOf('delivery');
const endpoints = mutantsOf('endpoints');
const hybrid = mutantsOf('hybrid-keys');
const keys = mutantsOf('key-packages');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

type KeyChange = (key: Uint8Array) => Uint8Array;
/** Keys as UTF-8 text with replacement characters, of 32 bytes again. */
const asText: KeyChange = (key) => createHash('sha256').update(Buffer.from(key).toString()).digest();
const almost: KeyChange = (key) => Buffer.concat([key.subarray(0, 31), Buffer.alloc(1)]);

const packagesBy = (change: KeyChange): Fault =>
  inStore((store) => ({
    addKeyPackage: (key, keyPackage, limit) => store.addKeyPackage(change(key), keyPackage, limit),
    takeKeyPackage: (key) => store.takeKeyPackage(change(key)),
  }));
const hybridKeysBy = (change: KeyChange): Fault =>
  inStore((store) => ({
    putHybridKey: (key, hybridKey) => store.putHybridKey(change(key), hybridKey),
    getHybridKey: (key) => store.getHybridKey(change(key)),
    getHybridKeys: (all) => store.getHybridKeys(all.map(change)),
  }));
const endpointsBy = (change: KeyChange): Fault =>
  inStore((store) => ({
    putEndpoint: (key, nodeAddr) => store.putEndpoint(change(key), nodeAddr),
    getEndpoint: (key) => store.getEndpoint(change(key)),
  }));

export const LOOKALIKES = [
  keys('KP-010', 'identities-as-text', 'keeps packages by identity keys as UTF-8 text', packagesBy(asText)),
  hybrid('HK-008', 'identities-as-text', 'keeps keys by identity keys as UTF-8 text', hybridKeysBy(asText)),
  endpoints('EP-006', 'identities-as-text', 'keeps endpoints by identity keys as UTF-8 text', endpointsBy(asText)),
  endpoints('EP-006', 'nearly-the-same', 'looks at 31 bytes of an identity key', endpointsBy(almost)),
  keys('KP-004', 'of-its-beginning', 'hashes the first 64 KiB of a package', {
    ...inMethod('uploadKeyPackage', async ({ params, next }) => {
      const results = await next();
      if (params.package.length <= 65_536) return results;
      return { fingerprint: createHash('sha256').update(params.package.subarray(0, 65_536)).digest() };
    }),
  }),
  delivery('DS-009', 'same-bytes-once', 'takes bytes that are queued already for a message sent again', {
    ...inStore((store) => ({
      enqueue: async (queue, payload, limits) => {
        const before = (await store.peek(queue, ALL)).find((delivery) => sameBytes(delivery.payload, payload));
        return before?.seq ?? store.enqueue(queue, payload, limits);
      },
    })),
  }),
  delivery('DS-009', 'same-bytes-never-again', 'takes bytes that it has seen in a queue for a message sent again', {
    ...inStore(rememberingAll),
  }),
  delivery('DS-006', 'one-copy', 'keeps the same bytes once, and drops them when one recipient has them', {
    ...inStore(oneCopy),
  }),
  delivery('DS-041', 'keeps-who-met-one', 'refuses for a while all messages of who met a full queue', backsOff()),
];

function rememberingAll(store: Store): Partial<Store> {
  const seen = new Map<string, bigint>();
  return {
    enqueue: async (queue, payload, limits) => {
      const name = `${nameOf(queue)}/${createHash('sha256').update(payload).digest('hex')}`;
      const seq = seen.get(name) ?? (await store.enqueue(queue, payload, limits));
      seen.set(name, seq);
      return seq;
    },
  };
}

function oneCopy(store: Store): Partial<Store> {
  const dropped = new Set<string>();
  const digest = (payload: Uint8Array): string => createHash('sha256').update(payload).digest('hex');
  return {
    enqueue: (queue, payload, limits) => {
      dropped.delete(digest(payload));
      return store.enqueue(queue, payload, limits);
    },
    take: async (queue, max) => {
      const taken = await store.take(queue, max);
      return taken.map(({ seq, payload }) => {
        const isDropped = dropped.has(digest(payload));
        dropped.add(digest(payload));
        return { seq, payload: isDropped ? NOTHING : payload };
      });
    },
  };
}

function backsOff(): Fault {
  const until = new Map<string, number>();
  return inMethod('enqueue', async ({ params, next }) => {
    const token = hex(params.auth.accessToken);
    if (Date.now() < (until.get(token) ?? 0)) throw refuse('E015');
    try {
      return await next();
    } catch (error) {
      if (/^E015/.test((error as { reason?: string }).reason ?? '')) until.set(token, Date.now() + 3_000);
      throw error;
    }
  });
}
