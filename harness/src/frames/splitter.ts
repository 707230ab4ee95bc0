/** A message, or a run of bytes that is none, as it passed on a stream. */
export interface CutFrame {
  /** The beginning, up to the limit; the bytes are a copy. */
  bytes: Uint8Array;
  /** Bytes that it had in all. */
  length: number;
  /** Why it is no whole message; undefined: it is one. */
  fault: string | undefined;
}

/** Segments beyond which a table is taken for garbage: the most that a peer takes (spec: RPC). */
const MAX_SEGMENTS = 512;
/** Bytes of the table of `count` segments. */
const tableLength = (count: number): number => (4 + count * 4 + 7) & ~7;
/** The table of the most segments fits, so that what follows can be counted. */
const MIN_KEPT = tableLength(MAX_SEGMENTS);

/**
 * Cuts a byte stream into messages for the record (Cap'n Proto, "Serialization Over a Stream", unpacked). Unlike the
 * reader of the RPC layer it refuses nothing, and keeps only the beginning of each message: what it sees may be wrong,
 * or a flood.
 */
export class Splitter {
  readonly #kept: number;
  #head: Uint8Array[] = [];
  #headLength = 0;
  #length = 0;
  /** Bytes of the message under way; undefined until its table is whole. */
  #total: number | undefined;
  #isGarbage = false;

  /** @param kept bytes of a message that are kept, at least a table of 512 segments */
  constructor(kept: number) {
    this.#kept = Math.max(kept, MIN_KEPT);
  }

  push(chunk: Uint8Array): CutFrame[] {
    if (this.#isGarbage) return [garbage(chunk.slice(0, this.#kept), chunk.length)];
    const frames: CutFrame[] = [];
    let rest = chunk;
    while (rest.length > 0 && !this.#isGarbage) {
      const taken = rest.subarray(0, this.#needed() - this.#length);
      this.#append(taken);
      rest = rest.subarray(taken.length);
      if (this.#length < this.#needed()) continue;
      if (this.#total === undefined) this.#learn();
      if (this.#total === this.#length) frames.push(this.#finish(undefined));
    }
    if (this.#isGarbage) {
      this.#append(rest);
      frames.push(this.#finish(GARBAGE));
    }
    return frames;
  }

  /** What is left when the stream ends, or the record is closed. */
  end(): CutFrame | undefined {
    return this.#length === 0 ? undefined : this.#finish('cut off: the message is not whole');
  }

  #needed(): number {
    if (this.#total !== undefined) return this.#total;
    return this.#length < 4 ? 4 : tableLength(this.#count());
  }

  #count(): number {
    const bytes = this.#kepts();
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) + 1;
  }

  /** The number of segments, or the whole table, has arrived. */
  #learn(): void {
    const count = this.#count();
    if (count > MAX_SEGMENTS) {
      this.#isGarbage = true;
      return;
    }
    const table = tableLength(count);
    if (this.#length < table) return;
    const bytes = this.#kepts();
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let total = table;
    for (let i = 0; i < count; i += 1) total += view.getUint32(4 + i * 4, true) * 8;
    this.#total = total;
  }

  #append(bytes: Uint8Array): void {
    const room = this.#kept - this.#headLength;
    if (room > 0 && bytes.length > 0) {
      this.#head.push(bytes.slice(0, room));
      this.#headLength += Math.min(room, bytes.length);
    }
    this.#length += bytes.length;
  }

  #kepts(): Uint8Array {
    if (this.#head.length > 1) this.#head = [new Uint8Array(Buffer.concat(this.#head))];
    return this.#head[0] ?? new Uint8Array();
  }

  #finish(fault: string | undefined): CutFrame {
    const frame = { bytes: this.#kepts(), length: this.#length, fault };
    this.#head = [];
    this.#headLength = 0;
    this.#length = 0;
    this.#total = undefined;
    return frame;
  }
}

const GARBAGE = `no message: the segment table claims more than ${MAX_SEGMENTS} segments`;
const garbage = (bytes: Uint8Array, length: number): CutFrame => ({
  bytes,
  length,
  fault: 'after what was no message',
});
