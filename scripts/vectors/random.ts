import { createHash } from 'node:crypto';

/** Choices that are the same in every run: a stream of SHA-256 under a label of its own. */
export class Random {
  readonly #label: string;
  #block = Buffer.alloc(0);
  #count = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** @returns `length` bytes */
  bytes(length: number): Uint8Array {
    while (this.#block.length < length) {
      const more = createHash('sha256').update(`quicnprotochat test vectors 1|random|${this.#label}|${this.#count}`);
      this.#block = Buffer.concat([this.#block, more.digest()]);
      this.#count += 1;
    }
    const taken = Uint8Array.from(this.#block.subarray(0, length));
    this.#block = this.#block.subarray(length);
    return taken;
  }

  /** @returns 0 … below - 1, for a small `below` */
  int(below: number): number {
    return Buffer.from(this.bytes(6)).readUIntLE(0, 6) % below;
  }

  /** A UInt64: of few bits as often as of many. */
  uint64(): bigint {
    return Buffer.from(this.bytes(8)).readBigUInt64LE() >> BigInt(this.int(64));
  }

  of<T>(values: readonly T[]): T {
    return values[this.int(values.length)] as T;
  }

  shuffled<T>(values: readonly T[]): T[] {
    const out = [...values];
    for (let i = out.length - 1; i > 0; i -= 1) {
      const j = this.int(i + 1);
      [out[i], out[j]] = [out[j] as T, out[i] as T];
    }
    return out;
  }
}
