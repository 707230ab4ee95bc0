import { ProtocolError } from './errors.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';

/** One message as it came off the stream, split but not checked. */
export interface Frame {
  /** Segment table and segments. */
  readonly bytes: Uint8Array;
  /** The segments, as views into `bytes`; a segment may be empty. */
  readonly segments: readonly DataView[];
}

/** Room a message begins with: most fit. */
const FIRST_ROOM = 512;

/** Bytes of the table of `count` segments. */
const tableLength = (count: number): number => (4 + count * 4 + 7) & ~7;

/**
 * Cuts a byte stream into messages (Cap'n Proto, "Serialization Over a Stream", unpacked). Chunks may be cut anywhere.
 * Memory grows with the bytes that arrived, never with what a table only claims, and however small the chunks are.
 *
 *     offset  bytes         field
 *     0       4             number of segments - 1, little-endian
 *     4       4 a segment   its length in words
 *     …       0 or 4        padding to a word
 *     …       8 a word      the segments
 */
export class FrameReader {
  readonly #limits: Pick<RpcLimits, 'segments' | 'messageBytes'>;
  #bytes = new Uint8Array(FIRST_ROOM);
  #length = 0;
  /** Bytes of the message being read, as far as is known: 4, then the table, then all of it. */
  #needed = 4;
  #state: 'count' | 'table' | 'body' = 'count';

  /** @param limits segments and bytes that one message may have */
  constructor(limits: Pick<RpcLimits, 'segments' | 'messageBytes'> = DEFAULT_RPC_LIMITS) {
    this.#limits = limits;
  }

  /** Bytes of a message that is not whole yet; 0: the stream may end here. */
  get buffered(): number {
    return this.#length;
  }

  /**
   * Takes the next bytes of the stream, and gives the messages that are whole with them, one at a time. A frame owns
   * its bytes.
   * @throws ProtocolError when a table is over a limit; every later call does so, too
   */
  *push(chunk: Uint8Array): Generator<Frame> {
    let rest = chunk;
    for (;;) {
      const taken = rest.subarray(0, this.#needed - this.#length);
      rest = rest.subarray(taken.length);
      this.#append(taken);
      if (this.#length < this.#needed) return;
      if (this.#state === 'body') yield this.#finish();
      else this.#learnMore();
    }
  }

  #append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, Math.min(this.#needed, this.#bytes.length * 2)));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  #learnMore(): void {
    const view = new DataView(this.#bytes.buffer);
    const count = view.getUint32(0, true) + 1;
    if (this.#state === 'count') {
      if (count > this.#limits.segments)
        throw new ProtocolError(`a message of ${count} segments, at most ${this.#limits.segments} are taken`);
      this.#state = 'table';
      this.#needed = tableLength(count);
      return;
    }
    let length = tableLength(count);
    for (let i = 0; i < count; i += 1) length += view.getUint32(4 + i * 4, true) * 8;
    if (length > this.#limits.messageBytes)
      throw new ProtocolError(`a message of ${length} bytes, at most ${this.#limits.messageBytes} are taken`);
    this.#state = 'body';
    this.#needed = length;
  }

  #finish(): Frame {
    const bytes = this.#bytes.subarray(0, this.#length);
    this.#bytes = new Uint8Array(FIRST_ROOM);
    this.#length = 0;
    this.#needed = 4;
    this.#state = 'count';
    return splitFrame(bytes);
  }
}

/** Splits bytes that are exactly one message, as views. @throws ProtocolError when they are not */
export function splitFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8) throw new ProtocolError('a message is shorter than a segment table');
  const count = view.getUint32(0, true) + 1;
  let offset = tableLength(count);
  const segments: DataView[] = [];
  for (let i = 0; i < count; i += 1) {
    const length = view.getUint32(4 + i * 4, true) * 8;
    if (offset + length > bytes.length) throw new ProtocolError('a message is shorter than its segment table says');
    segments.push(new DataView(bytes.buffer, bytes.byteOffset + offset, length));
    offset += length;
  }
  if (offset !== bytes.length) throw new ProtocolError('a message is longer than its segment table says');
  return { bytes, segments };
}

/** Puts segments into a frame. @throws RangeError unless there is one and each is whole words */
export function frame(segments: readonly Uint8Array[]): Uint8Array {
  if (segments.length === 0 || segments.some((segment) => segment.length % 8 !== 0))
    throw new RangeError('a frame is made of one or more segments of whole words');
  const table = Buffer.alloc(tableLength(segments.length));
  table.writeUInt32LE(segments.length - 1, 0);
  for (const [i, segment] of segments.entries()) table.writeUInt32LE(segment.length / 8, 4 + i * 4);
  return Buffer.concat([table, ...segments]);
}
