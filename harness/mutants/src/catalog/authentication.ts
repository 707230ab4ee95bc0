import { AUTH_VERSION_TOKEN, type Auth, nodeService, parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf, NOTHING, refuse, sameBytes } from '../fault.ts';
import { inErrors, inMethod, inParams, type MethodName } from '../seams/methods.ts';

const mutant = mutantsOf('authentication');

/** The methods that take an `auth`. */
export const GUARDED = (Object.keys(nodeService) as MethodName[]).filter(
  (name) => name !== 'health' && !name.startsWith('opaque'),
) as Exclude<MethodName, 'health' | `opaque${string}`>[];

const CORE_GUARDED = [
  'uploadKeyPackage',
  'fetchKeyPackage',
  'enqueue',
  'fetch',
  'fetchWait',
  'uploadHybridKey',
  'fetchHybridKey',
] as const;

const codeOf = (error: unknown): string | undefined =>
  error instanceof RpcException ? parseReason(error.reason) : undefined;

/** Refusals with one code come with another. */
export const swapCode = (names: readonly MethodName[], from: string, to: Parameters<typeof refuse>[0]): Fault =>
  inErrors(names, (error) => (codeOf(error) === from ? refuse(to) : error));

/** Somebody who is let in as if with a right token: the one whose key the call names, else just anybody. */
type Keyed = { identityKey?: Uint8Array; recipientKey?: Uint8Array };

export const AUTHENTICATION = [
  mutant('AUTH-001', 'lengths-first', 'checks the length of the key before the token', {
    ...inMethod(['fetch', 'fetchWait', 'enqueue'], ({ params, next }) => {
      if (params.recipientKey.length !== 32) throw refuse('E004');
      return next();
    }),
  }),
  mutant('AUTH-001', 'version-first', 'checks the wire version before the token', {
    ...inMethod(['fetch', 'enqueue'], ({ params, next }) => {
      if (params.version !== 1) throw refuse('E012');
      return next();
    }),
  }),
  mutant('AUTH-001', 'channel-first', 'looks the channel up before the token: anybody learns which channels exist', {
    ...inMethod(['fetch', 'fetchWait', 'enqueue'], async ({ params, next, around }) => {
      if (params.channelId.length === 16 && !(await around.store.channel(params.channelId))) throw refuse('E023');
      return next();
    }),
  }),
  mutant('AUTH-001', 'empty-payload-first', 'checks the payload before the token', {
    ...inMethod('enqueue', ({ params, next }) => {
      if (params.payload.length === 0) throw refuse('E005');
      return next();
    }),
  }),
  mutant('AUTH-001', 'payload-size-first', 'measures the payload before it looks at the token', {
    ...inMethod('enqueue', ({ params, next }) => {
      if (params.payload.length > 5 << 20) throw refuse('E006');
      return next();
    }),
  }),
  mutant('AUTH-001', 'package-size-first', 'measures the package before it looks at the token', {
    ...inMethod('uploadKeyPackage', ({ params, next }) => {
      if (params.package.length > 1 << 20) throw refuse('E008');
      return next();
    }),
  }),
  mutant('AUTH-001', 'expiry-last', 'compares identities before it looks whether a token has expired', {
    ...inMethod(['fetch', 'uploadKeyPackage', 'uploadHybridKey'], async ({ params, next, around }) => {
      const own = params.auth.version === 1 && (await around.identityOf(params.auth));
      if (own && !sameBytes(own, 'recipientKey' in params ? params.recipientKey : params.identityKey))
        throw refuse('E016');
      return next();
    }),
  }),
  mutant('AUTH-002', 'drains-before-it-refuses', 'a fetch takes the messages out before it looks at the token', {
    ...inMethod('fetch', async ({ params, next, around }) => {
      const known = await around.identityOf(params.auth);
      if (!known && params.recipientKey.length === 32)
        await around.store.take(params, { messages: 1_000, bytes: 1 << 20 });
      return next();
    }),
  }),
  mutant('AUTH-002', 'drains-for-another-device', 'a fetch takes the messages out before it looks at the device', {
    ...inMethod('fetch', async ({ params, next, around }) => {
      const right = around.withDevice(params.auth);
      if (!sameBytes(right.deviceId, params.auth.deviceId))
        await around.store.take(params, { messages: 1_000, bytes: 1 << 20 });
      return next();
    }),
  }),
  mutant('AUTH-002', 'stores-before-it-refuses', 'enqueue stores the message, then finds the token unknown', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const known = params.auth.version === 1 ? await around.identityOf(params.auth) : undefined;
      if (!known && params.recipientKey.length === 32 && params.payload.length > 0)
        await around.store.enqueue(params, params.payload, { messages: 10_000, bytes: 1 << 28 });
      return next();
    }),
  }),
  mutant('AUTH-002', 'takes-package-before-it-refuses', 'an unauthenticated fetchKeyPackage uses a KeyPackage up', {
    ...inMethod('fetchKeyPackage', async ({ params, next, around }) => {
      const known = params.auth.version === 1 ? await around.identityOf(params.auth) : undefined;
      if (!known && params.identityKey.length === 32) await around.store.takeKeyPackage(params.identityKey);
      return next();
    }),
  }),
  ...CORE_GUARDED.map((name) =>
    mutant('AUTH-003', `open-${name}`, `${name} takes calls without a token`, {
      ...inParams([name], (params, around) => {
        const { identityKey, recipientKey } = params as Keyed;
        if (params.auth.version !== 0) return {};
        return { auth: around.authOf(recipientKey ?? identityKey ?? NOTHING) };
      }),
    }),
  ),
  mutant('AUTH-003', 'version-0-with-a-token', 'a token makes version 0 acceptable', {
    ...inParams(GUARDED, ({ auth }) =>
      auth.version === 0 && auth.accessToken.length > 0 ? { auth: { ...auth, version: AUTH_VERSION_TOKEN } } : {},
    ),
  }),
  mutant('AUTH-004', 'open-but-for-waiting', 'an open server refuses fetchWait without a token', {
    isOpen: true,
    ...inMethod('fetchWait', ({ params, next }) => {
      if (params.auth.version === 0) throw refuse('E001');
      return next();
    }),
  }),
  mutant('AUTH-005', 'any-version', 'takes a version it does not know for version 1', {
    ...inParams(GUARDED, ({ auth }) => (auth.version > 1 ? { auth: { ...auth, version: 1 } } : {})),
  }),
  mutant('AUTH-005', 'version-by-its-low-byte', 'reads the version as a byte', {
    ...inParams(GUARDED, ({ auth }) => ({ auth: { ...auth, version: auth.version & 0xff } })),
  }),
  mutant(
    'AUTH-006',
    'empty-token-is-unknown',
    'answers an empty token as an unknown one',
    swapCode(GUARDED, 'E002', 'E003'),
  ),
  mutant('AUTH-006', 'empty-token-fits', 'compares as many bytes as the caller gave: none always fit', {
    ...inParams(GUARDED, (params, around) => {
      const { identityKey, recipientKey } = params as Keyed;
      const isEmpty = params.auth.version === 1 && params.auth.accessToken.length === 0;
      return isEmpty ? { auth: around.authOf(recipientKey ?? identityKey ?? NOTHING) } : {};
    }),
  }),
  mutant('AUTH-007', 'prefix', 'a token that begins like a known one is taken for it', {
    accounts: (accounts) => ({
      isReserved: (identityKey) => accounts.isReserved(identityKey),
      find: async (token) => {
        for (let length = token.length; length >= 16; length -= 1) {
          const found = await accounts.find(token.subarray(0, length));
          if (found) return found;
        }
        return undefined;
      },
    }),
  }),
  mutant('AUTH-007', 'trailing-zeros', 'compares as C strings: a zero byte ends the token', {
    accounts: (accounts) => ({
      isReserved: (identityKey) => accounts.isReserved(identityKey),
      find: async (token) => {
        const end = token.at(-1) === 0 ? token.subarray(0, -1) : token;
        return (await accounts.find(token)) ?? accounts.find(end);
      },
    }),
  }),
  mutant(
    'AUTH-007',
    'unknown-token-as-identity',
    'an unknown token is answered E016',
    swapCode(GUARDED, 'E003', 'E016'),
  ),
  mutant('AUTH-007', 'identity-key-is-a-token', 'takes the public identity key for a token', {
    ...inParams(GUARDED, ({ auth }, around) => {
      const own = around.authOf(auth.accessToken);
      return own.version === 1 ? { auth: own } : {};
    }),
  }),
  mutant('AUTH-008', 'fetchwait-knows-no-token', 'one method forgets that tokens exist', {
    ...inMethod('fetchWait', () => Promise.reject(refuse('E003'))),
  }),
  mutant('AUTH-010', 'no-expiry', 'tokens never expire', { now: () => -1 }),
  mutant(
    'AUTH-010',
    'expired-is-unknown',
    'an expired token is answered as unknown',
    swapCode(GUARDED, 'E017', 'E003'),
  ),
  mutant(
    'AUTH-011',
    'first-token-of-the-process',
    'remembers who called first, and takes everybody for them',
    firstCaller(),
  ),
  mutant(
    'AUTH-012',
    'upload-for-anybody',
    'lets anybody upload KeyPackages under any identity',
    actAs(['uploadKeyPackage']),
  ),
  mutant('AUTH-012', 'hybrid-for-anybody', 'lets anybody replace anybody’s hybrid key', actAs(['uploadHybridKey'])),
  mutant(
    'AUTH-012',
    'upload-code',
    'refuses another’s identity key as an unknown token',
    swapCode(['uploadKeyPackage', 'uploadHybridKey'], 'E016', 'E003'),
  ),
  mutant('AUTH-013', 'fetch-anybodys', 'lets anybody fetch anybody’s queue', actAs(['fetch'])),
  mutant('AUTH-013', 'wait-on-anybodys', 'lets anybody wait on anybody’s queue', actAs(['fetchWait'])),
  mutant('AUTH-013', 'peek-at-anybodys', 'lets anybody look into anybody’s queue', actAs(['peek'])),
  mutant('AUTH-013', 'ack-anybodys', 'lets anybody acknowledge away anybody’s messages', actAs(['ack'])),
  mutant('AUTH-013', 'reads-for-the-other-member', 'takes being a member for owning every queue of the channel', {
    ...inParams(['fetch', 'fetchWait', 'peek', 'ack'], ({ auth, channelId, recipientKey }, around) => {
      const owner = around.authOf(recipientKey);
      return around.isKnown(auth) && channelId.length === 16 && owner.version === 1 ? { auth: owner } : {};
    }),
  }),
  mutant('AUTH-013', 'answers-with-nothing', 'answers an empty list to who fetches another’s queue', {
    ...inMethod(['fetch', 'fetchWait'], async ({ next }) => {
      try {
        return await next();
      } catch (error) {
        if (codeOf(error) === 'E016') return { payloads: [] };
        throw error;
      }
    }),
  }),
  mutant('AUTH-014', 'lookup-for-oneself-only', 'fetchKeyPackage wants one’s own identity', {
    ...inMethod(['fetchKeyPackage', 'fetchHybridKey'], async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      if (own && !sameBytes(own, params.identityKey)) throw refuse('E016');
      return next();
    }),
  }),
  mutant('AUTH-014', 'enqueue-to-oneself-only', 'enqueue wants one’s own queue', {
    ...inMethod('enqueue', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      if (own && !sameBytes(own, params.recipientKey)) throw refuse('E016');
      return next();
    }),
  }),
  mutant('AUTH-015', 'no-device-ids', 'refuses device ids', {
    ...inMethod(GUARDED, ({ params, next }) => {
      if (params.auth.deviceId.length > 0) throw refuse('E020');
      return next();
    }),
  }),
  mutant('AUTH-015', 'device-ids-below-64', 'refuses a device id of just 64 bytes', { limits: { deviceIdBytes: 63 } }),
  mutant('AUTH-016', 'device-ids-of-8-bits', 'measures a device id in 8 bits', {
    ...inParams(GUARDED, ({ auth }) => ({
      auth: { ...auth, deviceId: auth.deviceId.slice(0, auth.deviceId.length & 0xff) },
    })),
  }),
  mutant('AUTH-016', 'device-ids-of-any-length', 'takes device ids of any length', {
    limits: { deviceIdBytes: 1 << 20 },
  }),
  mutant('AUTH-017', 'health-wants-a-token', 'health is refused', {
    ...inMethod('health', () => Promise.reject(refuse('E001'))),
  }),
  mutant('AUTH-018', 'any-device', 'takes a token of a device from every device', {
    accounts: (accounts) => ({
      isReserved: (identityKey) => accounts.isReserved(identityKey),
      find: async (token) => {
        const account = await accounts.find(token);
        return account && { ...account, deviceId: undefined };
      },
    }),
  }),
  mutant('AUTH-018', 'no-device-is-any', 'lets a token of a device in that names no device', {
    ...inParams(GUARDED, ({ auth }, around) => (auth.deviceId.length === 0 ? { auth: around.withDevice(auth) } : {})),
  }),
  mutant('AUTH-018', 'no-devices-at-lookups', 'looks at the device where something of the caller’s own is touched', {
    ...inParams(['fetchKeyPackage', 'fetchHybridKey', 'fetchHybridKeys', 'resolveEndpoint'], ({ auth }, around) => ({
      auth: around.withDevice(auth),
    })),
  }),
  mutant('AUTH-018', 'no-devices-at-new-methods', 'methods that were added later know no devices', {
    ...inParams(['peek', 'ack', 'batchEnqueue', 'createChannel', 'publishEndpoint'], ({ auth }, around) => ({
      auth: around.withDevice(auth),
    })),
  }),
];

/** Whoever calls is taken for the one whose key the call names. */
function actAs(names: ('uploadKeyPackage' | 'uploadHybridKey' | 'fetch' | 'fetchWait' | 'peek' | 'ack')[]): Fault {
  return inParams(names, (params, around) => {
    const { identityKey, recipientKey } = params as Keyed;
    const auth = around.authOf(recipientKey ?? identityKey ?? NOTHING);
    return params.auth.version === 1 && auth.version === 1 ? { auth } : {};
  });
}

/** Whoever called first is who calls. */
function firstCaller(): Fault {
  let first: Auth | undefined;
  return inMethod(['enqueue', 'fetch', 'fetchKeyPackage', 'uploadKeyPackage'], async ({ params, next, around }) => {
    if (!(await around.identityOf(params.auth))) return next();
    first ??= params.auth;
    return next({ ...params, auth: first });
  });
}
