// The hybrid envelope v1 straight from its primitives, without the code that the vectors are for.
import { createHmac } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { bytesOf, concat } from './file.ts';

export const INFO: Uint8Array = new TextEncoder().encode('quicnprotochat-hybrid-v1');
export const HEADER_LEN = 1133;

const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(createHmac('sha256', key).update(bytes).digest());

/** HKDF by hand (RFC 5869): 32 bytes are the first block alone. */
export function schedule(x25519Secret: Uint8Array, mlKemSecret: Uint8Array) {
  const ikm = concat(x25519Secret, mlKemSecret);
  const prk = hmac(new Uint8Array(32), ikm);
  return { ikm, prk, key: hmac(prk, concat(INFO, [1])) };
}

export function keypair(seed: Uint8Array) {
  const mlKem = ml_kem768.keygen(seed.subarray(32));
  return { seed, publicKey: concat(x25519.getPublicKey(seed.subarray(0, 32)), mlKem.publicKey), mlKem };
}

/** The same recipient in every case that does not say another. */
export const bob = keypair(bytesOf('hybrid seed bob', 96));

export interface Choices {
  ephemeral: Uint8Array;
  coins: Uint8Array;
  nonce: Uint8Array;
}
export const choicesOf = (label: string): Choices => ({
  ephemeral: bytesOf(`${label} ephemeral`, 32),
  coins: bytesOf(`${label} coins`, 32),
  nonce: bytesOf(`${label} nonce`, 12),
});

/** What an attacker, or a faulty sender, does otherwise. */
export interface Deviation {
  version?: number;
  /** Sent in place of the ephemeral public key. */
  ephemeralPublicKey?: Uint8Array;
  /** In place of what X25519 gives: zero, for a key of low order. */
  x25519Secret?: Uint8Array;
  aad?: (header: Uint8Array) => Uint8Array;
  ikm?: (x25519Secret: Uint8Array, mlKemSecret: Uint8Array) => { key: Uint8Array };
}

export function seal(publicKey: Uint8Array, plaintext: Uint8Array, choices: Choices, deviation: Deviation = {}) {
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey.subarray(32), choices.coins);
  const x25519Secret = deviation.x25519Secret ?? x25519.getSharedSecret(choices.ephemeral, publicKey.subarray(0, 32));
  const header = concat(
    [deviation.version ?? 1],
    deviation.ephemeralPublicKey ?? x25519.getPublicKey(choices.ephemeral),
    cipherText,
    choices.nonce,
  );
  const { key } = (deviation.ikm ?? schedule)(x25519Secret, sharedSecret);
  const aad = deviation.aad ? deviation.aad(header) : header;
  return concat(header, chacha20poly1305(key, choices.nonce, aad).encrypt(plaintext));
}

const P = 2n ** 255n - 19n;
export const littleEndian = (value: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));

/** u coordinates that X25519 maps to zero, by their order; each also with the top bit set, which X25519 ignores. */
export const LOW_ORDER: [string, Uint8Array][] = (
  [
    ['order 2: 0', 0n],
    ['order 4: 1', 1n],
    ['order 4 of the twist: p - 1', P - 1n],
    ['order 8', 325606250916557431795983626356110631294008115727848805560023387167927233504n],
    ['order 8, the other', 39382357235489614581723060781553021112529911719440698176882885853963445705823n],
    ['p, that is 0', P],
    ['p + 1, that is 1', P + 1n],
  ] as const
).flatMap(([name, u]): [string, Uint8Array][] => [
  [name, littleEndian(u)],
  [`${name}; top bit set`, littleEndian(u + 2n ** 255n)],
]);

/** An encapsulation key with one coefficient replaced. @param index 0 … 767 @param value 12 bits */
export function withCoefficient(publicKey: Uint8Array, index: number, value: number): Uint8Array {
  const out = Uint8Array.from(publicKey);
  const at = 32 + (index >> 1) * 3;
  const [a, b, c] = out.subarray(at, at + 3) as unknown as [number, number, number];
  out.set(
    index % 2 === 0 ? [value & 255, (b & 0xf0) | (value >> 8), c] : [a, (b & 15) | ((value & 15) << 4), value >> 4],
    at,
  );
  return out;
}

/** The lowest coefficient below 767: over the modulus it still fits into 12 bits. @returns its index, and value */
export function smallCoefficient(publicKey: Uint8Array): { index: number; value: number } {
  for (let index = 0; index < 768; index += 1) {
    const at = 32 + (index >> 1) * 3;
    const [a, b, c] = publicKey.subarray(at, at + 3) as unknown as [number, number, number];
    const value = index % 2 === 0 ? a | ((b & 15) << 8) : (b >> 4) | (c << 4);
    if (value < 4096 - 3329) return { index, value };
  }
  throw new Error('no small coefficient');
}
