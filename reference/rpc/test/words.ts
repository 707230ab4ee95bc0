import { type Frame, frame, splitFrame } from '../src/index.ts';

// Cap'n Proto's pointers as words (encoding spec, "Structs", "Lists", "Inter-Segment Pointers", "Capabilities").

const word = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** @param offset words from the end of the pointer to the struct */
export const structPointer = (offset: number, dataWords: number, pointers: number): bigint =>
  word(offset << 2, dataWords | (pointers << 16));
/** @param size code of the element's size: 0 void, 1 bit, 2 … 5 one to eight bytes, 6 pointer, 7 struct (count: words) */
export const listPointer = (offset: number, size: number, count: number): bigint =>
  word((offset << 2) | 1, (count << 3) | size);
export const farPointer = (segment: number, at: number): bigint => word((at << 3) | 2, segment);
export const doubleFarPointer = (segment: number, at: number): bigint => word((at << 3) | 6, segment);
export const capabilityPointer = (index: number): bigint => word(3, index);
/** The word before the elements of a list of structs. */
export const tag = (elements: number, dataWords: number, pointers: number): bigint =>
  word(elements << 2, dataWords | (pointers << 16));

export const segment = (words: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(words).buffer);

export const frameOf = (...segments: bigint[][]): Frame => splitFrame(frame(segments.map(segment)));
