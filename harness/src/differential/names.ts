/**
 * What one server calls so, and the other so: values that a server chooses are the same when each of them always stands for
 * the same one of the other.
 */
export class Names {
  readonly #there = new Map<string, string>();
  readonly #back = new Map<string, string>();

  /** Whether the two can stand for each other; if nothing is known of them, they do from now on. */
  pair(a: string, b: string): boolean {
    if (!this.#there.has(a) && !this.#back.has(b)) {
      this.#there.set(a, b);
      this.#back.set(b, a);
    }
    return this.#there.get(a) === b;
  }

  /** What the other one calls it, if that is known. */
  counterpart(a: string): string | undefined {
    return this.#there.get(a);
  }

  /** Whether they are known to stand for each other. */
  areSame(a: string, b: string): boolean {
    return this.#there.get(a) === b;
  }
}

/** The sequence numbers of a queue on both servers: where they start and by how much they rise is a server's own affair. */
export class Numbers {
  readonly #names = new Names();
  #last: { a: bigint; b: bigint } | undefined;
  /** Whether they rose by other steps. */
  hasOtherSteps = false;

  pair(a: bigint, b: bigint): boolean {
    const last = this.#last;
    this.#last = { a, b };
    if (!this.#names.pair(String(a), String(b))) return false;
    if (last === undefined) return true;
    if (a - last.a !== b - last.b) this.hasOtherSteps = true;
    return a > last.a === b > last.b && a < last.a === b < last.b;
  }

  /** The number of the same message on B, if it is known. */
  counterpart(a: bigint): string | undefined {
    return this.#names.counterpart(String(a));
  }
}
