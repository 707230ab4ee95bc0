import type { Store, Token } from '../store/store.ts';

/** What an operator sees of an account. */
export interface AccountLine {
  name: string;
  /** Hex of 32 bytes. */
  identityKey: string;
  /** Whether it registered with a password. */
  hasPassword: boolean;
  /** Its tokens that have not expired: given out by an operator, or of a login. */
  tokens: { deviceId?: string; expiresAt?: string }[];
}

/** What an operator does with accounts. */
export interface AccountAdmin {
  /** @throws AdminError when the name or the identity key belongs to another account, or has tokens enough */
  add(token: Token): Promise<void>;
  /** By name. */
  list(): Promise<AccountLine[]>;
  /** @returns whether there was an account of that name */
  revoke(name: string): Promise<boolean>;
}

/** An operator asked for what cannot be; the message says why. */
export class AdminError extends Error {
  override name = 'AdminError';
}

/** Tokens that one name may have. */
const TOKENS_PER_NAME = 100;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Accounts of a store. `onRevoke` is told when one has been taken away. */
export function storeAdmin(
  store: Store,
  { now = Date.now, onRevoke = () => {} }: { now?: () => number; onRevoke?: () => void } = {},
): AccountAdmin {
  const list = async (): Promise<AccountLine[]> => {
    const [users, tokens] = await Promise.all([store.users(), store.tokens()]);
    const lines = new Map<string, AccountLine>();
    for (const { username: name, identityKey } of users)
      lines.set(name, { name, identityKey: hex(identityKey), hasPassword: true, tokens: [] });
    for (const { name, identityKey, deviceId, expiresAtMs } of tokens) {
      if (expiresAtMs !== undefined && expiresAtMs <= now()) continue;
      const line = lines.get(name) ?? { name, identityKey: hex(identityKey), hasPassword: false, tokens: [] };
      line.tokens.push({
        ...(deviceId && { deviceId: hex(deviceId) }),
        ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
      });
      lines.set(name, line);
    }
    return [...lines.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return {
    list,
    async add(token) {
      for (const { name, identityKey, tokens } of await list()) {
        const isSame = name === token.name;
        if (isSame && identityKey !== hex(token.identityKey))
          throw new AdminError(`${name} has another identity key: revoke it first, or choose another name`);
        if (!isSame && identityKey === hex(token.identityKey))
          throw new AdminError(`that identity key belongs to ${name}: use that name, or revoke it first`);
        if (isSame && tokens.length >= TOKENS_PER_NAME)
          throw new AdminError(`${name} has ${tokens.length} tokens already: revoke it first`);
      }
      await store.addToken(token, Number.POSITIVE_INFINITY);
    },
    async revoke(name) {
      const wasThere = await store.revoke(name);
      if (wasThere) onRevoke();
      return wasThere;
    },
  };
}
