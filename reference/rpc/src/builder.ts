import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { decodePointer, decodeTag, ELEMENT_BITS, LIST_OF_POINTERS, LIST_OF_STRUCTS } from './pointer.ts';
import type { PointerPlace } from './view.ts';

/** One segment that begins with a root pointer: what a call or an answer carries, on its way out. */
export type Content = Uint8Array;

/** Bytes of the segment table of a message of one segment. */
const TABLE = 8;

/** Builds one message in one segment. Places are word offsets in the segment. */
export class Builder {
  readonly #max: number;
  /** Segment table and segment. */
  #framed: Uint8Array;
  /** The segment alone. */
  #bytes: Uint8Array;
  #view: DataView;
  #words = 0;

  /**
   * @param bytes a first guess of the segment's size
   * @param max the most bytes that the segment may have
   */
  constructor(bytes: number, max = Number.POSITIVE_INFINITY) {
    this.#max = max;
    this.#framed = new Uint8Array(TABLE + ((bytes + 7) & ~7));
    this.#bytes = this.#framed.subarray(TABLE);
    this.#view = new DataView(this.#framed.buffer, TABLE);
    this.allocate(1);
  }

  /** The framed message. Nothing may be added after this. */
  toBytes(): Uint8Array {
    new DataView(this.#framed.buffer).setUint32(4, this.#words, true);
    return this.#framed.subarray(0, TABLE + this.#words * 8);
  }

  /** @throws ProtocolError when the segment would grow past its bound */
  allocate(words: number): number {
    const start = this.#words;
    this.#words += words;
    const needed = this.#words * 8;
    if (needed > this.#max) throw new ProtocolError('a message would grow by being sent back');
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(TABLE + Math.max(this.#bytes.length * 2, needed));
      grown.set(this.#framed);
      this.#framed = grown;
      this.#bytes = grown.subarray(TABLE);
      this.#view = new DataView(grown.buffer, TABLE);
    }
    return start;
  }

  /** Makes the pointer at `pointer` lead to a new struct. @returns the struct's first word */
  struct(pointer: number, dataWords: number, pointers: number): number {
    const start = this.allocate(dataWords + pointers);
    this.#structPointer(pointer, start, dataWords, pointers);
    return start;
  }

  /** Makes the pointer lead to a new list of structs. @returns the first element's first word */
  structs(pointer: number, count: number, dataWords: number, pointers: number): number {
    const words = count * (dataWords + pointers);
    const tag = this.allocate(1 + words);
    this.#listPointer(pointer, tag, LIST_OF_STRUCTS, words);
    this.#view.setUint32(tag * 8, count << 2, true);
    this.#view.setUint16(tag * 8 + 4, dataWords, true);
    this.#view.setUint16(tag * 8 + 6, pointers, true);
    return tag + 1;
  }

  text(pointer: number, value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    const start = this.allocate((bytes.length + 8) >>> 3);
    this.#bytes.set(bytes, start * 8);
    this.#listPointer(pointer, start, 2, bytes.length + 1);
  }

  uint16(word: number, byteOffset: number, value: number): void {
    this.#view.setUint16(word * 8 + byteOffset, value, true);
  }

  uint32(word: number, byteOffset: number, value: number): void {
    this.#view.setUint32(word * 8 + byteOffset, value, true);
  }

  uint64(word: number, byteOffset: number, value: bigint): void {
    this.#view.setBigUint64(word * 8 + byteOffset, value, true);
  }

  bool(word: number, bitOffset: number, value: boolean, byDefault = false): void {
    if (value !== byDefault)
      this.#bytes[word * 8 + (bitOffset >>> 3)] =
        (this.#bytes[word * 8 + (bitOffset >>> 3)] ?? 0) | (1 << (bitOffset & 7));
  }

  /** Puts content under a pointer. Everything in it is relative, so only its root pointer is written anew. */
  content(pointer: number, content: Content): void {
    const root = new DataView(content.buffer, content.byteOffset, content.byteLength);
    const low = root.getUint32(0, true);
    const high = root.getUint32(4, true);
    const start = this.allocate(content.length / 8 - 1);
    this.#bytes.set(content.subarray(8), start * 8);
    if ((low === 0 && high === 0) || (low & 3) === 3) {
      this.#setPointer(pointer, low, high);
      return;
    }
    // A struct without size points at its own pointer, as anywhere else it might look like null.
    const offset = high === 0 && (low & 3) === 0 ? -1 : start + (root.getInt32(0, true) >> 2) - (pointer + 1);
    this.#setPointer(pointer, (offset << 2) | (low & 3), high);
  }

  /** Copies what a pointer of a checked frame leads to under a pointer of this message, flattened into its one segment. */
  copy(pointer: number, { frame: from, segment, word }: PointerPlace): void {
    const target = decodePointer(from, segment, word);
    if (target.kind === 'null') return;
    if (target.kind === 'capability') {
      this.#setPointer(pointer, 3, target.index);
    } else if (target.kind === 'struct') {
      const start = this.struct(pointer, target.dataWords, target.pointers);
      this.#copyStruct(start, from, target.segment, target.word, target.dataWords, target.pointers);
    } else if (target.elementSize === LIST_OF_STRUCTS) {
      const { elements, dataWords, pointers } = decodeTag(from, target);
      const first = this.structs(pointer, elements, dataWords, pointers);
      const size = dataWords + pointers;
      for (let i = 0; i < elements; i += 1) {
        this.#copyStruct(first + i * size, from, target.segment, target.word + 1 + i * size, dataWords, pointers);
      }
    } else {
      const words = Math.ceil((target.count * (ELEMENT_BITS[target.elementSize] as number)) / 64);
      const start = this.allocate(words);
      this.#listPointer(pointer, start, target.elementSize, target.count);
      if (target.elementSize !== LIST_OF_POINTERS) this.#copyWords(start, from, target.segment, target.word, words);
      else
        for (let i = 0; i < words; i += 1)
          this.copy(start + i, { frame: from, segment: target.segment, word: target.word + i });
    }
  }

  #copyStruct(start: number, from: Frame, segment: number, word: number, dataWords: number, pointers: number): void {
    this.#copyWords(start, from, segment, word, dataWords);
    for (let i = 0; i < pointers; i += 1)
      this.copy(start + dataWords + i, { frame: from, segment, word: word + dataWords + i });
  }

  #copyWords(start: number, from: Frame, segment: number, word: number, words: number): void {
    const view = from.segments[segment] as DataView;
    this.#bytes.set(new Uint8Array(view.buffer, view.byteOffset + word * 8, words * 8), start * 8);
  }

  #structPointer(pointer: number, start: number, dataWords: number, pointers: number): void {
    // A struct without size would look like null: it points at its own pointer instead.
    const offset = dataWords + pointers === 0 ? -1 : start - pointer - 1;
    this.#setPointer(pointer, offset << 2, dataWords | (pointers << 16));
  }

  #listPointer(pointer: number, start: number, elementSize: number, count: number): void {
    this.#setPointer(pointer, ((start - pointer - 1) << 2) | 1, (count << 3) | elementSize);
  }

  #setPointer(pointer: number, low: number, high: number): void {
    this.#view.setUint32(pointer * 8, low >>> 0, true);
    this.#view.setUint32(pointer * 8 + 4, high >>> 0, true);
  }
}

/**
 * Lets capnp-es write what a call carries.
 * @param size upper bound of what `write` allocates, in bytes: the arena of capnp-es grows in small steps, copying
 * each time, so that it is set once. The field is internal to capnp-es, whose version is pinned; this is the one place
 * of this package that touches it.
 */
export function buildContent(size: number, write: (pointer: Pointer) => void): Content {
  const message = new CapnpMessage();
  const { arena } = (message as unknown as { _capnp: { arena: { buffer: ArrayBuffer } } })._capnp;
  arena.buffer = new ArrayBuffer((size + 8 + 7) & ~7);
  const segment = message.getSegment(0);
  write(new Pointer(segment, 0));
  return new Uint8Array(segment.buffer, 0, (segment.byteLength + 7) & ~7);
}
