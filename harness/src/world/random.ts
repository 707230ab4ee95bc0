import { createCipheriv, createHash, createPrivateKey, randomBytes } from 'node:crypto';

/**
 * Random values that a seed repeats: what scenarios send is made of it, so that a failure can be had again, and two servers
 * can be given the same. Nothing that it gives is a secret. The keystream of AES-256-CTR under the SHA-256 of the seed.
 */
export class RandomSource {
  readonly #key: Uint8Array;
  readonly #stream: ReturnType<typeof createCipheriv>;

  /** @param seed without it what comes is like nothing before */
  constructor(seed: string | Uint8Array = randomBytes(32)) {
    this.#key = createHash('sha256').update(seed).digest();
    this.#stream = createCipheriv('aes-256-ctr', this.#key, Buffer.alloc(16));
  }

  bytes(length: number): Uint8Array {
    return new Uint8Array(this.#stream.update(Buffer.alloc(length)));
  }

  /** @returns 0 … limit - 1, even but for a bias of limit / 2^32 */
  below(limit: number): number {
    return new DataView(this.bytes(4).buffer).getUint32(0, true) % limit;
  }

  /** An Ed25519 public key, 32 bytes. */
  identityKey(): Uint8Array {
    // Read as DER it would cost eight times as much. Of a private key the public part, `x`, is computed.
    const d = Buffer.from(this.bytes(32)).toString('base64url');
    const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', d, x: '' }, format: 'jwk' });
    return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url'));
  }

  /** A source of its own, for somebody who draws at times of their own. The same name gives the same one. */
  fork(name: string): RandomSource {
    return new RandomSource(Buffer.concat([this.#key, Buffer.from(name)]));
  }
}
