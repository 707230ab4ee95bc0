/** Buckets kept before the full ones are first looked for: a full bucket is as good as none. */
const SWEEP_FROM = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key: so many calls a second for long, and so many at once after a pause. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #atOnce: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  #sweepFrom = SWEEP_FROM;

  /** @param atOnce how many calls a key has after a pause; one at least @param now ms */
  constructor(perSecond: number, atOnce: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#atOnce = Math.max(1, atOnce);
    this.#now = now;
  }

  /** @returns whether one more call of that key is within the limit; it counts only if it is */
  admits(key: string): boolean {
    if (!Number.isFinite(this.#perSecond)) return true;
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#atOnce, at: now };
    const gained = (Math.max(0, now - bucket.at) / 1_000) * this.#perSecond;
    const tokens = Math.min(this.#atOnce, bucket.tokens + gained);
    const isAdmitted = tokens >= 1;
    this.#buckets.set(key, { tokens: isAdmitted ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > this.#sweepFrom) this.#sweep(now);
    return isAdmitted;
  }

  /** Keys that it remembers. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Buckets that are full by now. */
  #sweep(now: number): void {
    for (const [key, { tokens, at }] of this.#buckets)
      if (tokens + ((now - at) / 1_000) * this.#perSecond >= this.#atOnce) this.#buckets.delete(key);
    // What is left is in use: to look through it at every call would cost more than it frees.
    this.#sweepFrom = Math.max(SWEEP_FROM, 2 * this.#buckets.size);
  }
}
