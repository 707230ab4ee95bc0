/** An X25519 key pair, held in whatever form its implementation works with. */
export interface X25519Keypair {
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** @returns the shared secret, 32 bytes; undefined when it would be all zero (RFC 7748, section 6.1) */
  agree(publicKey: Uint8Array): Uint8Array | undefined;
  /** Overwrites what it can of the secret. */
  wipe(): void;
}

/** An ML-KEM-768 key pair, held in whatever form its implementation works with. */
export interface MlKemKeypair {
  /** 1,184 bytes. */
  encapsulationKey: Uint8Array;
  /** @param ciphertext 1,088 bytes @returns 32 bytes; of a wrong ciphertext too (FIPS 203: implicit rejection) */
  decapsulate(ciphertext: Uint8Array): Uint8Array;
  /** Overwrites what it can of the secret. */
  wipe(): void;
}

/**
 * What the hybrid envelope is made of. Lengths are checked by the caller. Each implementation gives the same bytes for
 * the same input; what it returns is the caller's to wipe.
 */
export interface HybridPrimitives {
  /** @param secret 32 bytes, copied (RFC 7748) */
  x25519Keypair(secret: Uint8Array): X25519Keypair;
  /** A new one, from the system's random source. */
  x25519Generate(): X25519Keypair;
  /** @param seed d | z, 64 bytes (FIPS 203, algorithm 16) */
  mlKemKeypair(seed: Uint8Array): MlKemKeypair;
  /** @param encapsulationKey 1,184 bytes that passed the modulus check */
  mlKemEncapsulate(encapsulationKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
  /** HKDF-SHA256 with an empty salt (RFC 5869). */
  hkdf(ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array;
  /** ChaCha20-Poly1305 (RFC 8439). @returns ciphertext and tag, 16 bytes more than the plaintext */
  seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** @returns the plaintext; undefined when the tag is wrong */
  open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}
