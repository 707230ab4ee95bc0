import { gcm } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Primitives } from './primitive-types.ts';

/** The portable primitives, on @noble. */
export const noblePrimitives: Primitives = {
  sha256,
  hmac: (key, data) => hmac(sha256, key, data),
  seal: (key, nonce, aad, plaintext) => gcm(key, nonce, aad).encrypt(plaintext),
  open: (key, nonce, aad, sealed) => gcm(key, nonce, aad).decrypt(sealed),
  verify(publicKey, message, signature) {
    try {
      // The rules of RFC 8032, as in OpenSSL; noble's default are those of ZIP 215.
      return ed25519.verify(signature, message, publicKey, { zip215: false });
    } catch {
      return false;
    }
  },
  signer(seed) {
    const key = seed.slice();
    return {
      publicKey: ed25519.getPublicKey(key),
      sign: (message) => ed25519.sign(message, key),
      dispose: () => key.fill(0),
    };
  },
};
