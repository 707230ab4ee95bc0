import { native } from './native.ts';
import { noble } from './noble.ts';
import type { HybridPrimitives } from './primitive-types.ts';

/** The runtime's own where it has them, else noble's. */
export const primitives: HybridPrimitives = { ...noble, ...native };
