import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  capabilityPointer,
  doubleFarPointer,
  farPointer,
  frameOf,
  listPointer,
  structPointer,
  tag,
} from '../test/words.ts';
import { checkFrame } from './check.ts';
import { ProtocolError } from './errors.ts';

/** Structs one inside another. */
const nested = (levels: number): bigint[] => [...Array(levels).fill(structPointer(0, 0, 1)), 0n];
/** Lists of one pointer, one inside another. */
const nestedLists = (levels: number): bigint[] => [...Array(levels).fill(listPointer(0, 6, 1)), 0n];
/** Lists of one struct of one pointer, one inside another. */
const nestedStructLists = (levels: number): bigint[] => [
  ...Array(levels)
    .fill([listPointer(0, 7, 1), tag(1, 0, 1)])
    .flat(),
  0n,
];
/** Structs of `width` pointers to the next struct, `levels` of them. */
const dagOfStructs = (width: number, levels: number): bigint[] => {
  const words = [structPointer(0, 0, width)];
  for (let level = 1; level < levels; level += 1)
    for (let i = 0; i < width; i += 1) words.push(structPointer(width - i - 1, 0, width));
  return [...words, ...Array(width).fill(0n)];
};
/** A list of 100 pointers to the same list of 500 structs' worth of words, in so many structs. */
const manyToStructs = (structs: number): bigint[] => [
  listPointer(0, 6, 100),
  ...Array.from({ length: 100 }, (_, i) => listPointer(99 - i, 7, 500)),
  tag(structs, 500 / structs, 0),
  ...Array(500).fill(0n),
];
/** Lists of `width` pointers to the next list, `levels` of them: read as a tree they are width ** levels long. */
const dag = (width: number, levels: number): bigint[] => {
  const words = [listPointer(0, 6, width)];
  for (let level = 1; level < levels; level += 1)
    for (let i = 0; i < width; i += 1) words.push(listPointer(width - i - 1, 6, width));
  return [...words, ...Array(width).fill(0n)];
};

const wellFormed: Record<string, bigint[][]> = {
  'a null root': [[0n]],
  'an empty struct': [[structPointer(-1, 0, 0)]],
  'an empty struct at the end of the segment': [[structPointer(0, 0, 0)]],
  'a struct with data, a capability and a null pointer': [[structPointer(0, 1, 2), 1n, capabilityPointer(7), 0n]],
  'a struct behind its pointer, then one before it': [[structPointer(1, 0, 1), 5n, structPointer(-2, 1, 0)]],
  'a list of bits that fills a word to its last bit': [[listPointer(0, 1, 64), 1n]],
  'a list of bytes': [[listPointer(0, 2, 9), 1n, 1n]],
  'a list of nothing': [[listPointer(0, 2, 0)]],
  'a list of voids, within the budget': [[listPointer(0, 0, 16)]],
  'a list of structs': [[listPointer(0, 7, 4), tag(2, 1, 1), 1n, 0n, 2n, structPointer(-1, 0, 0)]],
  'a list of structs with a word to spare': [[listPointer(0, 7, 3), tag(2, 1, 0), 1n, 2n, 3n]],
  'a list of structs without size, within the budget': [[listPointer(0, 7, 0), tag(15, 0, 0)]],
  'a far pointer': [[farPointer(1, 1)], [9n, structPointer(0, 1, 0), 1n]],
  'a far pointer to a null pointer': [[farPointer(1, 0)], [0n]],
  'a far pointer to a capability': [[farPointer(1, 0)], [capabilityPointer(0)]],
  'a far pointer past empty segments': [[farPointer(3, 0)], [], [], [structPointer(0, 1, 0), 1n], []],
  'a double-far pointer': [[doubleFarPointer(1, 0)], [farPointer(2, 1), structPointer(0, 1, 0)], [9n, 1n]],
  'a double-far pointer to a pad in the middle': [
    [doubleFarPointer(1, 1)],
    [9n, farPointer(2, 1), structPointer(0, 1, 0)],
    [9n, 1n],
  ],
  '64 levels': [nested(64)],
  '64 levels of lists': [nestedLists(64)],
  '64 levels of lists of structs': [nestedStructLists(64)],
  'a small DAG': [dag(2, 3)],
};
for (const [what, segments] of Object.entries(wellFormed)) {
  test(`${what} is well-formed`, () => assert.doesNotThrow(() => checkFrame(frameOf(...segments))));
}

const OUT = /out of bounds/;
const malformed: Record<string, [bigint[][], RegExp]> = {
  'no root': [[[]], OUT],
  'no root, but further segments': [[[], [0n]], OUT],
  'a struct that begins past the end': [[[structPointer(1, 0, 0)]], OUT],
  'a struct one word too long': [[[structPointer(0, 1, 1), 0n]], OUT],
  'a struct before the beginning': [[[structPointer(-2, 1, 0)]], OUT],
  'a struct at the lowest offset': [[[structPointer(-(2 ** 29), 1, 0)]], OUT],
  'a list of bits one too long': [[[listPointer(0, 1, 65), 0n]], OUT],
  'a list of bytes one too long': [[[listPointer(0, 2, 9), 0n]], OUT],
  'a list of 2^29 - 1 words': [[[listPointer(0, 5, 2 ** 29 - 1), 0n]], OUT],
  'a list of pointers one too long': [[[listPointer(0, 6, 2), 0n]], OUT],
  'an empty list past the end': [[[listPointer(1, 2, 0)]], OUT],
  'a list of structs without a tag': [[[listPointer(0, 7, 0)]], OUT],
  'a list of structs one word too long': [[[listPointer(0, 7, 2), tag(1, 1, 0), 0n]], OUT],
  'a tag that claims more than its list': [[[listPointer(0, 7, 1), tag(2, 1, 0), 0n]], /shorter than its tag/],
  'a tag that claims more than its list, with pointers': [
    [[listPointer(0, 7, 2), tag(2, 1, 1), 0n, 0n, 0n, 0n]],
    /shorter than its tag/,
  ],
  'a tag that claims 2^30 - 1 elements': [[[listPointer(0, 7, 1), tag(2 ** 30 - 1, 1, 0), 0n]], /shorter than its tag/],
  'a tag that is a list': [[[listPointer(0, 7, 1), listPointer(0, 5, 1), 0n]], /no struct/],
  'a bad pointer in an element': [[[listPointer(0, 7, 2), tag(2, 0, 1), 0n, structPointer(0, 1, 0)]], OUT],
  'a bad pointer in the second element': [
    [[listPointer(0, 7, 4), tag(2, 1, 1), 0n, 0n, 0n, structPointer(0, 1, 0)]],
    OUT,
  ],
  'a bad pointer in a list of pointers': [[[listPointer(0, 6, 2), 0n, listPointer(0, 5, 1)]], OUT],
  'a far pointer to a segment that is not there': [[[farPointer(1, 0)]], OUT],
  'a far pointer past the end of a segment': [[[farPointer(1, 1)], [0n]], OUT],
  'a far pointer into an empty segment': [[[farPointer(1, 0)], []], OUT],
  'a far pointer to a far pointer': [[[farPointer(1, 0)], [farPointer(0, 0)]], /another far/],
  'a far pointer to itself': [[[farPointer(0, 0)]], /another far/],
  'a far pointer whose struct is out of bounds': [[[farPointer(1, 0)], [structPointer(0, 1, 0)]], OUT],
  'a double-far pointer without a tag': [[[doubleFarPointer(1, 0)], [farPointer(0, 0)]], OUT],
  'a double-far pointer to a pad that is a struct': [
    [[doubleFarPointer(1, 0)], [structPointer(0, 0, 0), structPointer(0, 0, 0)]],
    /does not begin with a far/,
  ],
  'a double-far pointer to a pad that is double-far': [
    [[doubleFarPointer(1, 0)], [doubleFarPointer(0, 0), structPointer(0, 0, 0)]],
    /does not begin with a far/,
  ],
  'a double-far pointer whose content is out of bounds': [
    [[doubleFarPointer(1, 0)], [farPointer(2, 0), structPointer(0, 2, 0)], [0n]],
    OUT,
  ],
  'a double-far pointer whose segment is not there': [
    [[doubleFarPointer(1, 0)], [farPointer(9, 0), structPointer(0, 1, 0)]],
    OUT,
  ],
  'a double-far tag with an offset': [
    [[doubleFarPointer(1, 0)], [farPointer(2, 0), structPointer(1, 1, 0)], [0n, 0n]],
    /has an offset/,
  ],
  'a double-far tag that is far': [
    [[doubleFarPointer(1, 0)], [farPointer(2, 0), farPointer(2, 1)], [structPointer(-1, 0, 0)]],
    /another far/,
  ],
  'a pointer of a reserved kind': [[[7n]], /reserved/],
  'another pointer of a reserved kind': [[[0x80000003n]], /reserved/],
  '65 levels': [[nested(65)], /nested deeper than 64/],
  '65 levels of lists': [[nestedLists(65)], /nested deeper than 64/],
  '65 levels of lists of structs': [[nestedStructLists(65)], /nested deeper than 64/],
  'a struct that holds itself': [[[structPointer(-1, 0, 1)]], /nested deeper|too often/],
  'a list that holds itself': [[[listPointer(-1, 6, 1)]], /nested deeper|too often/],
  'a large DAG': [[dag(2, 40)], /too often/],
  'a wide DAG': [[dag(100, 10)], /too often/],
  'a DAG of structs': [[dagOfStructs(2, 40)], /too often/],
  'many pointers to one list of large structs': [[manyToStructs(1)], /too often/],
  'many pointers to one list of small structs': [[manyToStructs(500)], /too often/],
  'many pointers to one blob': [
    [
      [
        listPointer(0, 6, 100),
        ...Array.from({ length: 100 }, (_, i) => listPointer(99 - i, 2, 4_000)),
        ...Array(500).fill(0n),
      ],
    ],
    /too often/,
  ],
  'many voids': [[[listPointer(0, 0, 2 ** 29 - 1)]], /too often/],
  'many structs without size': [[[listPointer(0, 7, 0), tag(2 ** 29 - 1, 0, 0)]], /too often/],
};
for (const [what, [segments, reason]] of Object.entries(malformed)) {
  test(`${what} is refused`, () => {
    const check = () => checkFrame(frameOf(...segments));
    assert.throws(check, (error) => error instanceof ProtocolError && reason.test(error.message));
  });
}

test('depth and budget are the given ones', () => {
  const limits = { depth: 3, traversalFactor: 1 };
  assert.doesNotThrow(() => checkFrame(frameOf(nested(3)), limits));
  assert.throws(() => checkFrame(frameOf(nested(4)), limits), /deeper than 3/);
  assert.throws(() => checkFrame(frameOf(dag(4, 2)), limits), /too often/);
});

test('a large hostile message is refused in reasonable time', () => {
  const words = [listPointer(0, 6, 2 ** 20)];
  // Every element leads to the same list of pointers.
  for (let i = 1; i <= 2 ** 20; i += 1) words.push(listPointer(-i, 6, 2 ** 20));
  const start = performance.now();
  assert.throws(() => checkFrame(frameOf(words)), /too often|deeper/);
  assert.ok(performance.now() - start < 5_000);
});
