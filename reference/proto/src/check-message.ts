import { ProtoError } from './proto-error.ts';

/**
 * Structural check of one whole framed message before capnp-es sees a byte of it: capnp-es follows pointers without
 * looking where they lead. The rpc package checks the frames of a session in the same way; this package depends on
 * nothing, and checks what reaches it by itself (an envelope comes out of a payload, not off a stream).
 *
 * Layout (Cap'n Proto encoding, "Serialization Over a Stream"):
 *
 *     offset  bytes         field
 *     0       4             number of segments - 1
 *     4       4 a segment   its length in words
 *     …       0 or 4        padding to a word
 *     …       8 a word      the segments
 */
const MAX_SEGMENTS = 512;
const MAX_DEPTH = 64;
/** How often a word may be visited through different pointers: stops amplification. */
const TRAVERSAL_FACTOR = 8;

const malformed = (code: 'FRAME' | 'POINTER', message: string): never => {
  throw new ProtoError(code, message);
};

/** @returns the segments, as views. @throws ProtoError `FRAME` unless `bytes` is exactly one message */
function splitSegments(bytes: Uint8Array): DataView[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8 || bytes.length % 8 !== 0) malformed('FRAME', 'not a whole number of words');
  const count = view.getUint32(0, true) + 1;
  if (count > MAX_SEGMENTS) malformed('FRAME', `${count} segments, at most ${MAX_SEGMENTS} are allowed`);
  let offset = (4 + count * 4 + 7) & ~7;
  const segments: DataView[] = [];
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(4 + i * 4, true) * 8;
    if (offset + length > bytes.length) malformed('FRAME', 'a segment is cut off');
    segments.push(new DataView(bytes.buffer, bytes.byteOffset + offset, length));
    offset += length;
  }
  if (offset !== bytes.length) malformed('FRAME', 'bytes are left over after the last segment');
  return segments;
}

/** Bits a list element takes, by element size code; pointers (6) and structs (7) apart. */
const ELEMENT_BITS = [0, 1, 8, 16, 32, 64] as const;

/** @returns the number of segments. @throws ProtoError `FRAME` or `POINTER` when anything that a reader could reach is malformed */
export function checkMessage(bytes: Uint8Array): number {
  const segments = splitSegments(bytes);
  let budget = (bytes.length / 8) * TRAVERSAL_FACTOR;

  const claim = (id: number, start: number, words: number): DataView => {
    const segment = segments[id] ?? malformed('POINTER', `segment ${id} does not exist`);
    if (start < 0 || start + words > segment.byteLength / 8) malformed('POINTER', 'out of bounds');
    budget -= words;
    if (budget < 0) malformed('POINTER', 'the message is read more often than it is long');
    return segment;
  };

  const checkStruct = (id: number, start: number, dataWords: number, pointers: number, depth: number): void => {
    claim(id, start, dataWords + pointers);
    for (let i = 0; i < pointers; i++) checkPointer(id, start + dataWords + i, depth);
  };

  const checkList = (id: number, start: number, elementSize: number, count: number, depth: number): void => {
    if (elementSize === 6) {
      claim(id, start, count);
      for (let i = 0; i < count; i++) checkPointer(id, start + i, depth);
    } else if (elementSize === 7) {
      const segment = claim(id, start, count + 1);
      const low = segment.getUint32(start * 8, true);
      if ((low & 3) !== 0) malformed('POINTER', 'the tag of a list is no struct');
      const elements = low >>> 2;
      const dataWords = segment.getUint16(start * 8 + 4, true);
      const pointers = segment.getUint16(start * 8 + 6, true);
      if (elements * (dataWords + pointers) > count) malformed('POINTER', 'a list is shorter than its tag says');
      // Elements of no size cost no words but do cost time.
      budget -= elements;
      for (let i = 0; i < elements; i++)
        checkStruct(id, start + 1 + i * (dataWords + pointers), dataWords, pointers, depth);
    } else {
      const bits = ELEMENT_BITS[elementSize] as number;
      budget -= bits === 0 ? count : 0;
      claim(id, start, Math.ceil((count * bits) / 64));
    }
  };

  /** A struct or list pointer whose offset counts from `base`; `at` is where the pointer itself lies. */
  const checkObject = (at: DataView, atWord: number, id: number, base: number | undefined, depth: number): void => {
    const low = at.getUint32(atWord * 8, true);
    const high = at.getUint32(atWord * 8 + 4, true);
    const start = base ?? atWord + 1 + (at.getInt32(atWord * 8, true) >> 2);
    if ((low & 3) === 0) checkStruct(id, start, high & 0xffff, high >>> 16, depth + 1);
    else if ((low & 3) === 1) checkList(id, start, high & 7, high >>> 3, depth + 1);
    else malformed('POINTER', 'a far pointer leads to another one, or to a capability');
  };

  const checkFar = (low: number, id: number, depth: number): void => {
    const padWord = low >>> 3;
    const isDouble = (low & 4) !== 0;
    const pad = claim(id, padWord, isDouble ? 2 : 1);
    if (!isDouble) {
      checkObject(pad, padWord, id, undefined, depth);
      return;
    }
    // The pad's far pointer says where the content lies, the tag behind it what it is.
    const target = pad.getUint32(padWord * 8, true);
    if ((target & 7) !== 2) malformed('POINTER', 'a landing pad does not begin with a far pointer');
    checkObject(pad, padWord + 1, pad.getUint32(padWord * 8 + 4, true), target >>> 3, depth);
  };

  const checkPointer = (id: number, word: number, depth: number): void => {
    if (depth >= MAX_DEPTH) malformed('POINTER', `nested deeper than ${MAX_DEPTH}`);
    const segment = claim(id, word, 1);
    const low = segment.getUint32(word * 8, true);
    const high = segment.getUint32(word * 8 + 4, true);
    const kind = low & 3;
    if (kind === 3) malformed('POINTER', 'a message of this kind holds no capability');
    if (kind === 2) checkFar(low, high, depth);
    // A null pointer is one to a struct of no size.
    else checkObject(segment, word, id, undefined, depth);
  };

  if (segments[0]?.byteLength === 0) malformed('POINTER', 'there is no room for a root pointer');
  checkPointer(0, 0, 0);
  return segments.length;
}
