import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Store } from './store/store.ts';

/** Who a token speaks for. */
export interface Account {
  /** For logs and the operator: a user name, or that of an accounts file. */
  name: string;
  /** Ed25519 public key, 32 bytes. */
  identityKey: Uint8Array;
  /** When set, the token is good on this device only; at most 64 bytes. */
  deviceId: Uint8Array | undefined;
  /** Milliseconds since 1970; undefined = never. */
  expiresAtMs: number | undefined;
}

/** Who may call. */
export interface Accounts {
  /** The account of a token. @throws StoreError, rejecting */
  find(token: Uint8Array): Account | undefined | Promise<Account | undefined>;
  /** Whether an identity key belongs to an account that no registration may touch. */
  isReserved(identityKey: Uint8Array): boolean;
}

/** What is kept of a token: 32 bytes. */
export const tokenDigest = (token: Uint8Array): Buffer => createHash('sha256').update(token).digest();

/**
 * Accounts in memory. Only the SHA-256 of a token is kept. Looking a digest up tells an attacker nothing about the
 * token; the comparison itself takes constant time.
 */
export class AccountTable implements Accounts {
  readonly #byDigest = new Map<string, { digest: Buffer; account: Account }>();
  readonly #identities = new Set<string>();

  /** @param token kept as its SHA-256 alone; one that is known gets this account instead */
  add(token: Uint8Array, account: Account): void {
    const digest = tokenDigest(token);
    this.#byDigest.set(digest.toString('hex'), { digest, account });
    this.#identities.add(Buffer.from(account.identityKey).toString('hex'));
  }

  find(token: Uint8Array): Account | undefined {
    const digest = tokenDigest(token);
    const found = this.#byDigest.get(digest.toString('hex'));
    return found && timingSafeEqual(found.digest, digest) ? found.account : undefined;
  }

  isReserved(identityKey: Uint8Array): boolean {
    return this.#identities.has(Buffer.from(identityKey).toString('hex'));
  }
}

/** The accounts of a file, and behind them those of the store: session tokens, and tokens that an operator gave out. */
export class StoredAccounts implements Accounts {
  readonly #file: AccountTable;
  readonly #store: Store;

  /** @param file asked first @param store the tokens of logins, and those that an operator gave out */
  constructor(file: AccountTable, store: Store) {
    this.#file = file;
    this.#store = store;
  }

  find(token: Uint8Array): Account | Promise<Account | undefined> {
    return this.#file.find(token) ?? this.#store.token(tokenDigest(token));
  }

  isReserved(identityKey: Uint8Array): boolean {
    return this.#file.isReserved(identityKey);
  }
}

/** What is wrong with an accounts file; the message names the entry and the field, never a value. */
export class AccountsFileError extends Error {}

/**
 * Reads an accounts file: `[{"name": "alice", "identityKey": "<64 hex>", "token": "<hex>"}, …]`, optionally with
 * `deviceId` (hex), `expiresAt` (ISO 8601) or `expired: true`.
 * @throws AccountsFileError
 */
export function loadAccounts(path: string): AccountTable {
  let entries: unknown;
  try {
    entries = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // A parser quotes the text around the fault, which may be a token.
    const why =
      error instanceof SyntaxError ? 'is not JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new AccountsFileError(`the accounts file ${path} ${why}`);
  }
  if (!Array.isArray(entries)) throw new AccountsFileError(`the accounts file ${path} is not a JSON array`);
  const table = new AccountTable();
  for (const [i, entry] of entries.entries()) {
    const at = `entry ${i + 1} of the accounts file ${path}`;
    if (typeof entry !== 'object' || entry === null) throw new AccountsFileError(`${at} is not an object`);
    const { name, identityKey, token, deviceId, expiresAt, expired } = entry as Record<string, unknown>;
    if (typeof name !== 'string') throw new AccountsFileError(`${at} has no "name"`);
    table.add(hex(token, `"token" in ${at}`), {
      name,
      identityKey: hex(identityKey, `"identityKey" in ${at}`, 32),
      deviceId: deviceId === undefined ? undefined : hex(deviceId, `"deviceId" in ${at}`),
      expiresAtMs: expired === true ? 0 : expiry(expiresAt, at),
    });
  }
  return table;
}

function hex(value: unknown, what: string, length?: number): Uint8Array {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})+$/i.test(value))
    throw new AccountsFileError(`${what} is not hex`);
  const bytes = Buffer.from(value, 'hex');
  if (length !== undefined && bytes.length !== length) throw new AccountsFileError(`${what} is not ${length} bytes`);
  return bytes;
}

function expiry(value: unknown, at: string): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) throw new AccountsFileError(`"expiresAt" in ${at} is not an ISO 8601 date`);
  return time;
}
