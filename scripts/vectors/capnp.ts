// Cap'n Proto messages word by word (encoding spec), written by hand: what reads the vectors must not have written them.

/** A value that a pointer leads to. */
export type Node =
  | null
  | { capability: number }
  | { data: readonly bigint[]; pointers: readonly Node[] }
  /** A Data; a Text has its NUL in it. */
  | { bytes: Uint8Array }
  /** A list of pointers. */
  | { list: readonly Node[] }
  /** A list of structs, each of the size of the first. */
  | { structs: readonly { data: readonly bigint[]; pointers: readonly Node[] }[] };

export interface Layout {
  /** How a pointer reaches what it leads to: in its segment, or in one of its own behind one or two landing pads. */
  reach?: 'near' | 'far' | 'double-far';
  /** Words that nothing leads to, before each object. */
  gap?: number;
}

const word = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
export const structPointer = (offset: number, dataWords: number, pointers: number): bigint =>
  word(offset << 2, dataWords | (pointers << 16));
export const listPointer = (offset: number, size: number, count: number): bigint =>
  word((offset << 2) | 1, (count << 3) | size);
export const farPointer = (segment: number, at: number): bigint => word((at << 3) | 2, segment);
export const doubleFarPointer = (segment: number, at: number): bigint => word((at << 3) | 6, segment);
export const capabilityPointer = (index: number): bigint => word(3, index);
/** The word before the elements of a list of structs. */
export const tag = structPointer;

/** Element size codes of lists. */
export const SIZE = { void: 0, bit: 1, byte: 2, twoBytes: 3, fourBytes: 4, eightBytes: 5, pointer: 6, struct: 7 };

/** A Text as Cap'n Proto has it: UTF-8 and a NUL. */
export const text = (value: string): Node => ({ bytes: new TextEncoder().encode(`${value}\0`) });

/** Lays a message out. @returns its segments, in words */
export function layOut(root: Node, { reach = 'near', gap = 0 }: Layout = {}): bigint[][] {
  const segments: bigint[][] = [[0n]];

  /** Puts content somewhere and a pointer to it at a place. @returns where the content begins */
  const put = (segment: number, at: number, content: bigint[], pointer: (offset: number) => bigint) => {
    const home = segments[segment] as bigint[];
    if (reach === 'near') {
      home.push(...Array<bigint>(gap).fill(0xdead_beefn));
      const start = home.length;
      home.push(...content);
      home[at] = pointer(start - at - 1);
      return { segment, start };
    }
    const own = segments.length;
    if (reach === 'far') {
      segments.push([...Array<bigint>(gap).fill(0xdead_beefn), pointer(0), ...content]);
      home[at] = farPointer(own, gap);
      return { segment: own, start: gap + 1 };
    }
    segments.push([...Array<bigint>(gap).fill(0xdead_beefn), ...content], [farPointer(own, gap), pointer(0)]);
    home[at] = doubleFarPointer(own + 1, 0);
    return { segment: own, start: gap };
  };

  const write = (node: Node, segment: number, at: number): void => {
    const home = segments[segment] as bigint[];
    if (node === null) return;
    if ('capability' in node) home[at] = capabilityPointer(node.capability);
    else if ('bytes' in node) {
      put(segment, at, wordsOf(node.bytes), (offset) => listPointer(offset, SIZE.byte, node.bytes.length));
    } else if ('list' in node) {
      const content = node.list.map(() => 0n);
      const to = put(segment, at, content, (offset) => listPointer(offset, SIZE.pointer, node.list.length));
      for (const [i, child] of node.list.entries()) write(child, to.segment, to.start + i);
    } else if ('structs' in node) {
      const [dataWords, pointers] = [node.structs[0]?.data.length ?? 0, node.structs[0]?.pointers.length ?? 0];
      const content = node.structs.flatMap(({ data }) => [...data, ...Array<bigint>(pointers).fill(0n)]);
      const head = tag(node.structs.length, dataWords, pointers);
      const to = put(segment, at, [head, ...content], (offset) => listPointer(offset, SIZE.struct, content.length));
      for (const [i, one] of node.structs.entries()) {
        const first = to.start + 1 + i * (dataWords + pointers) + dataWords;
        for (const [j, child] of one.pointers.entries()) write(child, to.segment, first + j);
      }
    } else {
      const content = [...node.data, ...node.pointers.map(() => 0n)];
      const pointer = (offset: number) => structPointer(offset, node.data.length, node.pointers.length);
      // A struct without size needs no room: the offset -1 tells it from a null pointer.
      if (content.length === 0 && reach === 'near') {
        home[at] = pointer(-1);
        return;
      }
      const to = put(segment, at, content, pointer);
      for (const [i, child] of node.pointers.entries()) write(child, to.segment, to.start + node.data.length + i);
    }
  };

  write(root, 0, 0);
  return segments;
}

export function wordsOf(bytes: Uint8Array): bigint[] {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8);
  padded.set(bytes);
  return Array.from({ length: padded.length / 8 }, (_, i) => padded.readBigUInt64LE(i * 8));
}

export const segmentBytes = (words: readonly bigint[]): Uint8Array => {
  const out = Buffer.alloc(words.length * 8);
  for (const [i, one] of words.entries()) out.writeBigUInt64LE(BigInt.asUintN(64, one), i * 8);
  return Uint8Array.from(out);
};

/** A framed message: segment table and segments ("Serialization Over a Stream"). */
export function framed(segments: readonly (readonly bigint[])[]): Uint8Array {
  return Uint8Array.from([
    ...table(segments.map(({ length }) => length)),
    ...segments.flatMap((s) => [...segmentBytes(s)]),
  ]);
}

/** A segment table. @param padding the bytes that fill it up to a word, when the number of segments is even */
export function table(lengths: readonly number[], padding = 0): Uint8Array {
  const out = Buffer.alloc((4 + lengths.length * 4 + 7) & ~7, padding);
  out.writeUInt32LE(lengths.length - 1, 0);
  for (const [i, length] of lengths.entries()) out.writeUInt32LE(length, 4 + i * 4);
  return Uint8Array.from(out);
}

export const message = (root: Node, layout?: Layout): Uint8Array => framed(layOut(root, layout));
