// Slips in one method, one field or one code, where the others are right.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RpcException } from '@quicnprotochat/rpc';
import type { Store } from '@quicnprotochat/server';
import { type Fault, type Mutant, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inErrors, inMethod, inParams, inResults } from '../seams/methods.ts';
import { ALL } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';
import { GUARDED } from './authentication.ts';

const authentication = mutantsOf('authentication');
const batch = mutantsOf('batch');
const channels = mutantsOf('channels');
const delivery = mutantsOf('delivery');
const errors = mutantsOf('errors');
const keys = mutantsOf('key-packages');
const opaque = mutantsOf('opaque');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hasCode = (error: unknown, code: string): error is RpcException =>
  error instanceof RpcException && error.reason.startsWith(code);

/** Methods beyond the core profile, one of each. */
const LATER = [
  'createChannel',
  'peek',
  'ack',
  'fetchHybridKeys',
  'batchEnqueue',
  'publishEndpoint',
  'resolveEndpoint',
] as const;
const OPAQUE = ['opaqueRegisterStart', 'opaqueRegisterFinish', 'opaqueLoginStart', 'opaqueLoginFinish'] as const;

const ofType = (code: string, type: 'disconnected' | 'overloaded' | 'unimplemented'): Mutant =>
  errors('ERR-001', `${code.toLowerCase()}-is-${type}`, `refuses with ${code} by an exception of type ${type}`, {
    ...inErrors(GUARDED, (error) => (hasCode(error, code) ? new RpcException(type, error.reason) : error)),
  });
const repeatsToken = (code: string): Mutant =>
  errors(
    'ERR-004',
    `repeats-the-token-at-${code.toLowerCase()}`,
    `says whose token it was when it refuses with ${code}`,
    {
      ...inMethod(GUARDED, async ({ params, next }) => {
        try {
          return (await next()) as never;
        } catch (error) {
          throw hasCode(error, code)
            ? new RpcException('failed', `${error.reason} (${hex(params.auth.accessToken)})`)
            : error;
        }
      }),
    },
  );

export const ONE_METHOD = [
  authentication(
    'AUTH-001',
    'no-package-without-a-token',
    'says before it looks at the token that there is no KeyPackage',
    {
      ...inMethod('fetchKeyPackage', async ({ params, next, around }) => {
        const found =
          params.identityKey.length === 32 ? await around.store.takeKeyPackage(params.identityKey) : NOTHING;
        if (!found) return { package: NOTHING };
        if (found !== NOTHING) await around.store.restoreKeyPackage(params.identityKey, found);
        return next();
      }),
    },
  ),
  authentication(
    'AUTH-001',
    'no-key-without-a-token',
    'says before it looks at the token that there is no hybrid key',
    {
      ...inMethod('fetchHybridKey', async ({ params, next, around }) =>
        params.identityKey.length === 32 && !(await around.store.getHybridKey(params.identityKey))
          ? { hybridPublicKey: NOTHING }
          : next(),
      ),
    },
  ),
  authentication(
    'AUTH-001',
    'no-endpoint-without-a-token',
    'says before it looks at the token that there is no endpoint',
    {
      ...inMethod('resolveEndpoint', async ({ params, next, around }) =>
        params.identityKey.length === 32 && !(await around.store.getEndpoint(params.identityKey))
          ? { nodeAddr: NOTHING }
          : next(),
      ),
    },
  ),
  authentication('AUTH-001', 'length-first-of-hybrid-keys', 'uploadHybridKey looks at the length of the key first', {
    ...inMethod('uploadHybridKey', ({ params, next }) => {
      if (params.identityKey.length !== 32) throw refuse('E004');
      return next();
    }),
  }),
  authentication('AUTH-001', 'length-first-of-fetches', 'fetch looks at the length of the key first', {
    ...inMethod('fetch', ({ params, next }) => {
      if (params.recipientKey.length !== 32) throw refuse('E004');
      return next();
    }),
  }),
  authentication('AUTH-002', 'batch-stores-before-it-refuses', 'a batch is stored, then the token is found unknown', {
    ...inMethod('batchEnqueue', async ({ params, next, around }) => {
      const { auth, recipientKeys, channelId, payload } = params;
      if (!around.isKnown(auth) && payload.length > 0)
        for (const recipientKey of recipientKeys)
          if (recipientKey.length === 32) await around.store.enqueue({ recipientKey, channelId }, payload, ALL);
      return next();
    }),
  }),
  authentication('AUTH-007', 'seen-by-its-beginning', 'remembers tokens that were right by their first 16 bytes', {
    ...seenByBeginning(),
  }),
  ...LATER.flatMap((name) => [
    authentication('AUTH-015', `no-devices-at-${name}`, `${name} takes no devices`, {
      ...inMethod(name, ({ params, next, around }) => {
        const isUnbound = around.isKnown(params.auth) && around.withDevice(params.auth) === params.auth;
        if (isUnbound && params.auth.deviceId.length > 0) throw refuse('E020');
        return next() as never;
      }),
    }),
    authentication('AUTH-016', `long-devices-at-${name}`, `${name} takes devices of any length`, {
      ...inParams(name, ({ auth }, around) => {
        const isLong = auth.deviceId.length > 64 && around.isKnown(auth);
        return (isLong ? { auth: { ...auth, deviceId: auth.deviceId.slice(0, 64) } } : {}) as never;
      }),
    }),
  ]),
  ...(['disconnected', 'overloaded', 'unimplemented'] as const).flatMap((type) =>
    ['E006', 'E008', 'E017'].map((code) => ofType(code, type)),
  ),
  ...['E005', 'E016', 'E017', 'E023'].map(repeatsToken),
  batch('BAT-001', 'answers-of-64-kib', 'returns 64 KiB of keys, and has none of the others', {
    ...inResults('fetchHybridKeys', ({ keys: found }) => {
      let bytes = 0;
      const within = found.map((key) => {
        bytes += key.length;
        return bytes > 65_536 ? NOTHING : key;
      });
      return { keys: within };
    }),
  }),
  channels(
    'CH-003',
    'pairs-by-31-bytes',
    'looks at 31 bytes of the keys of a pair',
    pairsBy((key) => hex(key.subarray(0, 31))),
  ),
  channels(
    'CH-003',
    'pairs-as-text',
    'keeps pairs by their keys as UTF-8 text',
    pairsBy((key) => Buffer.from(key).toString()),
  ),
  delivery('DS-007', 'waits-under-odd-ids', 'a wait takes a channel id of another length for none', {
    ...inParams('fetchWait', ({ channelId }) => ([0, 16].includes(channelId.length) ? {} : { channelId: NOTHING })),
  }),
  batch('BAT-003', 'first-and-last', 'looks at the length of the first key and of the last', {
    ...inParams('fetchHybridKeys', ({ identityKeys }) => ({ identityKeys: withinFitted(identityKeys) })),
  }),
  batch('DS-001', 'first-and-last-recipient', 'looks at the length of the first recipient and of the last', {
    ...inParams('batchEnqueue', ({ recipientKeys }) => ({ recipientKeys: withinFitted(recipientKeys) })),
  }),
  delivery('DS-011', 'takes-one-more', 'a fetch with a limit removes one message more than it returns', {
    ...inStore((store) => ({
      take: async (queue, max) => {
        const taken = await store.take(queue, max);
        if (max.messages > 1 && max.messages !== ALL.messages) await store.take(queue, { ...max, messages: 1 });
        return taken;
      },
    })),
  }),
  delivery('DS-032', 'hundred-at-a-time', 'an ack removes a hundred messages at most', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        const first = await store.peek(queue, { ...ALL, messages: 100 });
        const last = first.filter(({ seq }) => seq <= seqUpTo).at(-1);
        if (last) await store.ack(queue, last.seq);
      },
    })),
  }),
  delivery('DS-013', 'polls-each-second', 'a fetch that finds nothing looks again after a second', {
    ...inMethod('fetch', async ({ next }) => {
      const results = await next();
      if (results.payloads.length > 0) return results;
      await sleep(1_000);
      return next();
    }),
  }),
  keys('KP-004', 'no-zeros-in-front', 'writes a fingerprint as a number, without zeros in front', {
    ...inResults('uploadKeyPackage', ({ fingerprint }) => ({
      fingerprint: fingerprint.slice(fingerprint.findIndex((byte) => byte !== 0)),
    })),
  }),
  keys('KP-009', 'keys-are-numbers', 'reads an identity key as a number, which zeros in front make shorter', {
    ...inMethod('fetchKeyPackage', ({ params, next, around }) => {
      if (params.identityKey[0] === 0 && around.isKnown(params.auth)) throw refuse('E004');
      return next();
    }),
  }),
  opaque('OPQ-004', 'tokens-upload-for-anybody', 'lets who has logged in upload KeyPackages for anybody', {
    ...inMethod('uploadKeyPackage', async ({ params, next, around }) => {
      const own = around.isKnown(params.auth) ? undefined : await around.identityOf(params.auth);
      const isRight = params.identityKey.length === 32 && params.package.length > 0;
      if (!own || !isRight || params.auth.version !== 1) return next();
      await around.store.addKeyPackage(params.identityKey, params.package, 1_000);
      return { fingerprint: createHash('sha256').update(params.package).digest() };
    }),
  }),
  opaque('OPQ-029', 'names-end-at-zero', 'reads names as C strings', {
    ...inParams(OPAQUE, ({ username }) => ({ username: username.split('\0')[0] ?? '' })),
  }),
  opaque('OPQ-029', 'stores-names-up-to-zero', 'looks for a name as it is given, and stores it as a C string', {
    ...inStore((store) => ({
      addUser: async (user, limit) => {
        if (await store.user(user.username)) return 'username-taken' as const;
        const [username = ''] = user.username.split('\0');
        await store.revoke(username);
        return store.addUser({ ...user, username }, limit);
      },
    })),
  }),
];

const withinFitted = (all: readonly Uint8Array[]): Uint8Array[] =>
  all.map((key, i) => (i > 0 && i < all.length - 1 && key.length !== 32 ? new Uint8Array(32) : key));

function seenByBeginning(): Fault {
  const seen = new Map<string, Uint8Array>();
  return inParams(GUARDED, ({ auth }, around) => {
    const beginning = hex(auth.accessToken.subarray(0, 16));
    if (around.isKnown(auth)) seen.set(beginning, auth.accessToken);
    const accessToken = auth.version === 1 ? seen.get(beginning) : undefined;
    return accessToken ? { auth: { ...auth, accessToken } } : {};
  });
}

/** One channel for each two of those names. */
function pairsBy(nameOfKey: (key: Uint8Array) => string): Fault {
  return inStore((store: Store) => {
    const ids = new Map<string, Uint8Array>();
    return {
      channelOf: async (one, other, newId) => {
        const pair = [one, other].map(nameOfKey).sort().join('/');
        const id = ids.get(pair) ?? (await store.channelOf(one, other, newId));
        ids.set(pair, id);
        return id;
      },
    };
  });
}
