import { ProtocolError } from './errors.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';

/** One message as it came off the stream, split but not checked. */
export interface Frame {
  /** Segment table and segments. */
  readonly bytes: Uint8Array;
  /** The segments, as views into `bytes`; a segment may be empty. */
  readonly segments: readonly DataView[];
}

/** Bytes of the table of `count` segments. */
const tableLength = (count: number): number => (4 + count * 4 + 7) & ~7;

/**
 * Cuts a byte stream into messages (Cap'n Proto, "Serialization Over a Stream", unpacked). Chunks may be cut anywhere.
 * Nothing is allocated for what a table only claims: a message grows with the bytes that arrived.
 *
 *     offset  bytes         field
 *     0       4             number of segments - 1, little-endian
 *     4       4 a segment   its length in words
 *     …       0 or 4        padding to a word
 *     …       8 a word      the segments
 */
export class FrameReader {
  readonly #limits: Pick<RpcLimits, 'segments' | 'messageBytes'>;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Bytes of the message being read, as far as is known: 4, then the table, then all of it. */
  #needed = 4;
  #state: 'count' | 'table' | 'body' = 'count';

  constructor(limits: Pick<RpcLimits, 'segments' | 'messageBytes'> = DEFAULT_RPC_LIMITS) {
    this.#limits = limits;
  }

  /** Whether the stream may end here without cutting a message. */
  get isAtBoundary(): boolean {
    return this.#buffered === 0;
  }

  /**
   * Takes the next bytes of the stream, and gives the messages that are whole with them, one at a time.
   * @throws ProtocolError when a table is over a limit; the stream cannot be read any further then
   */
  *push(chunk: Uint8Array): Generator<Frame> {
    let rest = chunk;
    while (rest.length > 0) {
      const taken = rest.subarray(0, this.#needed - this.#buffered);
      rest = rest.subarray(taken.length);
      this.#chunks.push(taken);
      this.#buffered += taken.length;
      while (this.#buffered === this.#needed) {
        if (this.#state === 'body') {
          yield this.#finish();
          break;
        }
        this.#grow();
      }
    }
  }

  #grow(): void {
    const head = this.#joined();
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const count = view.getUint32(0, true) + 1;
    if (this.#state === 'count') {
      if (count > this.#limits.segments)
        throw new ProtocolError(`a message of ${count} segments, at most ${this.#limits.segments} are taken`);
      this.#state = 'table';
      this.#needed = tableLength(count);
      return;
    }
    let length = head.length;
    for (let i = 0; i < count; i += 1) length += view.getUint32(4 + i * 4, true) * 8;
    if (length > this.#limits.messageBytes)
      throw new ProtocolError(`a message of ${length} bytes, at most ${this.#limits.messageBytes} are taken`);
    this.#state = 'body';
    this.#needed = length;
  }

  #finish(): Frame {
    const bytes = this.#joined();
    this.#chunks = [];
    this.#buffered = 0;
    this.#needed = 4;
    this.#state = 'count';
    return splitFrame(bytes);
  }

  #joined(): Uint8Array {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#buffered)];
    return this.#chunks[0] as Uint8Array;
  }
}

/** Splits bytes that are exactly one message. */
export function splitFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getUint32(0, true) + 1;
  const segments: DataView[] = [];
  let offset = tableLength(count);
  for (let i = 0; i < count; i += 1) {
    const length = view.getUint32(4 + i * 4, true) * 8;
    segments.push(new DataView(bytes.buffer, bytes.byteOffset + offset, length));
    offset += length;
  }
  return { bytes, segments };
}

/** Puts segments, whole words each, into a frame. */
export function frame(segments: readonly Uint8Array[]): Uint8Array {
  const table = Buffer.alloc(tableLength(segments.length));
  table.writeUInt32LE(segments.length - 1, 0);
  for (const [i, segment] of segments.entries()) table.writeUInt32LE(segment.length / 8, 4 + i * 4);
  return Buffer.concat([table, ...segments]);
}
