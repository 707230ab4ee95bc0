interface Entry {
  order: bigint;
  bytes: Uint8Array;
}

/** Things in order of a number, taken from the front. Adding and taking cost O(1), however many there are. */
export class Fifo {
  #entries: (Entry | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Payload bytes in all. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Usually to the back; what is put back goes to its place. */
  add(order: bigint, bytes: Uint8Array): void {
    let at = this.#entries.length;
    while (at > this.#head && (this.#entries[at - 1] as Entry).order > order) at -= 1;
    if (at > this.#head && (this.#entries[at - 1] as Entry).order === order) return;
    if (at === this.#entries.length) this.#entries.push({ order, bytes });
    else if (at === this.#head && this.#head > 0) {
      this.#head -= 1;
      this.#entries[this.#head] = { order, bytes };
    } else this.#entries.splice(at, 0, { order, bytes });
    this.#bytes += bytes.length;
  }

  first(): Entry | undefined {
    return this.#entries[this.#head];
  }

  takeFirst(): Entry | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= entry.bytes.length;
    // Half of the array is gone: give it back.
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** Removes one, quickly when it is the first. @returns its length in bytes, 0 when it is not there */
  remove(order: bigint): number {
    const first = this.first();
    if (first?.order === order) {
      this.takeFirst();
      return first.bytes.length;
    }
    const at = this.#entries.findIndex((entry) => entry?.order === order);
    if (at < 0) return 0;
    const [removed] = this.#entries.splice(at, 1) as [Entry];
    this.#bytes -= removed.bytes.length;
    return removed.bytes.length;
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let i = this.#head; i < this.#entries.length; i += 1) yield this.#entries[i] as Entry;
  }
}
