/** Buckets kept before the full ones are thrown away: a full bucket is as good as none. */
const SWEEP_FROM = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key: so many calls a second for long, and as many at once after a pause. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now ms */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** @returns whether one more call of that key is within the limit; it counts only if it is */
  admits(key: string): boolean {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#perSecond, at: now };
    const gained = (Math.max(0, now - bucket.at) / 1_000) * this.#perSecond;
    const tokens = Math.min(this.#perSecond, bucket.tokens + gained);
    const isAdmitted = tokens >= 1;
    this.#buckets.set(key, { tokens: isAdmitted ? tokens - 1 : tokens, at: now });
    if (this.#buckets.size > SWEEP_FROM) this.#sweep(now);
    return isAdmitted;
  }

  /** Buckets that are full by now. */
  #sweep(now: number): void {
    for (const [key, { tokens, at }] of this.#buckets)
      if (tokens + ((now - at) / 1_000) * this.#perSecond >= this.#perSecond) this.#buckets.delete(key);
  }
}
