import {
  type CiphersuiteImpl,
  generateKeyPackageWithKey,
  type KeyPackage,
  type PrivateKeyPackage,
} from '../../vendor/ts-mls/index.js';
import { verifyKeyPackage } from '../../vendor/ts-mls/keyPackage.js';
import { verifyLeafNodeSignatureKeyPackage } from '../../vendor/ts-mls/leafNode.js';
import { equalBytes, primitives } from '../crypto/primitives.ts';
import { CoreError } from '../errors.ts';
import type { IdentityKeypair } from '../identity.ts';
import { KEY_PACKAGE_BACKDATE_SECONDS, KEY_PACKAGE_LIFETIME_SECONDS, MAX_LIFETIME_SECONDS } from '../limits.ts';
import { identityOf } from './config.ts';
import { makeSuite, SUITE_NAME } from './suite.ts';
import { readMessage, writeMessage } from './wire.ts';

/** A KeyPackage to upload, and what joining with it takes. */
export interface GeneratedKeyPackage {
  /** An MLSMessage, `00 01 00 05 …`, about 300 bytes. */
  keyPackage: Uint8Array;
  /** SHA-256 of these bytes, 32 bytes: what uploadKeyPackage returns. */
  fingerprint: Uint8Array;
  /** Secret; each 32 bytes. */
  privateParts: { initKey: Uint8Array; leafKey: Uint8Array };
}

/** What a KeyPackage says of itself; the signatures were checked. */
export interface KeyPackageInfo {
  /** Whose it is, 32 bytes. */
  identityKey: Uint8Array;
  /** SHA-256 of the MLSMessage, 32 bytes. */
  fingerprint: Uint8Array;
  /** Seconds since 1970. */
  notBefore: bigint;
  /** The last second, since 1970, in which it may be used. */
  notAfter: bigint;
}

/** The clock in seconds since 1970, a parameter so that tests can turn it. */
export type Clock = () => number;
/** The time of this machine. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

/** @returns SHA-256 of an MLSMessage with a KeyPackage, 32 bytes (spec: KP) */
export const fingerprintOf = (keyPackage: Uint8Array): Uint8Array => primitives.sha256(keyPackage);

/**
 * Makes a KeyPackage of suite 0x0001 that is valid from an hour ago for 84 days.
 * @throws CoreError `DISPOSED`
 */
export async function generateKeyPackage(identity: IdentityKeypair, clock = systemClock): Promise<GeneratedKeyPackage> {
  const suite = await makeSuite((message) => identity.sign(message));
  const now = BigInt(clock());
  const { publicPackage, privatePackage } = await generateKeyPackageWithKey(
    { credentialType: 'basic', identity: identity.publicKey },
    { versions: ['mls10'], ciphersuites: [SUITE_NAME], extensions: [], proposals: [], credentials: ['basic'] },
    {
      notBefore: now - BigInt(KEY_PACKAGE_BACKDATE_SECONDS),
      notAfter: now + BigInt(KEY_PACKAGE_LIFETIME_SECONDS),
    },
    [],
    { publicKey: identity.publicKey, signKey: new Uint8Array() },
    suite,
  );
  const keyPackage = writeMessage<'mls_key_package'>({ wireformat: 'mls_key_package', keyPackage: publicPackage });
  return {
    keyPackage,
    fingerprint: fingerprintOf(keyPackage),
    privateParts: { initKey: privatePackage.initPrivateKey, leafKey: privatePackage.hpkePrivateKey },
  };
}

/**
 * Reads a KeyPackage as a member would who is to add it.
 * @param longestLifetime in seconds; MAX_LIFETIME_SECONDS by default
 * @throws CoreError `KEY_PACKAGE_INVALID`, `KEY_PACKAGE_LIFETIME`
 */
export async function inspectKeyPackage(
  bytes: Uint8Array,
  clock = systemClock,
  longestLifetime?: number,
): Promise<KeyPackageInfo> {
  const keyPackage = readKeyPackage(bytes);
  const suite = await makeSuite(() => new Uint8Array());
  const identityKey = await checkKeyPackage(keyPackage, suite, clock, longestLifetime);
  const { notBefore, notAfter } = keyPackage.leafNode.lifetime;
  return { identityKey: identityKey.slice(), fingerprint: fingerprintOf(bytes), notBefore, notAfter };
}

/** @throws CoreError `KEY_PACKAGE_INVALID` when the bytes are not one MLSMessage with a KeyPackage */
export const readKeyPackage = (bytes: Uint8Array): KeyPackage =>
  readMessage(bytes, 'mls_key_package', 'KEY_PACKAGE_INVALID').keyPackage;

/**
 * The checks of RFC 9420, 10.1 and 7.3, that need no group.
 * @returns whose it is, 32 bytes
 * @throws CoreError `KEY_PACKAGE_INVALID`, `KEY_PACKAGE_LIFETIME`
 */
export async function checkKeyPackage(
  keyPackage: KeyPackage,
  suite: CiphersuiteImpl,
  clock: Clock,
  longestLifetime?: number,
): Promise<Uint8Array> {
  const { leafNode } = keyPackage;
  const invalid = (what: string): CoreError => new CoreError('KEY_PACKAGE_INVALID', `the KeyPackage ${what}`);
  if (keyPackage.version !== 'mls10' || keyPackage.cipherSuite !== SUITE_NAME) {
    throw invalid(`is not of MLS 1.0 with suite ${SUITE_NAME}`);
  }
  const identityKey = identityOf(leafNode.credential, leafNode.signaturePublicKey);
  if (!identityKey) throw invalid('has no basic credential that is its signature key');
  if (leafNode.leafNodeSource !== 'key_package') throw invalid('has a leaf of another source');
  if (!leafNode.capabilities.credentials.includes('basic'))
    throw invalid('lacks the capability for its own credential');
  if (equalBytes(keyPackage.initKey, leafNode.hpkePublicKey)) throw invalid('uses one key twice');
  if (!(await verifyLeafNodeSignatureKeyPackage(leafNode, suite.signature)))
    throw invalid('has a wrong leaf signature');
  if (!(await verifyKeyPackage(keyPackage, suite.signature))) throw invalid('has a wrong signature');

  checkSpan(keyPackage, longestLifetime);
  const now = BigInt(clock());
  const { notBefore, notAfter } = leafNode.lifetime;
  if (now < notBefore || now > notAfter) {
    throw new CoreError('KEY_PACKAGE_LIFETIME', `the KeyPackage is ${now < notBefore ? 'not valid yet' : 'expired'}`);
  }
  return identityKey;
}

/** @throws CoreError `KEY_PACKAGE_LIFETIME` when it is valid for longer, in seconds, than is wanted (RFC 9420, 7.2) */
export function checkSpan({ leafNode: { lifetime } }: KeyPackage, longest = MAX_LIFETIME_SECONDS): void {
  const span = lifetime.notAfter - lifetime.notBefore;
  if (span < 0n || (longest !== Number.POSITIVE_INFINITY && span > BigInt(longest))) {
    throw new CoreError('KEY_PACKAGE_LIFETIME', `the KeyPackage is valid for ${span} s, over ${longest}`);
  }
}

/** The private parts as ts-mls takes them; signing goes through the suite. */
export const toPrivatePackage = ({ initKey, leafKey }: GeneratedKeyPackage['privateParts']): PrivateKeyPackage => ({
  initPrivateKey: initKey,
  hpkePrivateKey: leafKey,
  signaturePrivateKey: new Uint8Array(),
});
