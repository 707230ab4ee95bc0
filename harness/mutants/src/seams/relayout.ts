/** How a message is laid out anew. */
export interface Layout {
  /** What a struct's last pointer leads to comes first. */
  isReversed: boolean;
  /** Words, and pointers, that a newer schema has added to every struct. */
  extraWords: number;
  extraPointers: number;
}

/** Bytes of the table of one segment. */
const TABLE = 8;
const LIST_BITS = [0, 1, 8, 16, 32, 64];
const POINTERS = 6;
const COMPOSITE = 7;
/** What a field of a newer schema may hold. */
const UNKNOWN = 0x5a;

/** The same message in another layout: what a reader of Cap'n Proto must not notice. One segment, near pointers only. */
export function relayout(bytes: Uint8Array, layout: Layout): Uint8Array {
  const source = new DataView(bytes.buffer, bytes.byteOffset + TABLE, bytes.length - TABLE);
  const copy = new Copy(source, layout);
  copy.pointer(0, copy.allocate(1));
  return copy.framed();
}

/** Two segments: the first holds a far pointer alone, to the root pointer at the front of the second. */
export function inTwoSegments(bytes: Uint8Array): Uint8Array {
  const segment = bytes.subarray(TABLE);
  const head = Buffer.alloc(16 + 8);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(1, 4);
  head.writeUInt32LE(segment.length / 8, 8);
  head.writeUInt32LE(2, 16);
  head.writeUInt32LE(1, 20);
  return Buffer.concat([head, segment]);
}

/** Offsets are words. */
class Copy {
  readonly #source: DataView;
  readonly #layout: Layout;
  #out = Buffer.alloc(512);
  #words = 0;

  constructor(source: DataView, layout: Layout) {
    this.#source = source;
    this.#layout = layout;
  }

  allocate(words: number): number {
    const start = this.#words;
    this.#words += words;
    if (this.#words * 8 > this.#out.length)
      this.#out = Buffer.concat([this.#out], Math.max(this.#out.length * 2, this.#words * 8));
    return start;
  }

  framed(): Uint8Array {
    const table = Buffer.alloc(TABLE);
    table.writeUInt32LE(this.#words, 4);
    return Buffer.concat([table, this.#out.subarray(0, this.#words * 8)]);
  }

  /** Copies what the pointer at `from` leads to, and makes the one at `to` lead there. */
  pointer(from: number, to: number): void {
    const low = this.#source.getInt32(from * 8, true);
    const high = this.#source.getUint32(from * 8 + 4, true);
    const kind = low & 3;
    if (kind === 0 && (low !== 0 || high !== 0)) this.#struct(from + 1 + (low >> 2), high & 0xffff, high >>> 16, to);
    else if (kind === 1) this.#list(from + 1 + (low >> 2), high & 7, high >>> 3, to);
    else this.#write(to, low, high);
  }

  #struct(from: number, words: number, pointers: number, to: number): void {
    const start = this.allocate(this.#size(words, pointers));
    this.#write(to, (start - to - 1) << 2, this.#sizes(words, pointers));
    this.#fields(from, words, pointers, start);
  }

  #list(from: number, elementSize: number, count: number, to: number): void {
    const link = (start: number, counted: number): void =>
      this.#write(to, ((start - to - 1) << 2) | 1, ((counted << 3) | elementSize) >>> 0);
    if (elementSize === COMPOSITE) {
      const tag = this.#source.getInt32(from * 8, true);
      const sizes = this.#source.getUint32(from * 8 + 4, true);
      const [words, pointers] = [sizes & 0xffff, sizes >>> 16];
      const [length, size] = [tag >> 2, this.#size(words, pointers)];
      const start = this.allocate(1 + length * size);
      link(start, length * size);
      this.#write(start, tag, this.#sizes(words, pointers));
      for (let i = 0; i < length; i += 1)
        this.#fields(from + 1 + i * (words + pointers), words, pointers, start + 1 + i * size);
    } else if (elementSize === POINTERS) {
      const start = this.allocate(count);
      link(start, count);
      for (let i = 0; i < count; i += 1) this.pointer(from + i, start + i);
    } else {
      const words = Math.ceil(((LIST_BITS[elementSize] ?? 0) * count) / 64);
      const start = this.allocate(words);
      link(start, count);
      this.#data(from, words, start);
    }
  }

  #fields(from: number, words: number, pointers: number, to: number): void {
    const { isReversed, extraWords } = this.#layout;
    this.#data(from, words, to);
    this.#out.fill(UNKNOWN, (to + words) * 8, (to + words + extraWords) * 8);
    const order = Array.from({ length: pointers }, (_, i) => (isReversed ? pointers - 1 - i : i));
    for (const i of order) this.pointer(from + words + i, to + words + extraWords + i);
  }

  #data(from: number, words: number, to: number): void {
    const { buffer, byteOffset } = this.#source;
    this.#out.set(new Uint8Array(buffer, byteOffset + from * 8, words * 8), to * 8);
  }

  #size(words: number, pointers: number): number {
    return words + this.#layout.extraWords + pointers + this.#layout.extraPointers;
  }

  #sizes(words: number, pointers: number): number {
    return ((words + this.#layout.extraWords) | ((pointers + this.#layout.extraPointers) << 16)) >>> 0;
  }

  #write(at: number, low: number, high: number): void {
    this.#out.writeInt32LE(low, at * 8);
    this.#out.writeUInt32LE(high >>> 0, at * 8 + 4);
  }
}
