import type { CiphersuiteImpl, KeyPackage, PrivateKeyPackage, Welcome } from '../../vendor/ts-mls/index.js';
import { makeKeyPackageRef } from '../../vendor/ts-mls/keyPackage.js';
import { CoreError } from '../errors.ts';
import { EXPIRED_KEPT_SECONDS } from '../limits.ts';
import type { KeyStore } from '../store/key-store.ts';
import { type GeneratedKeyPackage, readKeyPackage, toPrivatePackage } from './key-package.ts';

const PREFIX = 'key-package/';
const KEY_LEN = 32;
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** One of our KeyPackages, found again. */
export interface OwnKeyPackage {
  name: string;
  keyPackage: KeyPackage;
  privatePackage: PrivateKeyPackage;
}

const nameOf = async (keyPackage: KeyPackage, suite: CiphersuiteImpl): Promise<string> =>
  PREFIX + hex(await makeKeyPackageRef(keyPackage, suite.hash));

/** Keeps what joining with a KeyPackage takes: init key (32 bytes), leaf key (32), the KeyPackage, under its reference. */
export async function storeKeyPackage(
  store: KeyStore,
  made: GeneratedKeyPackage,
  suite: CiphersuiteImpl,
): Promise<string> {
  const { keyPackage, privateParts } = made;
  const value = new Uint8Array(2 * KEY_LEN + keyPackage.length);
  value.set(privateParts.initKey);
  value.set(privateParts.leafKey, KEY_LEN);
  value.set(keyPackage, 2 * KEY_LEN);
  const name = await nameOf(readKeyPackage(keyPackage), suite);
  await store.set(name, value);
  value.fill(0);
  return name;
}

/**
 * Finds the KeyPackage that a Welcome was made for (RFC 9420, 12.4.3.1).
 * @throws CoreError `WELCOME_NOT_FOR_US`, `STORE_MALFORMED`
 */
export async function findKeyPackage(store: KeyStore, welcome: Welcome): Promise<OwnKeyPackage> {
  for (const { newMember } of welcome.secrets) {
    const name = PREFIX + hex(newMember);
    const value = await store.get(name);
    if (!value) continue;
    if (value.length <= 2 * KEY_LEN) throw new CoreError('STORE_MALFORMED', 'a stored KeyPackage is cut off');
    const privateParts = { initKey: value.slice(0, KEY_LEN), leafKey: value.slice(KEY_LEN, 2 * KEY_LEN) };
    return {
      name,
      keyPackage: readKeyPackage(value.subarray(2 * KEY_LEN)),
      privatePackage: toPrivatePackage(privateParts),
    };
  }
  throw new CoreError('WELCOME_NOT_FOR_US', 'the Welcome is for none of the KeyPackages in this key store');
}

/**
 * Deletes the private parts of KeyPackages that expired so long ago that no Welcome for them is on its way any more, so that
 * whoever gets hold of the key store later cannot read what was sent with them.
 * @param now seconds since 1970
 */
export async function deleteExpired(store: KeyStore, now: number): Promise<void> {
  for (const name of await store.names(PREFIX)) {
    const value = await store.get(name);
    if (!value || value.length <= 2 * KEY_LEN) continue;
    const { notAfter } = readKeyPackage(value.subarray(2 * KEY_LEN)).leafNode.lifetime;
    value.fill(0);
    if (notAfter + BigInt(EXPIRED_KEPT_SECONDS) < BigInt(now)) await store.delete(name);
  }
}
