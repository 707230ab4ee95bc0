// A right message with one pointer changed, in every way that a reader has to look out for.
import { capabilityPointer, doubleFarPointer, farPointer, listPointer, SIZE, structPointer, tag } from './capnp.ts';

export interface Mutation {
  /** A part of an id. */
  id: string;
  /** What was done to the pointer: "leads …". */
  what: string;
  segments: bigint[][];
}

const LAST_OFFSET = 2 ** 29 - 1;
const BITS = [0, 1, 8, 16, 32, 64, 64];
const SIZES = ['void', 'bit', 'byte', 'two-byte', 'four-byte', 'eight-byte', 'pointer', 'struct'];
type Pointer = (offset: number) => bigint;

/**
 * @param segments of a message whose first segment holds the pointer
 * @param at the word of the pointer, which is near, and neither null nor a capability
 */
export function mutations(segments: readonly (readonly bigint[])[], at: number): Mutation[] {
  const words = segments[0] as readonly bigint[];
  const value = words[at] as bigint;
  const offset = Number(BigInt.asIntN(32, value) >> 2n);
  const size = Number(value >> 32n);
  const start = at + 1 + offset;
  const out: Mutation[] = [];
  const add = (id: string, what: string, pointer: bigint, behind: bigint[] = [], further: bigint[][] = []): void => {
    const first = [...words.with(at, pointer), ...behind];
    out.push({ id, what, segments: [first, ...segments.slice(1).map((one) => [...one]), ...further] });
  };
  const isList = (value & 3n) === 1n;
  const length = isList ? listWords(size) : (size & 0xffff) + (size >>> 16);
  const same: Pointer = isList
    ? (to) => listPointer(to, size & 7, size >>> 3)
    : (to) => structPointer(to, size & 0xffff, size >>> 16);
  /** The pointer as it would be if what it leads to began at a word of the segment. */
  const to = (word: number): bigint => same(word - at - 1);

  add('null', 'is null', 0n);
  if (length > 0) {
    add('word-later', 'leads a word further', to(start + 1));
    add('word-earlier', 'leads a word less far', to(start - 1));
    add('to-itself', 'leads to itself', to(at));
    add('to-the-root', 'leads to the word of the root pointer', to(0));
    add('to-the-end', 'leads to what ends with the segment', to(words.length - length));
    add('over-the-end', 'leads to what is a word too long for the segment', to(words.length - length + 1));
    add('at-the-end', 'leads to the end of the segment', to(words.length));
    add('before', 'leads to the word before the segment', to(-1));
    add('furthest', 'leads as far as an offset can', same(LAST_OFFSET));
    add('furthest-back', 'leads as far back as an offset can', same(-LAST_OFFSET - 1));
  }
  farAway(words, at, start, length, same, add, segments.length);
  add('capability', 'is a capability', capabilityPointer(0));
  add('reserved-1', 'is of a reserved kind, its lowest reserved bit set', 7n);
  add('reserved-2', 'is of a reserved kind, its highest reserved bit set', 3n | (1n << 31n));
  if (isList) changedList(words, at, start, size, add);
  else changedStruct(words, start, size, offset, add);
  return out;
}

const listWords = (size: number): number =>
  (size & 7) === 7 ? (size >>> 3) + 1 : Math.ceil(((size >>> 3) * (BITS[size & 7] as number)) / 64);

type Add = (id: string, what: string, pointer: bigint, behind?: bigint[], further?: bigint[][]) => void;

/** Far pointers, right and wrong, to where the content lies already. */
function farAway(
  words: readonly bigint[],
  at: number,
  start: number,
  length: number,
  same: Pointer,
  add: Add,
  next: number,
): void {
  const end = words.length;
  const back = same(start - end - 1);
  add('far', 'is a far pointer to a landing pad in its own segment', farPointer(0, end), [back]);
  add('far-nowhere', 'is a far pointer to a segment that is not there', farPointer(next, 0));
  add(
    'far-segment-2-16',
    'is a far pointer to segment 65,536, whose lower bits name its own',
    farPointer(65_536, end),
    [back],
  );
  add('far-at-the-end', 'is a far pointer to the end of its segment', farPointer(0, end));
  add('far-empty-segment', 'is a far pointer to a segment without words', farPointer(next, 0), [], [[]]);
  add('far-to-itself', 'is a far pointer that is its own landing pad', farPointer(0, at));
  add('far-to-far', 'is a far pointer to another', farPointer(0, end), [farPointer(0, end + 1), same(start - end - 2)]);
  add('far-null', 'is a far pointer to a null pointer', farPointer(0, end), [0n]);
  add('far-reserved', 'is a far pointer to a pad of a reserved kind', farPointer(0, end), [11n]);
  if (length > 0) {
    add('far-out', 'is a far pointer to a pad that leads behind the segment', farPointer(0, end), [same(0)]);
    add(
      'far-other-out',
      'is a far pointer to a pad that leads out of another segment',
      farPointer(next, 0),
      [],
      [[same(0), ...Array<bigint>(length - 1).fill(0n)]],
    );
  }
  const tagWord = same(0);
  add('double-far', 'is a double-far pointer', doubleFarPointer(next, 0), [], [[farPointer(0, start), tagWord]]);
  add('double-far-own', 'is a double-far pointer to a pad in its own segment', doubleFarPointer(0, end), [
    farPointer(0, start),
    tagWord,
  ]);
  add(
    'double-far-cut',
    'is a double-far pointer to a pad of one word',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(0, start)]],
  );
  add('double-far-nowhere', 'is a double-far pointer to a segment that is not there', doubleFarPointer(next, 0));
  add(
    'double-far-content-nowhere',
    'is a double-far pointer to content in a segment that is not there',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(next + 1, start), tagWord]],
  );
  if (length > 0)
    add(
      'double-far-out',
      'is a double-far pointer to content that is a word too long',
      doubleFarPointer(next, 0),
      [],
      [[farPointer(0, end - length + 1), tagWord]],
    );
  add(
    'double-far-offset',
    'is a double-far pointer whose tag has an offset',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(0, start), same(1)]],
  );
  add(
    'double-far-tag-far',
    'is a double-far pointer whose tag is a far pointer',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(0, start), farPointer(0, start)]],
  );
  add(
    'double-far-tag-null',
    'is a double-far pointer whose tag is null',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(0, start), 0n]],
  );
  add(
    'double-far-tag-reserved',
    'is a double-far pointer whose tag is of a reserved kind',
    doubleFarPointer(next, 0),
    [],
    [[farPointer(0, start), 7n]],
  );
  add(
    'double-far-to-double',
    'is a double-far pointer to another',
    doubleFarPointer(next, 0),
    [],
    [[doubleFarPointer(0, start), tagWord]],
  );
  add(
    'double-far-to-struct',
    'is a double-far pointer whose pad begins with a pointer to a struct, at the offset of the content',
    doubleFarPointer(next, 0),
    [],
    [[BigInt(start * 8), tagWord]],
  );
  add(
    'double-far-to-near',
    'is a double-far pointer whose pad begins with what is no far pointer',
    doubleFarPointer(next, 0),
    [],
    [[tagWord, tagWord]],
  );
}

function changedStruct(words: readonly bigint[], start: number, size: number, offset: number, add: Add): void {
  const [dataWords, pointers] = [size & 0xffff, size >>> 16];
  const room = words.length - start;
  const sized = (id: string, what: string, data: number, count: number): void => {
    if (data >= 0 && count >= 0 && (data !== dataWords || count !== pointers))
      add(id, what, structPointer(offset, data, count));
  };
  sized('data-less', 'is to a struct with a data word less', dataWords - 1, pointers);
  sized('data-more', 'is to a struct with a data word more', dataWords + 1, pointers);
  sized('data-for-pointers', 'is to a struct whose pointers are data', dataWords + pointers, 0);
  sized('pointers-for-data', 'is to a struct whose data are pointers', 0, dataWords + pointers);
  sized('pointers-less', 'is to a struct with a pointer less', dataWords, pointers - 1);
  sized('pointers-more', 'is to a struct with a pointer more', dataWords, pointers + 1);
  sized('no-size', 'is to a struct without size', 0, 0);
  sized('data-to-the-end', 'is to a struct whose data end with the segment', room, 0);
  sized('data-over-the-end', 'is to a struct with a data word too much', room - pointers + 1, pointers);
  sized('pointers-over-the-end', 'is to a struct with a pointer too much', dataWords, room - dataWords + 1);
  sized('data-2-15', 'is to a struct of 32,768 data words', 32_768, pointers);
  sized('pointers-2-15', 'is to a struct of 32,768 pointers', dataWords, 32_768);
  sized('data-alone-over-the-end', 'is to a struct of data alone, a word too much', room + 1, 0);
  sized('data-alone-most', 'is to a struct of 65,535 data words and no pointers', 65_535, 0);
  sized('pointers-most', 'is to a struct of 65,535 pointers', dataWords, 65_535);
  add('list', 'is to a list of eight-byte elements', listPointer(offset, SIZE.eightBytes, dataWords + pointers));
}

function changedList(words: readonly bigint[], at: number, start: number, size: number, add: Add): void {
  const [code, count] = [size & 7, size >>> 3];
  const offset = start - at - 1;
  const room = words.length - start;
  for (const other of [0, 1, 2, 3, 4, 5, 6])
    if (other !== code) {
      // As many as need no more room than there is.
      const fitting = other === 0 ? count : Math.floor((listWords(size) * 64) / (BITS[other] as number));
      add(`size-${other}`, `is to a list of ${SIZES[other]} elements`, listPointer(offset, other, fitting));
    }
  if (code === SIZE.struct) {
    changedTag(words, start, count, offset, add);
    return;
  }
  add('size-7', 'is to a list of structs', listPointer(offset, SIZE.struct, Math.max(0, listWords(size) - 1)));
  const bits = BITS[code] as number;
  const counted = (id: string, what: string, elements: number): void => {
    if (elements >= 0 && elements !== count) add(id, what, listPointer(offset, code, elements));
  };
  counted('count-0', 'is to a list of no elements', 0);
  counted('count-less', 'is to a list of an element less', count - 1);
  counted('count-more', 'is to a list of an element more', count + 1);
  counted('count-word-more', 'is to a list a word longer', (listWords(size) + 1) * (64 / bits));
  counted('count-to-the-end', 'is to a list that ends with the segment', room * (64 / bits));
  counted('count-over-the-end', 'is to a list of an element more than the segment holds', room * (64 / bits) + 1);
  counted('count-2-28', 'is to a list of 2^28 elements', 2 ** 28);
  counted('count-most', 'is to a list of as many elements as it can claim', LAST_OFFSET);
  add('struct', 'is to a struct', structPointer(offset, listWords(size), 0));
}

function changedTag(words: readonly bigint[], start: number, count: number, offset: number, add: Add): void {
  const value = words[start] as bigint;
  const elements = Number(value & 0xffff_ffffn) >>> 2;
  const [dataWords, pointers] = [Number((value >> 32n) & 0xffffn), Number(value >> 48n)];
  const counted = (id: string, what: string, longer: number): void =>
    add(id, what, listPointer(offset, SIZE.struct, longer));
  counted('words-less', 'is to a list of structs that is a word shorter than its tag says', count - 1);
  counted('words-more', 'is to a list of structs that is a word longer than its tag says', count + 1);
  counted('words-over-the-end', 'is to a list of structs that ends behind the segment', words.length - start);
  counted('words-most', 'is to a list of structs of 2^29 - 1 words', LAST_OFFSET);
  // The changed tag lies behind everything else, and the list with it.
  const copy = words.slice(start + 1, start + 1 + count);
  const elsewhere = words.length - start + offset;
  const tagged = (id: string, what: string, by: bigint): void =>
    add(id, `is to a list of structs whose tag ${what}`, listPointer(elsewhere, SIZE.struct, count), [by, ...copy]);
  tagged('tag-elements-less', 'has an element less', tag(elements - 1, dataWords, pointers));
  tagged('tag-elements-more', 'has an element more', tag(elements + 1, dataWords, pointers));
  tagged('tag-elements-most', 'has 2^30 - 1 elements', tag(2 ** 30 - 1, dataWords, pointers));
  tagged('tag-data-more', 'has a data word more', tag(elements, dataWords + 1, pointers));
  tagged('tag-pointers-more', 'has a pointer more', tag(elements, dataWords, pointers + 1));
  tagged('tag-data-most', 'has 65,535 data words', tag(elements, 65_535, pointers));
  tagged('tag-no-size', 'has elements without size', tag(elements, 0, 0));
  tagged('tag-list', 'is a list', listPointer(elements, SIZE.byte, 1));
  tagged('tag-far', 'is a far pointer', farPointer(0, elements));
  tagged('tag-capability', 'is a capability', capabilityPointer(0));
}

/** Right messages of several segments, with one far pointer or landing pad changed. @param places of pointers, by a name */
export function farMutations(
  segments: readonly (readonly bigint[])[],
  places: ReadonlyMap<string, { segment: number; word: number }>,
): Mutation[] {
  const out: Mutation[] = [];
  const change = (name: string, segment: number, word: number): void => {
    const value = segments[segment]?.[word];
    if (value === undefined || (value & 3n) !== 2n) return;
    const to = Number(value >> 32n);
    const changed = (id: string, what: string, by: bigint): void => {
      out.push({
        id: `${name}-${id}`,
        what: `${name.replaceAll('-', ' ')} ${what}`,
        segments: segments.map((one, i) => (i === segment ? one.with(word, BigInt.asUintN(64, by)) : [...one])),
      });
    };
    changed('word-more', 'leads a word further', value + 8n);
    if (((value >> 3n) & 0x1fff_ffffn) > 0n) changed('word-less', 'leads a word less far', value - 8n);
    changed('segment-more', 'leads to the next segment', value + (1n << 32n));
    if (to > 0) changed('segment-less', 'leads to the segment before', value - (1n << 32n));
    changed(
      'segment-behind',
      'leads to the first segment that is not there',
      (value & 0xffff_ffffn) | (BigInt(segments.length) << 32n),
    );
    changed('double', (value & 4n) === 0n ? 'is double-far' : 'is no longer double-far', value ^ 4n);
    const [padSegment, padWord] = [to, Number((value >> 3n) & 0x1fff_ffffn)];
    if (!name.endsWith('-pad')) change(`${name}-pad`, padSegment, padWord);
  };
  for (const [name, { segment, word }] of places) change(name, segment, word);
  return out;
}
