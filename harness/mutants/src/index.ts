import { AUTHENTICATION } from './catalog/authentication.ts';
import { BATCHES, ENDPOINTS } from './catalog/batch.ts';
import { CHANNELS } from './catalog/channels.ts';
import { QUEUES, RELIABLE, WAITS } from './catalog/delivery.ts';
import { ERRORS } from './catalog/errors.ts';
import { HYBRID_KEYS, KEY_PACKAGES } from './catalog/keys.ts';
import { PASSWORDS } from './catalog/opaque.ts';
import { RACES } from './catalog/races.ts';
import { FRAMES, SESSIONS } from './catalog/rpc.ts';
import { COMPARED, COMPUTED } from './catalog/tokens.ts';
import { TRANSPORT } from './catalog/transport.ts';
import type { Mutant } from './fault.ts';
import { VARIANTS } from './variants.ts';

export type { Fault, Mutant, Variant } from './fault.ts';
export { FaultyServer, type KnownAccount } from './server.ts';

export { VARIANTS } from './variants.ts';

/** Every mutant, by area. */
export const MUTANTS: readonly Mutant[] = [
  ...AUTHENTICATION,
  ...KEY_PACKAGES,
  ...HYBRID_KEYS,
  ...QUEUES,
  ...WAITS,
  ...RELIABLE,
  ...CHANNELS,
  ...ERRORS,
  ...BATCHES,
  ...ENDPOINTS,
  ...PASSWORDS,
  ...FRAMES,
  ...SESSIONS,
  ...TRANSPORT,
  ...RACES,
  ...COMPARED,
  ...COMPUTED,
];

const ids = [...MUTANTS, ...VARIANTS].map(({ id }) => id);
const twice = ids.find((id, i) => ids.indexOf(id) < i);
if (twice !== undefined) throw new Error(`two servers are called ${twice}`);
