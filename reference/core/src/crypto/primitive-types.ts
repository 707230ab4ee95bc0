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
