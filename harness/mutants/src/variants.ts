import { createHash, createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService, parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { asCpp } from './as-cpp.ts';
import { GUARDED } from './catalog/authentication.ts';
import { combine } from './combine.ts';
import { type Fault, refuse, sameBytes, type Variant } from './fault.ts';
import { inErrors, inMethod, inParams, inResults, type MethodName } from './seams/methods.ts';
import { waitMs } from './seams/queues.ts';
import { inTwoSegments, type Layout, relayout } from './seams/relayout.ts';
import { session, WITH_SESSIONS } from './seams/sessions.ts';
import { inMessages } from './seams/stream.ts';

const ALL = Object.keys(nodeService) as MethodName[];
const BEYOND_CORE = ALL.filter((name) => nodeService[name].methodId > 7);
const variant = (id: string, what: string, fault: Fault, declared?: Record<string, number>): Variant => ({
  id: `variant/${id}`,
  what,
  fault,
  ...(declared ? { declared } : {}),
});

/** Messages of the server in another layout. */
const laidOut = (change: (bytes: Uint8Array) => Uint8Array): Fault =>
  inMessages(() => ({ outgoing: ({ message, bytes }) => [message.kind === 'unimplemented' ? bytes : change(bytes)] }));
const layout = (options: Partial<Layout>): Fault =>
  laidOut((bytes) => relayout(bytes, { isReversed: false, extraWords: 0, extraPointers: 0, ...options }));

const GREATEST = (1n << 64n) - 1n;

/** Every number of a queue is greater by this. */
function numbersFrom(first: bigint): Fault {
  const shifted = inResults(['enqueue', 'fetch', 'fetchWait', 'peek', 'batchEnqueue'], (results) => {
    if ('seq' in results) return { seq: results.seq + first };
    if ('seqs' in results) return { seqs: results.seqs.map((seq) => seq + first) };
    return { payloads: results.payloads.map(({ seq, payload }) => ({ seq: seq + first, payload })) };
  });
  const acks = inParams('ack', ({ seqUpTo }) => ({
    seqUpTo: seqUpTo < first ? 0n : seqUpTo - first < GREATEST ? seqUpTo - first : GREATEST,
  }));
  return combine([acks, shifted]);
}

const OTHER_LIMITS = {
  queueMessages: 150,
  queueBytes: 40 * 1024 * 1024,
  payloadBytes: 700_000,
  packageBytes: 90_000,
  answerBytes: 1024 * 1024,
  fetchWaitMs: 3_000,
  batchRecipients: 8,
  batchKeys: 8,
  nodeAddrBytes: 300,
  deviceIdBytes: 64,
};

/** Servers that are right: each does something otherwise than the reference that the specification leaves open. */
export const VARIANTS: readonly Variant[] = [
  variant('other-texts', 'gives no names of errors, and texts in another language', {
    ...inErrors(GUARDED, (error) => {
      const code = error instanceof RpcException ? parseReason(error.reason) : undefined;
      return code ? new RpcException('failed', `${code} – abgelehnt: «ungültig»`) : error;
    }),
  }),
  variant(
    'overloaded',
    'calls a full queue and too many calls overloaded',
    {
      ...inErrors(GUARDED, (error) =>
        error instanceof RpcException && /^E01[45]/.test(error.reason)
          ? new RpcException('overloaded', error.reason)
          : error,
      ),
      limits: { queueMessages: 200 },
    },
    { queueMessages: 200 },
  ),
  variant('slower', 'takes 40 ms and more for each call', {
    ...inMethod(ALL, async ({ name, next }) => {
      const results = await next();
      await sleep(name === 'fetchWait' ? 5 : 40 + Math.random() * 40);
      return results;
    }),
  }),
  variant('other-limits', 'has smaller limits of every kind', { limits: OTHER_LIMITS }, OTHER_LIMITS),
  variant('two-segments', 'sends messages in two segments', laidOut(inTwoSegments)),
  variant('reversed', 'lays the parts of a message out in another order', layout({ isReversed: true })),
  variant(
    'newer-schema',
    'has a newer schema, with further fields in every struct',
    layout({ extraWords: 1, extraPointers: 2 }),
  ),
  variant('numbers-elsewhere', 'begins to count at 2^40', numbersFrom(1n << 40n)),
  variant('numbers-from-zero', 'begins to count at 0', numbersFrom(-1n)),
  variant('great-numbers', 'begins to count beyond 2^63', numbersFrom((1n << 63n) + 5n)),
  variant('other-order', 'answers calls of a session in any order', inAnyOrder()),
  variant('as-cpp', 'does in corner cases of RPC what the C++ implementation does', asCpp()),
  variant('core-only', 'has the eight methods of the first generation', {
    ...inMethod(BEYOND_CORE, () => Promise.reject(new RpcException('unimplemented', 'method not implemented'))),
    withoutOpaque: true,
  }),
  variant('small-pieces', 'writes its messages in pieces of a few bytes', {
    ...inMessages(() => ({
      pieces: (bytes) => {
        if (bytes.length > 4_000) return [bytes];
        const pieces: Uint8Array[] = [];
        for (let at = 0, size = 1; at < bytes.length; at += size, size = (size % 13) + 1)
          pieces.push(bytes.subarray(at, at + size));
        return pieces;
      },
    })),
  }),
  variant('odd-ids-refused', 'refuses channel ids of other lengths', {
    ...inMethod(['enqueue', 'fetch', 'fetchWait', 'peek', 'ack', 'batchEnqueue'], async ({ params, next, around }) => {
      const { channelId } = params;
      const isOdd = channelId.length !== 0 && channelId.length !== 16;
      if (isOdd && around.isKnown(params.auth)) throw refuse('E020');
      return next();
    }),
  }),
  variant('odd-ids-apart', 'keeps a queue for a channel id of any length', {
    ...inMethod(['enqueue', 'fetch'], async ({ name, params, next, around }) => {
      const { channelId, recipientKey } = params;
      const isOdd = channelId.length !== 0 && channelId.length !== 16;
      const isRight = around.isKnown(params.auth) && recipientKey.length === 32 && params.version === 1;
      if (!isOdd || !isRight) return next();
      const max = { messages: 1_000, bytes: 1 << 28 };
      if (name === 'enqueue' && 'payload' in params)
        return { seq: await around.store.enqueue(params, params.payload, max) } as never;
      return { payloads: await around.store.take(params, max) } as never;
    }),
  }),
  variant('no-strangers', 'takes messages and channels for identities alone that have called', onlyKnown()),
  variant('looks-every-second', 'looks for messages every 300 ms while a call waits', {
    ...inMethod('fetchWait', async ({ params, next, signal }) => {
      const end = Date.now() + waitMs(params.timeoutMs);
      for (;;) {
        const results = await next({ ...params, timeoutMs: 0n });
        if (results.payloads.length > 0 || Date.now() >= end || signal.aborted) return results;
        await sleep(Math.min(300, Math.max(1, end - Date.now())));
      }
    }),
  }),
  variant(
    'own-rate',
    'takes 250 calls a second of one token',
    { limits: { callsPerSecond: 250, callsAtOnce: 250 } },
    { rateLimit: 250 },
  ),
  variant('signed-tokens', 'returns session tokens that name their user, for a second the same', signedTokens()),
  variant('plain-names', 'registers no names but of letters, digits and hyphens', {
    ...inMethod(['opaqueRegisterStart', 'opaqueRegisterFinish'], ({ params, next }) => {
      if (params.username !== '' && !/^[A-Za-z0-9-]+$/.test(params.username))
        throw refuse('E020', 'no such names here');
      return next();
    }),
  }),
  variant(
    'other-restarts',
    'starts slowly, refuses calls for a moment, then numbers from the next thousand on, and forgets sessions; answers in any order, and removes what was taken at an orderly end',
    {
      ...inAnyOrder(150),
      kept: {
        startMs: 200,
        keepsTaken: true,
        isWritten: (method) => method !== 'take' && method !== 'ack',
        laterMs: 2_000,
        reload: (items) =>
          items.flatMap((item) => {
            if (item.kind === 'token') return [];
            return item.kind === 'queue' ? { ...item, nextSeq: (item.nextSeq / 1_000n + 1n) * 1_000n } : item;
          }),
      },
    },
  ),
  variant('not-to-oneself', 'takes no message to oneself', notToOneself()),
  variant('few-streams', 'lets a client have 4 streams and 64 KiB under way at once, and asks each for Retry', {
    listen: {
      initialMaxStreamsBidi: 4,
      initialMaxData: 65_536,
      initialMaxStreamData: 16_384,
      maxDatagram: 1_200,
      retryThreshold: 0,
    },
  }),
  variant('stepwise-registration', 'takes the end of a registration on the session of its beginning alone', {
    ...stepwiseRegistration(),
  }),
];

/** Variants that are tried in one server, as do not meet in what they change; the others are tried alone. */
export const TOGETHER: readonly (readonly string[])[] = [
  ['other-texts', 'numbers-elsewhere', 'odd-ids-refused', 'plain-names', 'two-segments', 'few-streams'],
  ['overloaded', 'great-numbers', 'odd-ids-apart', 'signed-tokens', 'reversed'],
  ['slower', 'no-strangers', 'newer-schema', 'numbers-from-zero'],
  ['other-limits', 'small-pieces', 'stepwise-registration'],
  ['looks-every-second', 'other-order', 'not-to-oneself', 'as-cpp'],
].map((names) => names.map((name) => `variant/${name}`));

/** @param notReadyMs for how long after its first call it answers none */
function inAnyOrder(notReadyMs = 0): Fault {
  let readyAt: number | undefined;
  return inMethod(ALL, async ({ next }) => {
    readyAt ??= performance.now() + notReadyMs;
    if (performance.now() < readyAt) throw new RpcException('overloaded', 'the store is being read');
    const results = await next();
    if (Math.random() < 0.5) await sleep(Math.random() * 12);
    return results;
  });
}

function stepwiseRegistration(): Fault {
  const begun = new WeakMap<object, Set<string>>();
  return {
    ...inMethod(['opaqueRegisterStart', 'opaqueRegisterFinish'], async ({ name, params, next }) => {
      const stream = session.getStore() ?? {};
      const names = begun.get(stream) ?? new Set<string>();
      begun.set(stream, names);
      const isBegun = names.delete(params.username);
      if (name === 'opaqueRegisterFinish' && params.username !== '' && !isBegun)
        throw refuse('E010', 'no registration has begun here');
      const results = await next();
      if (name === 'opaqueRegisterStart') names.add(params.username);
      return results;
    }),
    ...WITH_SESSIONS,
  };
}

function notToOneself(): Fault {
  return inMethod(['enqueue', 'batchEnqueue'], async ({ params, next, around }) => {
    const { auth } = params;
    const recipientKeys = 'recipientKeys' in params ? params.recipientKeys : [params.recipientKey];
    // Found at once: calls of a session must not overtake each other (RPC-010).
    const isAuthentic = auth.version === 1 && sameBytes(around.withDevice(auth).deviceId, auth.deviceId);
    const isOwn = (own: typeof auth): boolean => own.version === 1 && sameBytes(own.accessToken, auth.accessToken);
    if (isAuthentic && recipientKeys.some((key) => isOwn(around.authOf(key))))
      throw refuse('E020', 'nobody writes to oneself');
    return next();
  });
}

/** As signed tokens are: text that anybody reads, and a MAC that nobody else makes. */
function signedTokens(): Fault {
  const secret = randomBytes(32);
  return inMethod('opaqueLoginFinish', async ({ params, next, around }) => {
    const results = await next();
    const right = await around.store.token(sha256(results.sessionToken));
    const claims = Buffer.from(`{"sub":"${params.username}","iat":${Math.floor(Date.now() / 1_000)}}`).toString(
      'base64url',
    );
    const mac = createHmac('sha256', secret).update(claims).digest('base64url');
    const sessionToken = new Uint8Array(Buffer.from(`${claims}.${mac}`));
    if (right) await around.store.addToken({ ...right, digest: sha256(sessionToken) }, 100);
    return { sessionToken };
  });
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

function onlyKnown(): Fault {
  return inMethod(['enqueue', 'createChannel'], async ({ params, next, around }) => {
    const key = 'peerKey' in params ? params.peerKey : params.recipientKey;
    if (around.isKnown(params.auth) && key.length === 32 && around.authOf(key).version === 0)
      throw refuse('E020', 'nobody is known by that key');
    return next();
  });
}
