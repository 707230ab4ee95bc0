import type { RandomSource } from '../world/random.ts';
import { concat, flip } from './contents.ts';
import { sameLossyText } from './tokens.ts';

/** How an id that is no channel's is made of one that is. */
export const ID_CHANGES = ['cut by its last byte', 'and one more byte', 'twice'] as const;
export type IdChange = (typeof ID_CHANGES)[number];

/** @param id 16 bytes @returns 15, 17 or 32 bytes */
export function changedId(id: Uint8Array, change: IdChange, random: RandomSource): Uint8Array {
  if (change === 'cut by its last byte') return id.slice(0, -1);
  return concat(id, change === 'twice' ? id : random.bytes(1));
}

/** How a key is made that a careless server takes for another; undefined when it cannot be made of that one. */
export const KEY_CHANGES = {
  'with its last bit flipped': (key: Uint8Array): Uint8Array | undefined => flip(key, 31, 0x80),
  'changed so that lossy text is the same': sameLossyText,
} as const;
export type KeyChange = keyof typeof KEY_CHANGES;
