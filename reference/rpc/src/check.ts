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

  const checkStruct = (segment: number, word: number, dataWords: number, pointers: number, depth: number): void => {
    claim(frame, segment, word, dataWords + pointers);
    spend(dataWords + pointers);
    for (let i = 0; i < pointers; i += 1) checkPointer(segment, word + dataWords + i, depth);
  };

  const checkPointer = (segment: number, word: number, depth: number): void => {
    const target = decodePointer(frame, segment, word);
    if (target.kind === 'null' || target.kind === 'capability') return;
    if (depth >= limits.depth) throw new ProtocolError(`pointers are nested deeper than ${limits.depth}`);
    if (target.kind === 'struct') {
      checkStruct(target.segment, target.word, target.dataWords, target.pointers, depth + 1);
    } else if (target.elementSize === LIST_OF_STRUCTS) {
      const { elements, dataWords, pointers } = decodeTag(frame, target);
      // Elements without size take no words, but time.
      spend(1 + (dataWords + pointers === 0 ? elements : 0));
      for (let i = 0; i < elements; i += 1) {
        checkStruct(target.segment, target.word + 1 + i * (dataWords + pointers), dataWords, pointers, depth + 1);
      }
    } else {
      const bits = ELEMENT_BITS[target.elementSize] as number;
      const words = Math.ceil((target.count * bits) / 64);
      claim(frame, target.segment, target.word, words);
      spend(bits === 0 ? target.count : words);
      if (target.elementSize !== LIST_OF_POINTERS) return;
      for (let i = 0; i < target.count; i += 1) checkPointer(target.segment, target.word + i, depth + 1);
    }
  };

  checkPointer(0, 0, 0);
}
