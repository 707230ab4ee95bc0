import { randomBytes } from 'node:crypto';
import { encapsulateWith, hybridKey, hybridPrimitives } from '@quicnprotochat/core/testing';

/** How a hybrid envelope differs from a right one; else it is one, so that a receiver which does not look takes it. */
export interface Forgery {
  /** First byte; 1 by default. */
  version?: number;
  /** The ephemeral key is the point of order 1, with which everybody knows the X25519 secret: 32 zero bytes. */
  isLowOrder?: boolean;
  isTagFlipped?: boolean;
}

const X25519_LEN = 32;
const NONCE_LEN = 12;
/** Where the parts of an envelope begin (spec: HYB). */
const CIPHERTEXT_AT = 1 + X25519_LEN;
const NONCE_AT = CIPHERTEXT_AT + 1_088;

/** @param recipient hybrid public key, 1,216 bytes */
export function forgeHybrid(recipient: Uint8Array, plaintext: Uint8Array, forgery: Forgery): Uint8Array {
  const { version = 1, isLowOrder = false, isTagFlipped = false } = forgery;
  const pair = hybridPrimitives.x25519Keypair(randomBytes(X25519_LEN));
  const ephemeral = isLowOrder ? new Uint8Array(X25519_LEN) : Uint8Array.from(pair.publicKey);
  const agreed = isLowOrder ? new Uint8Array(X25519_LEN) : pair.agree(recipient.subarray(0, X25519_LEN));
  if (!agreed) throw new Error("the client's own hybrid key is of low order");
  const { ciphertext, sharedSecret } = encapsulateWith(recipient.subarray(X25519_LEN), randomBytes(32));
  const nonce = randomBytes(NONCE_LEN);
  const header = Buffer.concat([Uint8Array.of(version), ephemeral, ciphertext, nonce]);
  const sealed = hybridPrimitives.seal(hybridKey(agreed, sharedSecret), nonce, header, plaintext);
  const envelope = Buffer.concat([header, sealed]);
  if (isTagFlipped) envelope[envelope.length - 1] = (envelope.at(-1) as number) ^ 1;
  return envelope;
}

/** What must be new in each envelope (spec: HYB-010). */
export const partsOf = (envelope: Uint8Array): Record<string, Uint8Array> => ({
  'ephemeral key': envelope.subarray(1, CIPHERTEXT_AT),
  'ML-KEM ciphertext': envelope.subarray(CIPHERTEXT_AT, NONCE_AT),
  nonce: envelope.subarray(NONCE_AT, NONCE_AT + NONCE_LEN),
});
