import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { HybridPrimitives } from './primitives.ts';

/** @param coins 32 random bytes; given only to make a test vector again (FIPS 203, algorithm 17) */
export function nobleEncapsulate(
  encapsulationKey: Uint8Array,
  coins?: Uint8Array,
): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(encapsulationKey, coins);
  return { ciphertext: cipherText, sharedSecret };
}

/** Pure JavaScript: runs everywhere. */
export const noble: HybridPrimitives = {
  x25519PublicKey: (secret) => x25519.getPublicKey(secret),
  x25519: (secret, publicKey) => {
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      // With 32 bytes each there is no other reason to throw than a result of zero.
      return undefined;
    }
  },
  mlKemKeypair: (seed) => {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return {
      encapsulationKey: publicKey,
      decapsulate: (ciphertext) => ml_kem768.decapsulate(ciphertext, secretKey),
      wipe: () => secretKey.fill(0),
    };
  },
  mlKemEncapsulate: (encapsulationKey) => nobleEncapsulate(encapsulationKey),
  hkdf: (ikm, info, length) => hkdf(sha256, ikm, undefined, info, length),
  seal: (key, nonce, aad, plaintext) => chacha20poly1305(key, nonce, aad).encrypt(plaintext),
  open: (key, nonce, aad, sealed) => {
    try {
      return chacha20poly1305(key, nonce, aad).decrypt(sealed);
    } catch {
      return undefined;
    }
  },
};
