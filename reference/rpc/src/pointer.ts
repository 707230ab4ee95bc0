import { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';

/** What a pointer leads to. `word` counts from the start of the segment. */
export type Target =
  | { kind: 'null' }
  | { kind: 'struct'; segment: number; word: number; dataWords: number; pointers: number }
  /** `count` is elements; for structs (`elementSize` 7) it is words without the tag, and `word` is the tag's. */
  | { kind: 'list'; segment: number; word: number; elementSize: number; count: number }
  | { kind: 'capability'; index: number };

const OUT_OF_BOUNDS = 'a pointer leads out of bounds';

/** @returns the segment, when `words` words from `word` on lie in it. @throws ProtocolError */
export function claim(frame: Frame, segment: number, word: number, words: number): DataView {
  const view = frame.segments[segment];
  if (view === undefined || word < 0 || (word + words) * 8 > view.byteLength) throw new ProtocolError(OUT_OF_BOUNDS);
  return view;
}

/**
 * Decodes the pointer at a place, through far pointers (Cap'n Proto encoding, "Inter-Segment Pointers").
 * Only the pointer words themselves are checked, not what they lead to.
 * @throws ProtocolError for a landing pad out of bounds or of the wrong kind, and for reserved encodings
 */
export function decodePointer(frame: Frame, segment: number, word: number): Target {
  const view = claim(frame, segment, word, 1);
  const low = view.getUint32(word * 8, true);
  const high = view.getUint32(word * 8 + 4, true);
  if ((low & 3) !== 2) return decodeNear(view, segment, word, undefined);
  const padWord = low >>> 3;
  if ((low & 4) === 0) return decodeNear(claim(frame, high, padWord, 1), high, padWord, undefined);
  // Double far: the pad says where the content lies, the tag behind it what it is.
  const pad = claim(frame, high, padWord, 2);
  const target = pad.getUint32(padWord * 8, true);
  if ((target & 7) !== 2) throw new ProtocolError('a landing pad does not begin with a far pointer');
  const tag = pad.getUint32((padWord + 1) * 8, true);
  if ((tag & 3) < 2 && tag >>> 2 !== 0) throw new ProtocolError('the tag of a double-far pointer has an offset');
  return decodeNear(pad, pad.getUint32(padWord * 8 + 4, true), padWord + 1, target >>> 3);
}

/** @param start where the content lies, when not told by the pointer's own offset */
function decodeNear(view: DataView, segment: number, word: number, start: number | undefined): Target {
  const low = view.getUint32(word * 8, true);
  const high = view.getUint32(word * 8 + 4, true);
  const at = start ?? word + 1 + (view.getInt32(word * 8, true) >> 2);
  switch (low & 3) {
    case 0:
      if (low === 0 && high === 0) return { kind: 'null' };
      return { kind: 'struct', segment, word: at, dataWords: high & 0xffff, pointers: high >>> 16 };
    case 1:
      return { kind: 'list', segment, word: at, elementSize: high & 7, count: high >>> 3 };
    case 3:
      if (low !== 3) throw new ProtocolError('a pointer of a reserved kind');
      return { kind: 'capability', index: high };
    default:
      throw new ProtocolError('a far pointer leads to another far pointer');
  }
}

/** Bits of a list element by its size code: void, bit, 1, 2, 4, 8 bytes, pointer. */
export const ELEMENT_BITS = [0, 1, 8, 16, 32, 64, 64] as const;
export const LIST_OF_POINTERS = 6;
export const LIST_OF_STRUCTS = 7;

/** The tag before the elements of a list of structs. @throws ProtocolError when it is none, or claims too much */
export function decodeTag(
  frame: Frame,
  list: { segment: number; word: number; count: number },
): { elements: number; dataWords: number; pointers: number } {
  const view = claim(frame, list.segment, list.word, list.count + 1);
  const low = view.getUint32(list.word * 8, true);
  if ((low & 3) !== 0) throw new ProtocolError('the tag of a list of structs is no struct');
  const elements = low >>> 2;
  const dataWords = view.getUint16(list.word * 8 + 4, true);
  const pointers = view.getUint16(list.word * 8 + 6, true);
  if (elements * (dataWords + pointers) > list.count)
    throw new ProtocolError('a list of structs is shorter than its tag says');
  return { elements, dataWords, pointers };
}
