// What goes wrong for people who are away, and when a server takes a connection, a device or a session for somebody.
import { randomBytes } from 'node:crypto';
import type { nodeService, ParamsOf } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import { combine } from '../combine.ts';
import { type Fault, mutantsOf, NOTHING, refuse, type Surroundings, sameBytes } from '../fault.ts';
import { calling, WITH_CONNECTIONS } from '../seams/connections.ts';
import { inMethod, inParams, type MethodName } from '../seams/methods.ts';
import { ALL } from '../seams/queues.ts';
import { GUARDED } from './authentication.ts';

const authentication = mutantsOf('authentication');
const batch = mutantsOf('batch');
const channels = mutantsOf('channels');
const delivery = mutantsOf('delivery');
const endpoints = mutantsOf('endpoints');
const hybrid = mutantsOf('hybrid-keys');
const keys = mutantsOf('key-packages');
const opaque = mutantsOf('opaque');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Who has called, and is connected still; hex of identity keys. */
type Present = (identityKey: Uint8Array) => 'here' | 'away' | 'unknown';

/** Takes note of who comes and goes. */
function whoIsThere(leaves: (identityKey: Uint8Array, around: Surroundings) => unknown): {
  fault: Fault;
  presence: Present;
} {
  const here = new Map<string, Set<QuicConnection>>();
  const fault = inMethod(GUARDED, async ({ params, next, around }) => {
    const identityKey = await around.identityOf(params.auth);
    const connection = calling.getStore();
    if (identityKey && connection) {
      const own = here.get(hex(identityKey)) ?? new Set();
      here.set(hex(identityKey), own);
      if (!own.has(connection)) {
        own.add(connection);
        void connection.closed.then(() => {
          own.delete(connection);
          if (own.size === 0) leaves(identityKey, around);
        });
      }
    }
    return next();
  });
  const presence: Present = (identityKey) => {
    const own = here.get(hex(identityKey));
    return own === undefined ? 'unknown' : own.size > 0 ? 'here' : 'away';
  };
  return { fault: { ...fault, ...WITH_CONNECTIONS }, presence };
}

/** A device is taken for the one that a token is bound to when the two are the same after that change. */
const sameDeviceAfter = (change: (device: Uint8Array) => Uint8Array): Fault =>
  inParams(GUARDED, ({ auth }, around) => {
    const right = around.withDevice(auth);
    return sameBytes(change(right.deviceId), change(auth.deviceId)) ? { auth: right } : {};
  });

const REMEMBERED_MS = 2_000;
const PER_DEVICE = {
  hybrid: ['uploadHybridKey', 'fetchHybridKey'],
  endpoint: ['publishEndpoint', 'resolveEndpoint'],
} as const;

export const PRESENCE = [
  authentication(
    'AUTH-018',
    'devices-in-hex',
    'takes a device in hex as well',
    inParams(GUARDED, ({ auth }, around) => {
      const right = around.withDevice(auth);
      return Buffer.from(auth.deviceId).toString('latin1') === hex(right.deviceId) ? { auth: right } : {};
    }),
  ),
  authentication(
    'AUTH-018',
    'devices-of-any-case',
    'compares devices as text of any case',
    sameDeviceAfter((device) => Buffer.from(Buffer.from(device).toString('latin1').toLowerCase(), 'latin1')),
  ),
  authentication(
    'AUTH-018',
    'devices-as-text',
    'compares devices as UTF-8 text',
    sameDeviceAfter((device) => Buffer.from(Buffer.from(device).toString())),
  ),
  channels('CH-002', 'ends-with-a-connection', 'forgets a channel when one of its members leaves', channelsOfTheHere()),
  delivery('DS-040', 'queues-of-the-connected', 'empties the queue of who leaves', {
    ...whoIsThere((recipientKey, { store }) => store.take({ recipientKey, channelId: NOTHING }, ALL)).fault,
  }),
  delivery(
    'DS-040',
    'drops-for-the-absent',
    'answers, and keeps nothing, when the recipient is away',
    dropsForAbsent(),
  ),
  keys('KP-013', 'packages-of-the-connected', 'forgets the KeyPackages of who leaves', {
    ...whoIsThere(async (identityKey, { store }) => {
      while (await store.takeKeyPackage(identityKey));
    }).fault,
  }),
  keys(
    'KP-013',
    'same-bytes-once',
    'keeps packages by their digest: the same bytes of two people once',
    sameBytesOnce(),
  ),
  hybrid('HK-005', 'keys-of-the-device', 'keeps a hybrid key for each device', perDevice('hybrid')),
  hybrid('HK-005', 'remembers-none', 'remembers for a while that there was no key', remembersNone('fetchHybridKey')),
  batch('BAT-001', 'remembers-none', 'remembers for a while who had no key when many were asked for', {
    ...remembersWhoHadNone(),
  }),
  hybrid('HK-008', 'replaces-packages', 'a hybrid key takes the place of KeyPackages', {
    ...inMethod('uploadHybridKey', async ({ params, next, around }) => {
      const results = await next();
      while (await around.store.takeKeyPackage(params.identityKey));
      return results;
    }),
  }),
  endpoints('EP-003', 'endpoints-of-the-device', 'keeps an endpoint for each device', perDevice('endpoint')),
  endpoints(
    'EP-003',
    'remembers-none',
    'remembers for a while that there was no endpoint',
    remembersNone('resolveEndpoint'),
  ),
  endpoints('EP-006', 'replaces-packages', 'an endpoint takes the place of KeyPackages', {
    ...inMethod('publishEndpoint', async ({ params, next, around }) => {
      const results = await next();
      while (await around.store.takeKeyPackage(params.identityKey));
      return results;
    }),
  }),
  keys('KP-007', 'packages-of-the-device', 'gives a device the packages that it has uploaded itself', ofTheDevice()),
  opaque('OPQ-004', 'tokens-of-the-connection', 'forgets a token when the connection of its login ends', {
    ...tokensOfConnections(),
  }),
  opaque(
    'OPQ-004',
    'tokens-for-fetching',
    'takes session tokens to fetch with, and for nothing else',
    tokensFor(['fetch', 'fetchWait', 'peek', 'ack', 'fetchKeyPackage', 'fetchHybridKey', 'fetchHybridKeys']),
  ),
  opaque(
    'OPQ-004',
    'tokens-not-for-channels',
    'has channels for other tokens than those of a login',
    tokensFor(GUARDED.filter((name) => name !== 'createChannel')),
  ),
];

function channelsOfTheHere(): Fault {
  const ids = new Map<string, Uint8Array>();
  const { fault } = whoIsThere((identityKey) => {
    for (const pair of ids.keys()) if (pair.includes(hex(identityKey))) ids.delete(pair);
  });
  const made = inMethod('createChannel', async ({ params, next, around }) => {
    await next();
    const own = await around.identityOf(params.auth);
    const pair = [hex(own ?? NOTHING), hex(params.peerKey)].sort().join('/');
    const channelId = ids.get(pair) ?? new Uint8Array(randomBytes(16));
    ids.set(pair, channelId);
    return { channelId };
  });
  return combine([made, fault]);
}

function dropsForAbsent(): Fault {
  const { fault, presence } = whoIsThere(() => {});
  const drops = inMethod('enqueue', async ({ params, next, around }) => {
    const isAway = presence(params.recipientKey) === 'away';
    const results = await next();
    if (isAway) {
      const left = await around.store.take(params, ALL);
      await around.store.restore(
        params,
        left.filter(({ seq }) => seq !== results.seq),
      );
    }
    return results;
  });
  return combine([drops, fault]);
}

function sameBytesOnce(): Fault {
  const owners = new Map<string, string>();
  return inMethod(['uploadKeyPackage', 'fetchKeyPackage'], async ({ params, next, around }) => {
    const owner = hex(params.identityKey);
    const results = await next();
    if ('fingerprint' in results && 'package' in params) {
      const first = owners.get(hex(params.package));
      if (first === undefined || first === owner) owners.set(hex(params.package), owner);
      // Kept already, under somebody else's name.
      else await around.store.takeKeyPackage(params.identityKey);
    } else if ('package' in results) owners.delete(hex(results.package));
    return results;
  });
}

function ofTheDevice(): Fault {
  const uploaded = new Map<string, string[]>();
  return inMethod(['uploadKeyPackage', 'fetchKeyPackage'], async ({ params, next }) => {
    const owner = hex(params.identityKey);
    const devices = uploaded.get(owner) ?? [];
    uploaded.set(owner, devices);
    const device = hex(params.auth.deviceId);
    if ('package' in params) {
      const results = await next();
      devices.push(device);
      return results;
    }
    if (devices.length > 0 && devices[0] !== device) return { package: NOTHING };
    devices.shift();
    return next();
  });
}

function tokensOfConnections(): Fault {
  const ended = new Set<string>();
  const logins = inMethod('opaqueLoginFinish', async ({ next }) => {
    const results = await next();
    void calling.getStore()?.closed.then(() => ended.add(hex(results.sessionToken)));
    return results;
  });
  const calls = inMethod(GUARDED, ({ params, next }) => {
    if (ended.has(hex(params.auth.accessToken))) throw refuse('E003');
    return next();
  });
  return { ...combine([calls, logins]), ...WITH_CONNECTIONS };
}

function tokensFor(names: readonly MethodName[]): Fault {
  const issued = new Set<string>();
  const logins = inMethod('opaqueLoginFinish', async ({ next }) => {
    const results = await next();
    issued.add(hex(results.sessionToken));
    return results;
  });
  const calls = inMethod(GUARDED, ({ name, params, next }) => {
    if (!names.includes(name) && issued.has(hex(params.auth.accessToken))) throw refuse('E003');
    return next();
  });
  return combine([calls, logins]);
}

/** What was put last by a device is found by that device. */
function perDevice(kind: keyof typeof PER_DEVICE): Fault {
  const [put, get] = PER_DEVICE[kind];
  const kept = new Map<string, ParamsOf<(typeof nodeService)[typeof put]>>();
  return inMethod([put, get], async ({ name, params, next }) => {
    const key = `${hex(params.identityKey)}/${hex(params.auth.deviceId)}`;
    const results = await next();
    if (name === put) kept.set(key, params as never);
    if (name === put) return results;
    const { hybridPublicKey = NOTHING, nodeAddr = NOTHING } = (kept.get(key) ?? {}) as Record<string, Uint8Array>;
    return { hybridPublicKey, nodeAddr } as never;
  });
}

function remembersNone(method: 'fetchHybridKey' | 'resolveEndpoint'): Fault {
  const none = new Map<string, number>();
  return inMethod(method, async ({ params, next }) => {
    const results = await next();
    const key = hex(params.identityKey);
    if (Date.now() < (none.get(key) ?? 0)) return { hybridPublicKey: NOTHING, nodeAddr: NOTHING } as never;
    if (Object.values(results).every((bytes) => bytes.length === 0)) none.set(key, Date.now() + REMEMBERED_MS);
    return results;
  });
}

function remembersWhoHadNone(): Fault {
  const none = new Map<string, number>();
  return inMethod('fetchHybridKeys', async ({ params, next }) => {
    const { keys } = await next();
    return {
      keys: keys.map((key, i) => {
        const name = hex(params.identityKeys[i] ?? NOTHING);
        if (Date.now() < (none.get(name) ?? 0)) return NOTHING;
        if (key.length === 0) none.set(name, Date.now() + REMEMBERED_MS);
        return key;
      }),
    };
  });
}
