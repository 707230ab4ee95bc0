import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { UsageError } from '../errors.ts';
import { readJsonFile } from '../options/read-file.ts';

/** Somebody whom the target knows, in plain data: cucumber clones it. */
export interface AccountData {
  name: string;
  /** Hex of 32 bytes. */
  identityKey: string;
  /** Hex; undefined for an anonymous caller of an open server. */
  token: string | undefined;
  /** Hex. */
  deviceId: string | undefined;
  /** The target knows the token as expired. */
  isExpired: boolean;
  /** How to get another token: of a user whom the suite registered by OPAQUE. */
  login?: { username: string; password: string } | undefined;
}

/** The scenarios' people, in order: the first three accounts that are not expired play them. */
export const ROLES = ['alice', 'bob', 'mallory'] as const;
export type Role = (typeof ROLES)[number];

/**
 * Reads `--accounts FILE`: `[{"name", "identityKey": 64 hex, "token": hex}, …]`, optionally with `deviceId` (hex) or
 * `expired: true`. Three or more that are not expired.
 * @throws UsageError that never quotes a token
 */
export function loadAccounts(path: string): AccountData[] {
  const entries = readJsonFile(path, '--accounts');
  if (!Array.isArray(entries)) throw new UsageError(`--accounts ${path} is not a JSON array`);
  const accounts = entries.map((entry, i) => readAccount(entry, `--accounts ${path}, entry ${i + 1}`));
  const usable = accounts.filter((account) => !account.isExpired);
  if (usable.length < ROLES.length) {
    throw new UsageError(`--accounts ${path} has ${usable.length} usable accounts; the scenarios need ${ROLES.length}`);
  }
  if (new Set(usable.map(({ identityKey }) => identityKey)).size < usable.length) {
    throw new UsageError(`--accounts ${path} has the same identityKey twice; the scenarios need different people`);
  }
  return accounts;
}

function readAccount(entry: unknown, at: string): AccountData {
  if (typeof entry !== 'object' || entry === null) throw new UsageError(`${at} is not an object`);
  const { name, identityKey, token, deviceId, expired } = entry as Record<string, unknown>;
  if (typeof name !== 'string' || name === '') throw new UsageError(`${at} has no "name"`);
  return {
    name,
    identityKey: readHex(identityKey, `${at}: "identityKey"`, 32),
    token: readHex(token, `${at}: "token"`),
    deviceId: deviceId === undefined ? undefined : readHex(deviceId, `${at}: "deviceId"`),
    isExpired: expired === true,
  };
}

function readHex(value: unknown, what: string, length?: number): string {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2})+$/i.test(value)) throw new UsageError(`${what} is not hex`);
  if (length !== undefined && value.length !== length * 2)
    throw new UsageError(`${what} is not ${length} bytes of hex`);
  return value.toLowerCase();
}

/** An Ed25519 public key, 32 bytes, of a person who exists nowhere else. */
export function newIdentityKey(): Uint8Array {
  // No JWK: Node.js 20 locks the key while it makes one, and for good when the garbage collector then takes what generated the key.
  return new Uint8Array(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
}

/** The three roles alone: what every reader of accounts understands. */
export const makePeople = (): AccountData[] =>
  makeAccounts().filter(({ isExpired, deviceId }) => !isExpired && !deviceId);

/** Accounts for an embedded server: the three roles, one whose token has expired, one whose token is bound to a device. */
export function makeAccounts(): AccountData[] {
  return [...ROLES, 'expired', 'bound'].map((name) => ({
    name,
    identityKey: Buffer.from(newIdentityKey()).toString('hex'),
    token: randomBytes(32).toString('hex'),
    deviceId: name === 'bound' ? randomBytes(16).toString('hex') : undefined,
    isExpired: name === 'expired',
  }));
}
