import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mutantsOf, NOTHING, refuse, sameBytes } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('key-packages');
const hybridMutant = mutantsOf('hybrid-keys');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The key is made to fit instead of refused. */
const fitted = (key: Uint8Array): Uint8Array => {
  const fit = new Uint8Array(32);
  fit.set(key.subarray(0, 32));
  return fit;
};

export const KEY_PACKAGES = [
  mutant('KP-001', 'lookup-with-a-short-key', 'answers an empty package to a key of another length', {
    ...inMethod('fetchKeyPackage', async ({ params, next }) =>
      params.identityKey.length === 32 ? next() : { package: NOTHING },
    ),
  }),
  mutant('KP-001', 'cuts-longer-keys', 'takes the first 32 bytes of a longer key', {
    ...inParams(['fetchKeyPackage', 'uploadKeyPackage'], ({ identityKey }) =>
      identityKey.length > 32 ? { identityKey: identityKey.slice(0, 32) } : {},
    ),
  }),
  mutant('KP-001', 'pads-shorter-keys', 'pads a shorter key with zeros', {
    ...inParams(['fetchKeyPackage'], ({ identityKey }) => ({ identityKey: fitted(identityKey) })),
  }),
  mutant(
    'KP-001',
    'length-code',
    'refuses a key of another length as bad parameters',
    swapCode(['fetchKeyPackage', 'uploadKeyPackage'], 'E004', 'E020'),
  ),
  mutant('KP-002', 'takes-empty-packages', 'takes an empty package', {
    ...inMethod('uploadKeyPackage', async ({ params, next }) =>
      params.package.length > 0 ? next() : { fingerprint: createHash('sha256').digest() },
    ),
  }),
  mutant(
    'KP-002',
    'empty-code',
    'refuses an empty package as an empty payload',
    swapCode(['uploadKeyPackage'], 'E007', 'E005'),
  ),
  mutant('KP-003', 'limit-is-exclusive', 'refuses a package of exactly the limit', {
    limits: { packageBytes: (1 << 20) - 1 },
  }),
  mutant('KP-003', 'no-limit', 'takes packages of any size', { limits: { packageBytes: 1 << 30 } }),
  mutant('KP-003', 'limit-of-64-kib', 'a buffer of 64 KiB decides what a package may be', {
    limits: { packageBytes: 65_536 },
  }),
  mutant(
    'KP-003',
    'limit-code',
    'refuses a package that is too large as a payload that is',
    swapCode(['uploadKeyPackage'], 'E008', 'E006'),
  ),
  mutant('KP-004', 'hex', 'returns the fingerprint as the hex of half of it', {
    ...inResults('uploadKeyPackage', ({ fingerprint }) => ({
      fingerprint: Buffer.from(hex(fingerprint).slice(0, 32)),
    })),
  }),
  mutant('KP-004', 'sha-512', 'takes the first half of SHA-512', {
    ...inResults('uploadKeyPackage', (_results, params) => ({
      fingerprint: createHash('sha512').update(params.package).digest().subarray(0, 32),
    })),
  }),
  mutant('KP-004', 'over-the-key', 'hashes the identity key with the package', {
    ...inResults('uploadKeyPackage', (_results, params) => ({
      fingerprint: createHash('sha256').update(params.identityKey).update(params.package).digest(),
    })),
  }),
  mutant('KP-004', 'no-fingerprint', 'returns none', {
    ...inResults('uploadKeyPackage', () => ({ fingerprint: NOTHING })),
  }),
  mutant('KP-005', 'cuts-trailing-zeros', 'keeps packages as C strings', {
    ...inParams('uploadKeyPackage', (params) => ({ package: withoutZeros(params.package) })),
  }),
  mutant('KP-005', 'as-text', 'keeps packages as UTF-8 text', {
    ...inResults('fetchKeyPackage', (results) => ({ package: Buffer.from(Buffer.from(results.package).toString()) })),
  }),
  mutant('KP-005', 'cuts-at-64-kib', 'a length of 16 bits cuts large packages', {
    ...inResults('fetchKeyPackage', (results) => ({
      package: results.package.slice(0, results.package.length & 0xffff),
    })),
  }),
  mutant('KP-006', 'stays', 'a fetched KeyPackage stays', {
    ...inStore((store) => ({
      takeKeyPackage: async (key) => {
        const taken = await store.takeKeyPackage(key);
        if (taken) await store.restoreKeyPackage(key, taken);
        return taken;
      },
    })),
  }),
  mutant('KP-006', 'last-stays', 'the last one is kept, so that there always is one', {
    ...inStore((store) => ({
      takeKeyPackage: async (key) => {
        const taken = await store.takeKeyPackage(key);
        const next = taken && (await store.takeKeyPackage(key));
        if (next) await store.restoreKeyPackage(key, next);
        else if (taken) await store.restoreKeyPackage(key, taken);
        return taken;
      },
    })),
  }),
  mutant('KP-007', 'newest-first', 'gives the newest one out first', {
    ...inStore((store) => ({
      takeKeyPackage: async (key) => {
        const all: Uint8Array[] = [];
        for (let one = await store.takeKeyPackage(key); one; one = await store.takeKeyPackage(key)) all.push(one);
        const taken = all.pop();
        for (const one of all.reverse()) await store.restoreKeyPackage(key, one);
        return taken;
      },
    })),
  }),
  mutant('KP-007', 'only-the-last-upload', 'an upload replaces the packages that were there', {
    ...inStore((store) => ({
      addKeyPackage: async (key, keyPackage, limit) => {
        while (await store.takeKeyPackage(key));
        return store.addKeyPackage(key, keyPackage, limit);
      },
    })),
  }),
  mutant('KP-008', 'reads-then-deletes', 'reads and deletes in two steps', {
    ...inStore((store) => ({
      takeKeyPackage: async (key) => {
        const taken = await store.takeKeyPackage(key);
        if (!taken) return undefined;
        await store.restoreKeyPackage(key, taken);
        await sleep(3);
        await store.takeKeyPackage(key);
        return taken;
      },
    })),
  }),
  mutant('KP-009', 'none-is-an-error', 'refuses when there is none', {
    ...inMethod('fetchKeyPackage', async ({ next }) => {
      const results = await next();
      if (results.package.length === 0) throw refuse('E020');
      return results;
    }),
  }),
  mutant('KP-009', 'none-is-a-zero-byte', 'answers one zero byte when there is none', {
    ...inResults('fetchKeyPackage', (results) => (results.package.length === 0 ? { package: new Uint8Array(1) } : {})),
  }),
  mutant('KP-010', 'one-pool', 'keeps all packages in one pool', {
    ...inStore((store) => ({
      addKeyPackage: (_key, keyPackage, limit) => store.addKeyPackage(new Uint8Array(32), keyPackage, limit),
      takeKeyPackage: () => store.takeKeyPackage(new Uint8Array(32)),
      restoreKeyPackage: (_key, keyPackage) => store.restoreKeyPackage(new Uint8Array(32), keyPackage),
    })),
  }),
  mutant('KP-010', 'oneself-instead', 'gives out the caller’s own package instead of the one asked for', {
    ...inMethod('fetchKeyPackage', async ({ params, next, around }) =>
      next({ ...params, identityKey: (await around.identityOf(params.auth)) ?? params.identityKey }),
    ),
  }),
];

function withoutZeros(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 1 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

export const HYBRID_KEYS = [
  hybridMutant('HK-001', 'lookup-with-a-short-key', 'answers an empty key to an identity key of another length', {
    ...inMethod('fetchHybridKey', async ({ params, next }) =>
      params.identityKey.length === 32 ? next() : { hybridPublicKey: NOTHING },
    ),
  }),
  hybridMutant(
    'HK-001',
    'length-code',
    'refuses an identity key of another length as bad parameters',
    swapCode(['fetchHybridKey', 'uploadHybridKey'], 'E004', 'E020'),
  ),
  hybridMutant('HK-002', 'empty-deletes', 'an empty key takes the key away', {
    ...inMethod('uploadHybridKey', async ({ params, next }) => (params.hybridPublicKey.length === 0 ? {} : next())),
  }),
  hybridMutant(
    'HK-002',
    'empty-code',
    'refuses an empty key as an empty package',
    swapCode(['uploadHybridKey'], 'E013', 'E007'),
  ),
  hybridMutant('HK-003', 'any-length', 'takes keys of any length', {
    ...inMethod('uploadHybridKey', async ({ params, next, around }) => {
      const isOdd = params.hybridPublicKey.length > 0 && params.hybridPublicKey.length !== 1_216;
      if (!isOdd || !(await around.identityOf(params.auth))) return next();
      await around.store.putHybridKey(params.identityKey, params.hybridPublicKey);
      return {};
    }),
  }),
  hybridMutant('HK-003', 'kem-part-only', 'wants the ML-KEM part of 1,184 bytes alone', {
    ...inMethod('uploadHybridKey', async ({ params, next }) => {
      if (params.auth.version === 1 && params.hybridPublicKey.length === 1_216) throw refuse('E020');
      return next();
    }),
  }),
  hybridMutant('HK-004', 'x25519-part-only', 'gives the X25519 part back alone', {
    ...inResults('fetchHybridKey', ({ hybridPublicKey }) => ({ hybridPublicKey: hybridPublicKey.slice(0, 32) })),
  }),
  hybridMutant('HK-004', 'masks-a-bit', 'masks the bit of an X25519 key that does not count', {
    ...inResults('fetchHybridKey', ({ hybridPublicKey }) => ({
      hybridPublicKey: hybridPublicKey.map((byte, i) => (i === 31 ? byte & 0x7f : byte)),
    })),
  }),
  hybridMutant('HK-004', 'cuts-trailing-zeros', 'keeps keys as C strings', {
    ...inResults('fetchHybridKey', ({ hybridPublicKey }) => ({ hybridPublicKey: withoutZeros(hybridPublicKey) })),
  }),
  hybridMutant('HK-005', 'first-wins', 'a second key is ignored', {
    ...inStore((store) => ({
      putHybridKey: async (key, value) => {
        if (!(await store.getHybridKey(key))) await store.putHybridKey(key, value);
      },
    })),
  }),
  hybridMutant('HK-006', 'given-out-once', 'a fetched key is gone, as a KeyPackage is', {
    ...inStore((store) => {
      const gone = new Map<string, Uint8Array>();
      return {
        getHybridKey: async (key) => {
          const value = await store.getHybridKey(key);
          const before = gone.get(hex(key));
          if (!value || (before && sameBytes(before, value))) return undefined;
          gone.set(hex(key), value);
          return value;
        },
      };
    }),
  }),
  hybridMutant('HK-007', 'none-is-an-error', 'refuses when there is none', {
    ...inMethod('fetchHybridKey', async ({ next }) => {
      const results = await next();
      if (results.hybridPublicKey.length === 0) throw refuse('E013');
      return results;
    }),
  }),
  hybridMutant('HK-007', 'none-is-zeros', 'answers a key of zeros when there is none', {
    ...inResults('fetchHybridKey', ({ hybridPublicKey }) =>
      hybridPublicKey.length === 0 ? { hybridPublicKey: new Uint8Array(1_216) } : {},
    ),
  }),
  hybridMutant('HK-008', 'one-key', 'there is one key for all', {
    ...inStore((store) => ({
      putHybridKey: (_key, value) => store.putHybridKey(new Uint8Array(32), value),
      getHybridKey: () => store.getHybridKey(new Uint8Array(32)),
    })),
  }),
];
