/**
 * Lengths of the hybrid envelope v1, in bytes (spec: HYB-001).
 *
 *     offset  bytes  field
 *     0       1      version, 0x01
 *     1       32     X25519 ephemeral public key
 *     33      1088   ML-KEM-768 ciphertext
 *     1121    12     nonce
 *     1133    n      ciphertext, as long as the plaintext
 *     1133+n  16     tag
 *
 * The first 1,133 bytes are the header, and the associated data of the cipher.
 */
export const HYBRID_VERSION = 1;
export const X25519_LEN = 32;
const MLKEM_SEED_LEN = 64;
export const MLKEM_PUBLIC_KEY_LEN = 1184;
const MLKEM_CIPHERTEXT_LEN = 1088;
export const NONCE_LEN = 12;
export const TAG_LEN = 16;

export const MLKEM_CIPHERTEXT_AT: number = 1 + X25519_LEN;
export const NONCE_AT: number = MLKEM_CIPHERTEXT_AT + MLKEM_CIPHERTEXT_LEN;
export const HEADER_LEN: number = NONCE_AT + NONCE_LEN;
/** What an envelope is longer than its plaintext, and so the least that one has. */
export const HYBRID_OVERHEAD: number = HEADER_LEN + TAG_LEN;
/** X25519 secret (32) | ML-KEM-768 seed d (32) | z (32). */
export const HYBRID_SEED_LEN: number = X25519_LEN + MLKEM_SEED_LEN;

export const HKDF_INFO: Uint8Array = new TextEncoder().encode('quicnprotochat-hybrid-v1');
export const KEY_LEN = 32;
