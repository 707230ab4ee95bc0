// Tokens that can be guessed, tokens and names that are not compared as bytes.
import { createHash } from 'node:crypto';
import { parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf, sameBytes } from '../fault.ts';
import { inMethod, inParams } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';

const authentication = mutantsOf('authentication');
const opaque = mutantsOf('opaque');
const OPAQUE = ['opaqueRegisterStart', 'opaqueRegisterFinish', 'opaqueLoginStart', 'opaqueLoginFinish'] as const;
const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** Tokens that come in another way are looked for among the right ones. */
const readTokens = (read: (token: Uint8Array) => Uint8Array): Fault => ({
  accounts: (accounts) => ({
    isReserved: (identityKey) => accounts.isReserved(identityKey),
    find: async (token) => (await accounts.find(token)) ?? accounts.find(read(token)),
  }),
});

/** A token is taken for its owner's when the two are the same after that change. */
const sameAfter = (change: (token: Uint8Array) => Uint8Array): Fault =>
  inParams('fetch', ({ auth, recipientKey }, around) => {
    const { version, accessToken } = around.authOf(recipientKey);
    const isSame = version === 1 && auth.version === 1 && sameBytes(change(accessToken), change(auth.accessToken));
    return isSame ? { auth: { ...auth, accessToken } } : {};
  });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

export const COMPARED = [
  authentication(
    'AUTH-007',
    'tokens-in-hex',
    'takes a token in hex as well',
    readTokens((token) => Buffer.from(textOf(token), 'hex')),
  ),
  authentication(
    'AUTH-007',
    'tokens-in-base64',
    'takes a token in Base64 as well',
    readTokens((token) => Buffer.from(textOf(token), 'base64')),
  ),
  authentication(
    'AUTH-007',
    'tokens-trimmed',
    'cuts a line end off a token',
    readTokens((token) => (token.at(-1) === 0x0a ? token.subarray(0, -1) : token)),
  ),
  authentication(
    'AUTH-007',
    'tokens-of-any-case',
    'compares tokens as text of any case',
    sameAfter((token) => Buffer.from(textOf(token).toLowerCase(), 'latin1')),
  ),
  authentication(
    'AUTH-007',
    'tokens-as-text',
    'compares tokens as UTF-8 text',
    sameAfter((token) => Buffer.from(new TextDecoder().decode(token))),
  ),
  opaque('OPQ-002', 'names-in-small-letters', 'registers a name in small letters, and logs in with what is given', {
    ...inParams(['opaqueRegisterStart', 'opaqueRegisterFinish'], ({ username }) => ({
      username: username.toLowerCase(),
    })),
  }),
  opaque('OPQ-012', 'names-fold-when-stored', 'looks for a name as it is given, and stores it in small letters', {
    ...inStore((store) => ({
      addUser: async (user, limit) => {
        if (await store.user(user.username)) return 'username-taken' as const;
        const username = user.username.toLowerCase();
        await store.revoke(username);
        return store.addUser({ ...user, username }, limit);
      },
      user: async (username) => (await store.user(username)) ?? store.user(username.toLowerCase()),
    })),
  }),
  opaque('OPQ-029', 'names-of-any-case', 'takes names that differ in case for the same', {
    ...inParams(OPAQUE, ({ username }) => ({ username: username.toLowerCase() })),
  }),
  opaque('OPQ-015', 'login-again', 'lets a login be repeated from its first message on', loginAgain()),
];

/** As if its random bytes were the same each time: the same messages come out right again. */
function loginAgain(): Fault {
  const tokens = new Map<string, Uint8Array>();
  return inMethod('opaqueLoginFinish', async ({ params, next }) => {
    const login = sha256(params.username, params.finalization).toString('hex');
    try {
      const results = await next();
      tokens.set(login, results.sessionToken);
      return results;
    } catch (error) {
      const isFailed = error instanceof RpcException && parseReason(error.reason) === 'E010';
      const sessionToken = tokens.get(login);
      if (isFailed && sessionToken) return { sessionToken };
      throw error;
    }
  });
}

interface Login {
  username: string;
  identityKey: Uint8Array;
  /** How many there were, with this one. */
  count: number;
}

/** Session tokens that are made in another way, and are good all the same. */
function made(make: (login: Login) => Uint8Array): Fault {
  let count = 0;
  return inMethod('opaqueLoginFinish', async ({ params, next, around }) => {
    const results = await next();
    count += 1;
    const right = await around.store.token(sha256(results.sessionToken));
    const sessionToken = new Uint8Array(make({ ...params, count }));
    if (right) await around.store.addToken({ ...right, digest: sha256(sessionToken) }, 100);
    return { sessionToken };
  });
}

const number = (value: number | bigint, bytes = 32): Buffer => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeBigUInt64BE(BigInt(value), bytes - 8);
  return buffer;
};

/** As in a UUID of version 1: ticks of 100 ns, the low half first. */
function timed(): Buffer {
  const ticks = (BigInt(Date.now()) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n)) / 100n;
  const token = Buffer.alloc(16, 0x5a);
  token.writeUInt32BE(Number(ticks & 0xffff_ffffn), 0);
  token.writeUInt32BE(Number(ticks >> 32n), 4);
  return token;
}

const computed = (name: string, what: string, make: (login: Login) => Uint8Array) =>
  opaque('OPQ-028', name, `a session token is ${what}`, made(make));

export const COMPUTED = [
  computed('token-is-a-number', 'a number that is one more each time', ({ count }) => number(count)),
  computed('token-is-the-time', 'a UUID made of the time', timed),
  computed('token-is-the-key', 'the identity key', ({ identityKey }) => identityKey),
  computed('token-is-name-and-number', 'the user name and a number', ({ username, count }) =>
    Buffer.from(`${username}#${count}`),
  ),
  computed('token-digests-the-name', 'the SHA-256 of the user name', ({ username }) => sha256(username)),
  computed('token-digests-the-key', 'the SHA-256 of the identity key', ({ identityKey }) => sha256(identityKey)),
  computed('token-digests-a-number', 'the SHA-256 of a number', ({ count }) => sha256(number(count, 8))),
  computed('token-digests-name-and-number', 'the SHA-256 of user name and number', ({ username, count }) =>
    sha256(`${username}:${count}`),
  ),
  computed('token-digests-the-time', 'the hex of the SHA-256 of the time', () =>
    Buffer.from(sha256(String(Date.now())).toString('hex')),
  ),
];
