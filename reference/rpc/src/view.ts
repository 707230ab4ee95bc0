import { Message as CapnpMessage, Pointer } from 'capnp-es';
import { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { decodePointer, decodeTag, LIST_OF_STRUCTS } from './pointer.ts';

/** A place in a frame where a pointer lies. */
export interface PointerPlace {
  /** The message; its bytes are not copied. */
  readonly frame: Frame;
  /** Index into the segments of the frame. */
  readonly segment: number;
  /** Words of 8 bytes from the beginning of the segment. */
  readonly word: number;
}

/** Lenient: the texts of rpc.capnp itself are reasons for people to read, none of which is worth a session. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A struct in a checked frame. Fields past the end of the struct, as an older schema has it, read as their defaults.
 */
export class StructView {
  readonly #frame: Frame;
  readonly #segment: number;
  readonly #word: number;
  readonly #dataBytes: number;
  readonly #pointers: number;

  private constructor(frame: Frame, segment: number, word: number, dataWords: number, pointers: number) {
    this.#frame = frame;
    this.#segment = segment;
    this.#word = word;
    this.#dataBytes = dataWords * 8;
    this.#pointers = pointers;
  }

  /** @returns the struct that the pointer leads to; for a null pointer one with every field at its default */
  static at({ frame, segment, word }: PointerPlace): StructView {
    const target = decodePointer(frame, segment, word);
    if (target.kind === 'null') return new StructView(frame, 0, 0, 0, 0);
    if (target.kind !== 'struct') throw new ProtocolError('a struct was expected');
    return new StructView(frame, target.segment, target.word, target.dataWords, target.pointers);
  }

  uint16(byteOffset: number): number {
    return byteOffset + 2 > this.#dataBytes ? 0 : this.#data.getUint16(this.#word * 8 + byteOffset, true);
  }

  uint32(byteOffset: number): number {
    return byteOffset + 4 > this.#dataBytes ? 0 : this.#data.getUint32(this.#word * 8 + byteOffset, true);
  }

  uint64(byteOffset: number): bigint {
    return byteOffset + 8 > this.#dataBytes ? 0n : this.#data.getBigUint64(this.#word * 8 + byteOffset, true);
  }

  bool(bitOffset: number, byDefault = false): boolean {
    const byteOffset = bitOffset >>> 3;
    const isSet =
      byteOffset < this.#dataBytes &&
      ((this.#data.getUint8(this.#word * 8 + byteOffset) >>> (bitOffset & 7)) & 1) === 1;
    return isSet !== byDefault;
  }

  /** Where the pointer lies, or undefined when it is absent or null. */
  place(index: number): PointerPlace | undefined {
    if (index >= this.#pointers) return undefined;
    const place = { frame: this.#frame, segment: this.#segment, word: this.#word + this.#dataBytes / 8 + index };
    return decodePointer(place.frame, place.segment, place.word).kind === 'null' ? undefined : place;
  }

  struct(index: number): StructView {
    const place = this.place(index);
    return place === undefined ? new StructView(this.#frame, 0, 0, 0, 0) : StructView.at(place);
  }

  /** @throws ProtocolError when it is no Text, or lacks the NUL at its end */
  text(index: number): string {
    const place = this.place(index);
    if (place === undefined) return '';
    const target = decodePointer(place.frame, place.segment, place.word);
    if (target.kind !== 'list' || target.elementSize !== 2) throw new ProtocolError('a text was expected');
    const view = this.#frame.segments[target.segment] as DataView;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + target.word * 8, target.count);
    if (bytes.at(-1) !== 0) throw new ProtocolError('a text has no NUL at its end');
    return utf8.decode(bytes.subarray(0, -1));
  }

  /** @throws ProtocolError when it is no list of structs, or has more than `max` elements */
  structs(index: number, max: number): StructView[] {
    const place = this.place(index);
    if (place === undefined) return [];
    const target = decodePointer(place.frame, place.segment, place.word);
    if (target.kind !== 'list' || target.elementSize !== LIST_OF_STRUCTS)
      throw new ProtocolError('a list of structs was expected');
    const { elements, dataWords, pointers } = decodeTag(this.#frame, target);
    if (elements > max) throw new ProtocolError(`a list of ${elements} structs, at most ${max} are taken`);
    const first = target.word + 1;
    return Array.from(
      { length: elements },
      (_, i) => new StructView(this.#frame, target.segment, first + i * (dataWords + pointers), dataWords, pointers),
    );
  }

  get #data(): DataView {
    return this.#frame.segments[this.#segment] as DataView;
  }
}

/**
 * The same place for capnp-es, whose generated classes read what a call carries. Only for checked frames: capnp-es
 * checks nothing. Reading changes its copy of the message, never the frame.
 */
export function capnpPointer({ frame: { bytes, segments }, segment, word }: PointerPlace): Pointer {
  // capnp-es looks for the table of segments twice: without room for it, a message of empty segments would be refused.
  const room = 8 + segments.length * 8;
  const message = new CapnpMessage(bytes.length < room ? Buffer.concat([bytes], room) : bytes, false);
  return new Pointer(message.getSegment(segment), word * 8);
}
