/** Checks one after the other, a line each, and their totals. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** @param body returns what is worth knowing of a check that passed; throws when it did not */
  async check(name: string, body: () => Promise<string>): Promise<void> {
    try {
      console.log(`ok     ${name}: ${await body()}`);
      this.#passed += 1;
    } catch (error) {
      console.log(`FAILED ${name}: ${error instanceof Error ? error.stack : error}`);
      this.#failed += 1;
    }
  }

  skip(count: number, why: string): void {
    console.log(`skipped: ${why}`);
    this.#skipped += count;
  }

  /** Prints the totals. @returns the exit code */
  finish(): 0 | 1 {
    console.log(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped`);
    return this.#failed === 0 ? 0 : 1;
  }
}
