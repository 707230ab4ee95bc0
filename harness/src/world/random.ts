import { createCipheriv, createHash, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

/** PKCS #8 of an Ed25519 private key up to its 32 bytes (RFC 8410, section 7). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex');

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
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8_ED25519, this.bytes(32)]),
      format: 'der',
      type: 'pkcs8',
    });
    return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32));
  }

  /** A source of its own, for somebody who draws at times of their own. The same name gives the same one. */
  fork(name: string): RandomSource {
    return new RandomSource(Buffer.concat([this.#key, Buffer.from(name)]));
  }
}
