import type { Signer } from './crypto/primitive-types.ts';
import { primitives } from './crypto/primitives.ts';
import { CoreError } from './errors.ts';

/** Bytes of a seed (RFC 8032, 5.1.5). */
export const IDENTITY_SEED_LEN = 32;
/** Bytes of a public key. */
export const IDENTITY_KEY_LEN = 32;

/**
 * An Ed25519 key pair (RFC 8032): who somebody is. The public key is the identity key of the NodeService calls and the
 * basic credential in MLS groups. Dispose it when done: `using me = IdentityKeypair.generate()`, or `dispose()`.
 */
export class IdentityKeypair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  #seed: Uint8Array | undefined;
  #signer: Signer | undefined;

  private constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.#signer = primitives.signer(seed);
    this.publicKey = this.#signer.publicKey;
  }

  /** A new one from the system's random source. */
  static generate(): IdentityKeypair {
    return new IdentityKeypair(crypto.getRandomValues(new Uint8Array(IDENTITY_SEED_LEN)));
  }

  /**
   * @param seed 32 bytes; copied
   * @throws CoreError `SEED_LENGTH`
   */
  static fromSeed(seed: Uint8Array): IdentityKeypair {
    if (seed.length !== IDENTITY_SEED_LEN) {
      throw new CoreError('SEED_LENGTH', `an identity seed has ${IDENTITY_SEED_LEN} bytes, not ${seed.length}`);
    }
    return new IdentityKeypair(Uint8Array.from(seed));
  }

  /**
   * A copy of the seed, 32 bytes, secret: zero it after use.
   * @throws CoreError `DISPOSED`
   */
  get seed(): Uint8Array {
    if (!this.#seed) throw disposed();
    return Uint8Array.from(this.#seed);
  }

  /**
   * @returns the signature, 64 bytes
   * @throws CoreError `DISPOSED`
   */
  sign(message: Uint8Array): Uint8Array {
    if (!this.#signer) throw disposed();
    return this.#signer.sign(message);
  }

  /** Whether a signature of 64 bytes by the public key of 32 bytes is right; false for other lengths. */
  static verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    return primitives.verify(publicKey, message, signature);
  }

  /** Zeroizes the seed; signing fails from now on. May be called twice. */
  dispose(): void {
    this.#seed?.fill(0);
    this.#signer?.dispose();
    this.#seed = undefined;
    this.#signer = undefined;
  }

  /** As `dispose`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Never the private half, wherever it is printed. */
  toJSON(): { publicKey: string } {
    return { publicKey: Array.from(this.publicKey, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  }
}

const disposed = (): CoreError => new CoreError('DISPOSED', 'the private key of this identity was zeroized');
