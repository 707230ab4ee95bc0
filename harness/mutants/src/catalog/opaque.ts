import { randomBytes } from 'node:crypto';
import { parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams, inResults } from '../seams/methods.ts';
import { inStore } from '../seams/store.ts';
import { swapCode } from './authentication.ts';

const mutant = mutantsOf('opaque');
const OPAQUE = ['opaqueRegisterStart', 'opaqueRegisterFinish', 'opaqueLoginStart', 'opaqueLoginFinish'] as const;
const codeOf = (error: unknown): string | undefined =>
  error instanceof RpcException ? parseReason(error.reason) : undefined;

export const PASSWORDS = [
  mutant('OPQ-002', 'forgets-users', 'says success and keeps nothing', {
    ...inStore(() => ({ addUser: async () => 'added' as const })),
  }),
  mutant('OPQ-002', 'one-login-a-user', 'lets every user log in once', oneLogin()),
  mutant('OPQ-003', 'framed', 'puts the length in front of its answers', {
    ...inResults(['opaqueRegisterStart', 'opaqueLoginStart'], ({ response }) => ({
      response: Buffer.concat([Uint8Array.of(response.length & 0xff, response.length >> 8), response]),
    })),
  }),
  mutant('OPQ-003', 'in-base64', 'answers in Base64', {
    ...inResults(['opaqueRegisterStart', 'opaqueLoginStart'], ({ response }) => ({
      response: Buffer.from(Buffer.from(response).toString('base64')),
    })),
  }),
  mutant('OPQ-004', 'tokens-of-nobody', 'returns a token that it does not know', {
    ...inResults('opaqueLoginFinish', () => ({ sessionToken: randomBytes(32) })),
  }),
  mutant('OPQ-004', 'tokens-for-another-key', 'binds the token to an identity key of its own', {
    ...inStore((store) => ({
      addToken: (token, limit) => store.addToken({ ...token, identityKey: new Uint8Array(32) }, limit),
    })),
  }),
  mutant('OPQ-005', 'short-tokens', 'returns tokens of 4 bytes', {
    random: (length) =>
      randomBytes(length)
        .fill(0, 4)
        .subarray(0, length === 32 ? 4 : length),
  }),
  mutant('OPQ-005', 'same-token', 'returns the same token at each login', sameToken()),
  mutant('OPQ-006', 'one-token-a-user', 'a login ends the token before', {
    ...inStore((store) => ({ addToken: (token) => store.addToken(token, 1) })),
  }),
  mutant('OPQ-007', 'any-finalization', 'does not look at the finalization', anyFinalization()),
  mutant(
    'OPQ-007',
    'wrong-password-code',
    'answers a wrong password as an unknown token',
    swapCode(['opaqueLoginFinish'], 'E010', 'E003'),
  ),
  mutant('OPQ-008', 'unknown-user-is-refused', 'refuses the login of an unknown user at its start', {
    ...inMethod('opaqueLoginStart', async ({ params, next, around }) => {
      if (params.username !== '' && !(await around.store.user(params.username))) throw refuse('E010');
      return next();
    }),
  }),
  mutant('OPQ-008', 'unknown-user-gets-nothing', 'answers an unknown user with nothing', {
    ...inMethod('opaqueLoginStart', async ({ params, next, around }) => {
      const results = await next();
      return (await around.store.user(params.username)) ? results : { response: NOTHING };
    }),
  }),
  mutant('OPQ-009', 'random-for-the-unknown', 'answers an unknown user with random bytes', {
    ...inMethod('opaqueLoginStart', async ({ params, next, around }) => {
      const results = await next();
      return (await around.store.user(params.username)) ? results : { response: randomBytes(320) };
    }),
  }),
  mutant('OPQ-011', 'empty-names', 'takes an empty name', {
    ...inMethod(OPAQUE, ({ params, next }) =>
      next(params.username === '' ? ({ ...params, username: '(nobody)' } as never) : params),
    ),
  }),
  mutant('OPQ-011', 'empty-name-code', 'refuses an empty name as bad parameters', swapCode(OPAQUE, 'E011', 'E020')),
  mutant('OPQ-012', 'registers-again', 'a second registration replaces the first', {
    ...inStore((store) => ({
      addUser: async (user, limit) => {
        const known = await store.user(user.username);
        if (known) await store.revoke(user.username);
        return store.addUser(user, limit);
      },
    })),
  }),
  mutant('OPQ-012', 'taken-is-success', 'says success to a name that is taken', {
    ...inMethod('opaqueRegisterFinish', async ({ next }) => {
      try {
        return await next();
      } catch (error) {
        if (codeOf(error) === 'E018') return { success: true };
        throw error;
      }
    }),
  }),
  mutant(
    'OPQ-012',
    'taken-code',
    'refuses a name that is taken as a failed exchange',
    swapCode(OPAQUE, 'E018', 'E010'),
  ),
  mutant('OPQ-013', 'looks-then-adds', 'looks for the name and adds it in two steps', looksThenAdds()),
  mutant(
    'OPQ-014',
    'no-login-code',
    'answers E010 when no login was begun',
    swapCode(['opaqueLoginFinish'], 'E019', 'E010'),
  ),
  mutant('OPQ-015', 'finish-again', 'lets a login be finished again', finishAgain()),
  mutant('OPQ-016', 'any-length', 'breaks at messages of another length', {
    ...inMethod(OPAQUE, async ({ next }) => {
      try {
        return await next();
      } catch (error) {
        if (codeOf(error) === 'E010') throw new Error('slice index starts at 96 but ends at 31');
        throw error;
      }
    }),
  }),
  mutant('OPQ-017', 'any-element', 'answers what is no group element as if it were one', {
    ...inMethod(['opaqueRegisterStart', 'opaqueLoginStart'], async ({ name, params, next }) => {
      const isRegistration = name === 'opaqueRegisterStart';
      try {
        return await next();
      } catch (error) {
        if (codeOf(error) !== 'E010' || params.request.length !== (isRegistration ? 32 : 96)) throw error;
        return { response: randomBytes(isRegistration ? 64 : 320) };
      }
    }),
  }),
  mutant('OPQ-019', 'login-with-any-key', 'does not look at the identity key of a registration', {
    ...inParams('opaqueRegisterFinish', ({ identityKey }) =>
      identityKey.length === 32 ? {} : { identityKey: randomBytes(32) },
    ),
  }),
  mutant('OPQ-020', 'key-of-the-login', 'binds the token to the identity key that the login names', keyOfTheLogin()),
  mutant('OPQ-022', 'one-pending-login', 'keeps one login under way, whoever’s', onePending()),
];

function oneLogin(): Fault {
  const done = new Set<string>();
  return inMethod('opaqueLoginFinish', async ({ params, next }) => {
    if (done.has(params.username)) throw refuse('E010');
    const results = await next();
    done.add(params.username);
    return results;
  });
}

function sameToken(): Fault {
  const tokens = new Map<string, Uint8Array>();
  return inMethod('opaqueLoginFinish', async ({ params, next }) => {
    const results = await next();
    const sessionToken = tokens.get(params.username) ?? results.sessionToken;
    tokens.set(params.username, sessionToken);
    return { sessionToken };
  });
}

function anyFinalization(): Fault {
  return inMethod('opaqueLoginFinish', async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      if (codeOf(error) === 'E010') return { sessionToken: randomBytes(32) };
      throw error;
    }
  });
}

function looksThenAdds(): Fault {
  return inStore((store) => ({
    addUser: async (user, limit) => {
      const known = await store.user(user.username);
      await new Promise((resolve) => setTimeout(resolve, 15));
      if (known) return 'username-taken';
      await store.revoke(user.username);
      return store.addUser(user, limit);
    },
  }));
}

function finishAgain(): Fault {
  const tokens = new Map<string, Uint8Array>();
  const keyOf = ({ username, finalization }: { username: string; finalization: Uint8Array }): string =>
    `${username}/${Buffer.from(finalization).toString('hex')}`;
  return inMethod('opaqueLoginFinish', async ({ params, next }) => {
    const known = tokens.get(keyOf(params));
    if (known) return { sessionToken: known };
    const results = await next();
    tokens.set(keyOf(params), results.sessionToken);
    return results;
  });
}

function keyOfTheLogin(): Fault {
  return inMethod('opaqueLoginFinish', async ({ params, next, around }) => {
    const user = await around.store.user(params.username);
    const results = await next(user ? { ...params, identityKey: user.identityKey } : params);
    const { createHash } = await import('node:crypto');
    const digest = createHash('sha256').update(results.sessionToken).digest();
    const token = await around.store.token(digest);
    if (token) await around.store.addToken({ ...token, identityKey: params.identityKey }, 100);
    return results;
  });
}

function onePending(): Fault {
  let last = '';
  return inMethod(['opaqueLoginStart', 'opaqueLoginFinish'], ({ name, params, next }) => {
    if (name === 'opaqueLoginStart') last = params.username;
    else if (params.username !== '' && last !== params.username) throw refuse('E019');
    return next();
  });
}
