import { noblePrimitives } from './noble-primitives.ts';
import { nodePrimitives } from './node-primitives.ts';

/** The primitives of MLS suite 0x0001 but for HPKE. Each is the same function on every platform. */
export interface Primitives {
  /** @returns 32 bytes */
  sha256(data: Uint8Array): Uint8Array;
  /** HMAC-SHA256 (RFC 2104). @returns 32 bytes */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array;
  /** AES-128-GCM (key 16 bytes, nonce 12). @returns ciphertext and tag of 16 bytes */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @throws when the tag is wrong */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array;
  /** Ed25519 (RFC 8032). @returns false for malformed keys and signatures too */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  signer(seed: Uint8Array): Signer;
}

/** An Ed25519 key that signs: made of a copy of a seed of 32 bytes. */
export interface Signer {
  /** 32 bytes */
  publicKey: Uint8Array;
  /** @returns 64 bytes */
  sign(message: Uint8Array): Uint8Array;
  /** Zeroizes the copy, as far as the platform lets us. */
  dispose(): void;
}

/** node:crypto where there is one, several times faster; else the portable ones. */
export const primitives: Primitives = nodePrimitives() ?? noblePrimitives;

/** HKDF-Extract with SHA-256 (RFC 5869, 2.2). @returns 32 bytes */
export const hkdfExtract = (salt: Uint8Array, ikm: Uint8Array, { hmac } = primitives): Uint8Array => hmac(salt, ikm);

/** HKDF-Expand with SHA-256 (RFC 5869, 2.3). @returns `length` bytes, at most 255 × 32 */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number, { hmac } = primitives): Uint8Array {
  if (length > 255 * 32) throw new RangeError('HKDF gives 8,160 bytes at most');
  const blocks = Math.ceil(length / 32);
  const out = new Uint8Array(blocks * 32);
  const input = new Uint8Array(32 + info.length + 1);
  input.set(info, 32);
  for (let i = 1; i <= blocks; i += 1) {
    input[input.length - 1] = i;
    const block = hmac(prk, i === 1 ? input.subarray(32) : input);
    out.set(block, (i - 1) * 32);
    input.set(block);
  }
  input.fill(0);
  return out.slice(0, length);
}

/** Whether two byte strings are the same, in a time that depends on their lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] as number) ^ (b[i] ?? 0);
  return difference === 0;
}
