// What a session, or a connection, remembers of the calls before.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Auth } from '@quicnprotochat/proto';
import { type Fault, mutantsOf, sameBytes } from '../fault.ts';
import { type Call, inMethod } from '../seams/methods.ts';
import { session, WITH_SESSIONS } from '../seams/sessions.ts';
import { GUARDED } from './authentication.ts';

const authentication = mutantsOf('authentication');
const channels = mutantsOf('channels');
const opaque = mutantsOf('opaque');
type Guarded = Call<(typeof GUARDED)[number]>;

const as = ({ params, next }: Guarded, auth: Auth): Promise<never> => next({ ...params, auth } as never) as never;

/** The auth of the first good call is that of later ones, when `isMeant` says so. */
const remembersAuth = (isMeant: (auth: Auth, isGood: boolean) => boolean): Fault => {
  const first = new WeakMap<object, Auth>();
  return {
    ...inMethod(GUARDED, async (call: Guarded) => {
      const own = session.getStore() ?? {};
      const { auth } = call.params;
      const isGood = call.around.isKnown(auth);
      const before = first.get(own);
      if (before && isMeant(auth, isGood)) return as(call, before);
      const results = await call.next();
      if (isGood && !before) first.set(own, auth);
      return results as never;
    }),
    ...WITH_SESSIONS,
  };
};

export const SESSIONS = [
  authentication(
    'AUTH-011',
    'first-identity-of-a-session',
    'takes all calls of a session for those of who called first',
    remembersAuth((_auth, isGood) => isGood),
  ),
  authentication(
    'AUTH-011',
    'any-token-later',
    'looks at the token until one is right',
    remembersAuth(({ version, accessToken }, isGood) => version === 1 && accessToken.length > 0 && !isGood),
  ),
  authentication(
    'AUTH-011',
    'empty-token-later',
    'takes an empty token for the one before',
    remembersAuth(({ version, accessToken }) => version === 1 && accessToken.length === 0),
  ),
  authentication(
    'AUTH-011',
    'no-token-later',
    'takes a call without a token for one of who called before',
    remembersAuth(({ version }) => version === 0),
  ),
  authentication('AUTH-011', 'identity-in-the-session', 'keeps who calls in the session while a call runs', {
    ...identityInTheSession(),
  }),
  authentication(
    'AUTH-018',
    'first-device-of-a-session',
    'looks at the device until it is the right one',
    remembersAuth(() => true),
  ),
  channels('CH-009', 'members-of-a-session', 'looks once a session whether a channel is open to its caller', {
    ...membersOfASession(),
  }),
  opaque('OPQ-014', 'login-of-a-session', 'finishes the login of a session, whoever’s name comes with it', {
    ...loginOfASession(),
  }),
];

function identityInTheSession(): Fault {
  const current = new WeakMap<object, Auth>();
  return {
    ...inMethod(GUARDED, async (call: Guarded) => {
      const own = session.getStore() ?? {};
      if (!call.around.isKnown(call.params.auth)) return call.next() as never;
      current.set(own, call.params.auth);
      await sleep(1);
      return as(call, current.get(own) ?? call.params.auth);
    }),
    ...WITH_SESSIONS,
  };
}

function membersOfASession(): Fault {
  const open = new WeakMap<object, Set<string>>();
  return {
    ...inMethod(['enqueue', 'fetch', 'fetchWait', 'peek', 'ack'], async ({ params, next, around }) => {
      const own = session.getStore() ?? {};
      const ids = open.get(own) ?? new Set<string>();
      open.set(own, ids);
      const id = Buffer.from(params.channelId).toString('hex');
      const channel =
        ids.has(id) && around.isKnown(params.auth) ? await around.store.channel(params.channelId) : undefined;
      const member = channel?.members.find((key) => !sameBytes(key, params.recipientKey));
      if (member) return next({ ...params, auth: around.authOf(member) } as never);
      const results = await next();
      if (id.length === 32) ids.add(id);
      return results;
    }),
    ...WITH_SESSIONS,
  };
}

function loginOfASession(): Fault {
  const begun = new WeakMap<object, string>();
  return {
    ...inMethod(['opaqueLoginStart', 'opaqueLoginFinish'], async ({ name, params, next, around }) => {
      const own = session.getStore() ?? {};
      if (name === 'opaqueLoginStart') {
        begun.set(own, params.username);
        return next();
      }
      const beginner = await around.store.user(begun.get(own) ?? '');
      const named = await around.store.user(params.username);
      if (!beginner || !named || beginner.username === named.username) return next();
      const { username, identityKey } = beginner;
      const results = await next({ ...params, username, identityKey } as never);
      const { sessionToken } = results as { sessionToken: Uint8Array };
      const token = await around.store.token(createHash('sha256').update(sessionToken).digest());
      if (token) await around.store.addToken({ ...token, identityKey: named.identityKey }, 100);
      return results;
    }),
    ...WITH_SESSIONS,
  };
}
