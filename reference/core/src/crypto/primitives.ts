import { noblePrimitives } from './noble-primitives.ts';
import { nodePrimitives } from './node-primitives.ts';
import type { Primitives } from './primitive-types.ts';

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
