import type { RandomSource } from '../world/random.ts';
import { concat } from './contents.ts';

/** How an id that is no channel's is made of one that is. */
export const ID_CHANGES = ['cut by its last byte', 'and one more byte', 'twice'] as const;
export type IdChange = (typeof ID_CHANGES)[number];

/** @param id 16 bytes @returns 15, 17 or 32 bytes */
export function changedId(id: Uint8Array, change: IdChange, random: RandomSource): Uint8Array {
  if (change === 'cut by its last byte') return id.slice(0, -1);
  return concat(id, change === 'twice' ? id : random.bytes(1));
}
