import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { randomBytes } from '@noble/hashes/utils.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { X25519_LEN } from './layout.ts';
import type { HybridPrimitives, X25519Keypair } from './primitive-types.ts';

/** @param coins 32 random bytes; given only to make a test vector again (FIPS 203, algorithm 17) */
export function nobleEncapsulate(
  encapsulationKey: Uint8Array,
  coins?: Uint8Array,
): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(encapsulationKey, coins);
  return { ciphertext: cipherText, sharedSecret };
}

/** @param secret the key pair's own from now on */
const keypairOf = (secret: Uint8Array): X25519Keypair => ({
  publicKey: x25519.getPublicKey(secret),
  agree: (publicKey) => {
    try {
      return x25519.getSharedSecret(secret, publicKey);
    } catch {
      // With 32 bytes each there is no other reason to throw than a result of zero.
      return undefined;
    }
  },
  wipe: () => secret.fill(0),
});

/** Pure JavaScript: runs everywhere. */
export const noble: HybridPrimitives = {
  x25519Keypair: (secret) => keypairOf(Uint8Array.from(secret)),
  x25519Generate: () => keypairOf(randomBytes(X25519_LEN)),
  mlKemKeypair: (seed) => {
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    // Decapsulating encrypts again, with the same matrix every time.
    const prepared = ml_kem768.prepare(publicKey);
    return {
      encapsulationKey: publicKey,
      decapsulate: (ciphertext) => prepared.decapsulate(ciphertext, secretKey),
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
