import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { makeGenericHpke } from '../../vendor/ts-mls/crypto/implementation/hpke.js';
import type { CiphersuiteImpl } from '../../vendor/ts-mls/index.js';
import { equalBytes, hkdfExpand, hkdfExtract, primitives } from '../crypto/primitives.ts';

export const SUITE_NAME = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
const HPKE = { kem: 'DHKEM-X25519-HKDF-SHA256', aead: 'AES128GCM', kdf: 'HKDF-SHA256' } as const;

/** Signs with the key of whoever a suite was made for. */
export type Sign = (message: Uint8Array) => Uint8Array;

/**
 * MLS suite 0x0001 for ts-mls. Signing takes a function instead of a key, so that no group state ever holds the seed.
 * @param sign of the member whose suite it is; the keys that ts-mls passes are ignored
 */
export async function makeSuite(sign: Sign, p = primitives): Promise<CiphersuiteImpl> {
  const aead = {
    encrypt: async (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) =>
      p.seal(key, nonce, aad, plaintext),
    decrypt: async (key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) =>
      p.open(key, nonce, aad, sealed),
  };
  const hpke = new CipherSuite({
    kem: new DhkemX25519HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes128Gcm(),
  });
  return {
    name: SUITE_NAME,
    hash: {
      digest: async (data) => p.sha256(data),
      mac: async (key, data) => p.hmac(key, data),
      verifyMac: async (key, mac, data) => equalBytes(p.hmac(key, data), mac),
    },
    kdf: {
      extract: async (salt, ikm) => hkdfExtract(salt, ikm, p),
      expand: async (prk, info, length) => hkdfExpand(prk, info, length, p),
      size: 32,
    },
    signature: {
      sign: async (_key, message) => sign(message),
      verify: async (publicKey, message, signature) => p.verify(publicKey, message, signature),
      keygen: () => Promise.reject(new Error('identities are made by IdentityKeypair')),
    },
    rng: { randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
    hpke: await makeGenericHpke(HPKE, aead, hpke),
  };
}
