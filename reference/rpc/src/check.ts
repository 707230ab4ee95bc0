import { ProtocolError } from './errors.ts';
import type { Frame } from './frame.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import { claim, decodePointer, decodeTag, ELEMENT_BITS, LIST_OF_POINTERS, LIST_OF_STRUCTS } from './pointer.ts';

/**
 * Walks every pointer of a message once, before anything else looks at it: capnp-es follows pointers without looking
 * where they lead. Whatever passes can be read without leaving the frame and without taking long.
 * @throws ProtocolError
 */
export function checkFrame(
  frame: Frame,
  limits: Pick<RpcLimits, 'depth' | 'traversalFactor'> = DEFAULT_RPC_LIMITS,
): void {
  let budget = (frame.bytes.length / 8) * limits.traversalFactor;

  const spend = (words: number): void => {
    budget -= words;
    if (budget < 0) throw new ProtocolError('pointers lead to the same words too often');
  };

  const checkPointers = (segment: number, word: number, count: number, depth: number): void => {
    for (let i = 0; i < count; i += 1) checkPointer(segment, word + i, depth);
  };

  const checkPointer = (segment: number, word: number, depth: number): void => {
    const target = decodePointer(frame, segment, word);
    if (target.kind === 'null' || target.kind === 'capability') return;
    if (depth >= limits.depth) throw new ProtocolError(`pointers are nested deeper than ${limits.depth}`);
    if (target.kind === 'struct') {
      const { dataWords, pointers } = target;
      claim(frame, target.segment, target.word, dataWords + pointers);
      spend(dataWords + pointers);
      checkPointers(target.segment, target.word + dataWords, pointers, depth + 1);
    } else if (target.elementSize === LIST_OF_STRUCTS) {
      const { elements, dataWords, pointers } = decodeTag(frame, target);
      const size = dataWords + pointers;
      // Elements without size take no words, but a reader's time.
      spend(1 + (size === 0 ? elements : target.count));
      if (pointers === 0) return;
      for (let i = 0; i < elements; i += 1) {
        checkPointers(target.segment, target.word + 1 + i * size + dataWords, pointers, depth + 1);
      }
    } else {
      const bits = ELEMENT_BITS[target.elementSize] as number;
      const words = Math.ceil((target.count * bits) / 64);
      claim(frame, target.segment, target.word, words);
      spend(bits === 0 ? target.count : words);
      if (target.elementSize === LIST_OF_POINTERS) checkPointers(target.segment, target.word, words, depth + 1);
    }
  };

  checkPointer(0, 0, 0);
}
