/**
 * Seams for test vectors and for tests of clients: what the hybrid envelope chooses at random, chosen by the caller. A door of its own
 * (`@quicnprotochat/core/testing`), so that nobody who sends messages finds it: two envelopes with the same choices give
 * away both.
 */
import { deriveKey, sealEnvelope } from './hybrid/envelope.ts';
import type { HybridPublicKey } from './hybrid/keys.ts';
import { nobleEncapsulate } from './hybrid/noble.ts';
import { primitives } from './hybrid/primitives.ts';

/** What a hybrid envelope is made with instead of random bytes (spec: HYB). */
export interface HybridChoices {
  /** X25519 secret, 32 bytes; copied. */
  ephemeral: Uint8Array;
  /** 32 bytes (FIPS 203, algorithm 17: m). */
  coins: Uint8Array;
  /** 12 bytes. */
  nonce: Uint8Array;
}

/** hybridEncrypt with the choices given. @throws CoreError `HYBRID_LOW_ORDER` */
export function sealWith(recipient: HybridPublicKey, plaintext: Uint8Array, choices: HybridChoices): Uint8Array {
  const p = {
    ...primitives,
    mlKemEncapsulate: (encapsulationKey: Uint8Array) => nobleEncapsulate(encapsulationKey, choices.coins),
  };
  const keypair = primitives.x25519Keypair(choices.ephemeral);
  return sealEnvelope(p, recipient, plaintext, { keypair, nonce: choices.nonce });
}

/** The key of an envelope, 32 bytes, of both shared secrets of 32 bytes. */
export const hybridKey = (x25519Secret: Uint8Array, mlKemSecret: Uint8Array): Uint8Array =>
  deriveKey(primitives, x25519Secret, mlKemSecret);

export type { HybridPrimitives } from './hybrid/primitive-types.ts';
export { misnamedKeyPackage, publicCommit } from './testing-mls.ts';
export { nobleEncapsulate as encapsulateWith, primitives as hybridPrimitives };
