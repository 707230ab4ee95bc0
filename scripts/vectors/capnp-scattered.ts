// Right messages in layouts that no encoder chooses: objects in any order, in any segment, behind any kind of pointer.
import {
  capabilityPointer,
  doubleFarPointer,
  farPointer,
  listPointer,
  type Node,
  SIZE,
  structPointer,
  tag,
  wordsOf,
} from './capnp.ts';
import type { Random } from './random.ts';

interface Block {
  segment: number;
  words: bigint[];
  /** Where it came to lie, in words. */
  start: number;
}

/** @param segments how many there are; some may stay empty */
export function scatter(root: Node, random: Random, segments: number): bigint[][] {
  const first: Block = { segment: 0, words: [0n], start: 0 };
  const blocks: Block[] = [];
  /** Pointers can be written when everything has its place. */
  const pointers: (() => void)[] = [];

  const add = (words: bigint[], segment = random.int(segments)): Block => {
    const block = { segment, words, start: 0 };
    blocks.push(block);
    return block;
  };

  const link = (from: Block, at: number, to: Block, pointer: (offset: number) => bigint): void => {
    const near = (holder: Block, index: number): bigint => pointer(to.start - (holder.start + index) - 1);
    const way = random.int(4);
    if (from.segment === to.segment && way < 2) {
      pointers.push(() => {
        from.words[at] = near(from, at);
      });
    } else if (way < 3) {
      const pad = add([0n], to.segment);
      pointers.push(() => {
        from.words[at] = farPointer(pad.segment, pad.start);
        pad.words[0] = near(pad, 0);
      });
    } else {
      const pad = add([0n, 0n]);
      pointers.push(() => {
        from.words[at] = doubleFarPointer(pad.segment, pad.start);
        pad.words = [farPointer(to.segment, to.start), pointer(0)];
      });
    }
  };

  const write = (node: Node, from: Block, at: number): void => {
    if (node === null) return;
    if ('capability' in node) from.words[at] = capabilityPointer(node.capability);
    else if ('bytes' in node)
      link(from, at, add(wordsOf(node.bytes)), (offset) => listPointer(offset, SIZE.byte, node.bytes.length));
    else if ('list' in node) {
      const to = add(node.list.map(() => 0n));
      link(from, at, to, (offset) => listPointer(offset, SIZE.pointer, node.list.length));
      for (const [i, child] of node.list.entries()) write(child, to, i);
    } else if ('structs' in node) {
      const [dataWords, count] = [node.structs[0]?.data.length ?? 0, node.structs[0]?.pointers.length ?? 0];
      const content = node.structs.flatMap(({ data }) => [...data, ...Array<bigint>(count).fill(0n)]);
      const to = add([tag(node.structs.length, dataWords, count), ...content]);
      link(from, at, to, (offset) => listPointer(offset, SIZE.struct, content.length));
      for (const [i, one] of node.structs.entries())
        for (const [j, child] of one.pointers.entries()) write(child, to, 1 + i * (dataWords + count) + dataWords + j);
    } else if (node.data.length + node.pointers.length === 0) from.words[at] = structPointer(-1, 0, 0);
    else {
      const to = add([...node.data, ...node.pointers.map(() => 0n)]);
      link(from, at, to, (offset) => structPointer(offset, node.data.length, node.pointers.length));
      for (const [i, child] of node.pointers.entries()) write(child, to, node.data.length + i);
    }
  };
  write(root, first, 0);

  const lengths = Array<number>(segments).fill(0);
  lengths[0] = 1;
  const placed = [first, ...random.shuffled(blocks)];
  for (const block of placed.slice(1)) {
    const gap = random.of([0, 0, 0, 1, 2]);
    block.start = (lengths[block.segment] as number) + gap;
    lengths[block.segment] = block.start + block.words.length;
  }
  for (const writePointer of pointers) writePointer();
  const out = lengths.map((length) => Array.from({ length }, () => random.uint64()));
  for (const { segment, start, words } of placed) (out[segment] as bigint[]).splice(start, words.length, ...words);
  return out;
}
