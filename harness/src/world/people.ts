import type { AccountData, Role } from '../target/accounts.ts';

/** Somebody a scenario speaks of. */
export interface Person {
  role: Role;
  /** Ed25519 public key, 32 bytes. */
  identityKey: Uint8Array;
  /** undefined: anonymous, on an open server. */
  token: Uint8Array | undefined;
  deviceId: Uint8Array;
}

/** Alice, Bob, Mallory. */
export const nameOf = (role: Role): string => role.replace(/^./, (letter) => letter.toUpperCase());

/** The owner of an account, in the part that the scenario gives. */
export function personOf(role: Role, { identityKey, token, deviceId }: AccountData): Person {
  return {
    role,
    identityKey: Buffer.from(identityKey, 'hex'),
    token: token === undefined ? undefined : Buffer.from(token, 'hex'),
    deviceId: Buffer.from(deviceId ?? '', 'hex'),
  };
}
