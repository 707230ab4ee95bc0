import { randomBytes } from '@noble/hashes/utils.js';
import { HYBRID_PUBLIC_KEY_LEN } from '@quicnprotochat/proto';
import { CoreError } from '../errors.ts';
import { HYBRID_SEED_LEN, MLKEM_PUBLIC_KEY_LEN, X25519_LEN } from './layout.ts';
import type { MlKemKeypair, X25519Keypair } from './primitive-types.ts';
import { primitives } from './primitives.ts';

/** The modulus of ML-KEM (FIPS 203, section 2.3). */
const Q = 3329;
/** Bytes of an encapsulation key before its seed rho: 3 polynomials of 256 coefficients of 12 bits. */
const COEFFICIENTS_LEN = MLKEM_PUBLIC_KEY_LEN - 32;

/** The modulus check of FIPS 203, section 7.2: each coefficient is the one of its class that is below Q. */
function isCanonical(encapsulationKey: Uint8Array): boolean {
  for (let i = 0; i < COEFFICIENTS_LEN; i += 3) {
    const [a, b, c] = encapsulationKey.subarray(i, i + 3) as unknown as [number, number, number];
    if ((a | ((b & 15) << 8)) >= Q || ((b >> 4) | (c << 4)) >= Q) return false;
  }
  return true;
}

/** Whom an envelope is for: X25519 public key (32 bytes) | ML-KEM-768 encapsulation key (1,184 bytes) (spec: HYB-002). */
export class HybridPublicKey {
  readonly #bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * @param bytes 1,216 bytes, copied
   * @throws CoreError `HYBRID_PUBLIC_KEY` for another length, or an encapsulation key that is not in its one right form
   *   (FIPS 203, section 7.2)
   */
  static fromBytes(bytes: Uint8Array): HybridPublicKey {
    if (bytes.length !== HYBRID_PUBLIC_KEY_LEN)
      throw new CoreError(
        'HYBRID_PUBLIC_KEY',
        `a hybrid public key has ${HYBRID_PUBLIC_KEY_LEN} bytes, not ${bytes.length}`,
      );
    const copy = Uint8Array.from(bytes);
    if (!isCanonical(copy.subarray(X25519_LEN)))
      throw new CoreError('HYBRID_PUBLIC_KEY', 'the ML-KEM-768 encapsulation key has a coefficient over the modulus');
    return new HybridPublicKey(copy);
  }

  /** @returns a copy, 1,216 bytes */
  toBytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  /** 32 bytes, a copy. */
  get x25519(): Uint8Array {
    return this.#bytes.slice(0, X25519_LEN);
  }

  /** 1,184 bytes, a copy. */
  get encapsulationKey(): Uint8Array {
    return this.#bytes.slice(X25519_LEN);
  }
}

/** Both secrets of a recipient. Wiped by `dispose`, or at the end of a `using` block. */
export class HybridKeypair {
  /** What others encrypt to; stays after `dispose`. */
  readonly publicKey: HybridPublicKey;
  readonly #seed: Uint8Array;
  readonly #x25519: X25519Keypair;
  readonly #mlKem: MlKemKeypair;
  #isDisposed = false;

  private constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.#x25519 = primitives.x25519Keypair(seed.subarray(0, X25519_LEN));
    this.#mlKem = primitives.mlKemKeypair(seed.subarray(X25519_LEN));
    const bytes = new Uint8Array(HYBRID_PUBLIC_KEY_LEN);
    bytes.set(this.#x25519.publicKey);
    bytes.set(this.#mlKem.encapsulationKey, X25519_LEN);
    this.publicKey = HybridPublicKey.fromBytes(bytes);
  }

  /** @returns a new key pair from the system's random source */
  static generate(): HybridKeypair {
    return new HybridKeypair(randomBytes(HYBRID_SEED_LEN));
  }

  /**
   * @param seed X25519 secret (32 bytes) | ML-KEM-768 seed d | z (64 bytes), copied
   * @throws CoreError `HYBRID_SEED` for another length than 96 bytes
   */
  static fromSeed(seed: Uint8Array): HybridKeypair {
    if (seed.length !== HYBRID_SEED_LEN)
      throw new CoreError('HYBRID_SEED', `a hybrid seed has ${HYBRID_SEED_LEN} bytes, not ${seed.length}`);
    return new HybridKeypair(Uint8Array.from(seed));
  }

  /** @returns a copy of the secret, 96 bytes, to be stored; the caller wipes it. @throws CoreError `DISPOSED` */
  exportSeed(): Uint8Array {
    this.#requireAlive();
    return Uint8Array.from(this.#seed);
  }

  /** @returns 32 bytes, or undefined for a peer's key of low order. @throws CoreError `DISPOSED` */
  agree(peer: Uint8Array): Uint8Array | undefined {
    this.#requireAlive();
    return this.#x25519.agree(peer);
  }

  /** @param ciphertext 1,088 bytes @returns 32 bytes. @throws CoreError `DISPOSED` */
  decapsulate(ciphertext: Uint8Array): Uint8Array {
    this.#requireAlive();
    return this.#mlKem.decapsulate(ciphertext);
  }

  /** Wipes the secrets; the public key stays. */
  dispose(): void {
    this.#isDisposed = true;
    this.#seed.fill(0);
    this.#x25519.wipe();
    this.#mlKem.wipe();
  }

  /** As `dispose`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #requireAlive(): void {
    if (this.#isDisposed) throw new CoreError('DISPOSED', 'the hybrid key pair has been wiped');
  }
}
