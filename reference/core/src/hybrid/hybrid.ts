import { randomBytes } from '@noble/hashes/utils.js';
import { openEnvelope, sealEnvelope } from './envelope.ts';
import type { HybridKeypair, HybridPublicKey } from './keys.ts';
import { NONCE_LEN } from './layout.ts';
import { primitives } from './primitives.ts';

/**
 * Encrypts to a recipient's hybrid key: who reads it must break X25519 and ML-KEM-768 both (spec: HYB).
 * Says nothing about who sent it.
 * @returns an envelope of version 1, 1,149 bytes longer than `plaintext`
 * @throws CoreError `HYBRID_LOW_ORDER` when the recipient's X25519 key is of low order
 */
export function hybridEncrypt(recipient: HybridPublicKey, plaintext: Uint8Array): Uint8Array {
  return sealEnvelope(primitives, recipient, plaintext, {
    keypair: primitives.x25519Generate(),
    nonce: randomBytes(NONCE_LEN),
  });
}

/**
 * @returns the plaintext
 * @throws CoreError `HYBRID_SHORT`, `HYBRID_VERSION`, `HYBRID_LOW_ORDER`, `HYBRID_TAG`; `DISPOSED` when the key pair has
 *   been wiped. Nothing of the plaintext is returned then.
 */
export function hybridDecrypt(recipient: HybridKeypair, envelope: Uint8Array): Uint8Array {
  return openEnvelope(primitives, recipient, envelope);
}
