import { AUTHENTICATION } from './catalog/authentication.ts';
import { QUEUES, RELIABLE, WAITS } from './catalog/delivery.ts';
import { HYBRID_KEYS, KEY_PACKAGES } from './catalog/keys.ts';
import type { Mutant, Variant } from './fault.ts';

export type { Fault, Mutant, Variant } from './fault.ts';
export { FaultyServer, type KnownAccount } from './server.ts';

/** Every mutant, by area. */
export const MUTANTS: readonly Mutant[] = [
  ...AUTHENTICATION,
  ...KEY_PACKAGES,
  ...HYBRID_KEYS,
  ...QUEUES,
  ...WAITS,
  ...RELIABLE,
];
export const VARIANTS: readonly Variant[] = [];
