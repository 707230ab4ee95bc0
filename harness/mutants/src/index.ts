import { AUTHENTICATION } from './catalog/authentication.ts';
import { BATCHES } from './catalog/batch.ts';
import { BESIDE } from './catalog/beside.ts';
import { CHANNELS } from './catalog/channels.ts';
import { LIMITS } from './catalog/delivery/limits.ts';
import { PAYLOADS } from './catalog/delivery/payloads.ts';
import { QUEUES } from './catalog/delivery/queues.ts';
import { ENDPOINTS } from './catalog/endpoints.ts';
import { ERRORS } from './catalog/errors.ts';
import { IN_CHANNELS } from './catalog/in-channels.ts';
import { HYBRID_KEYS, KEY_PACKAGES } from './catalog/keys.ts';
import { LEFT_OVER } from './catalog/left-over.ts';
import { LOOKALIKES } from './catalog/lookalikes.ts';
import { MIXED_UP } from './catalog/mixed-up.ts';
import { ONE_METHOD } from './catalog/one-method.ts';
import { PASSWORDS } from './catalog/opaque.ts';
import { PRESENCE } from './catalog/presence.ts';
import { RACES } from './catalog/races.ts';
import { RACES_OF_WAITS } from './catalog/races-of-waits.ts';
import { RELIABLE } from './catalog/reliable.ts';
import { RESTARTS } from './catalog/restarts.ts';
import { CAPABILITIES } from './catalog/rpc/capabilities.ts';
import { CONCURRENCY } from './catalog/rpc/concurrency.ts';
import { ENDINGS } from './catalog/rpc/endings.ts';
import { FRAMES } from './catalog/rpc/frames.ts';
import { QUESTIONS } from './catalog/rpc/questions.ts';
import { SHAPES } from './catalog/rpc/shapes.ts';
import { UNKNOWN } from './catalog/rpc/unknown.ts';
import { SESSIONS } from './catalog/sessions.ts';
import { COMPARED, COMPUTED } from './catalog/tokens.ts';
import { TRANSPORT } from './catalog/transport.ts';
import { WAITS } from './catalog/waits.ts';
import { WIDTHS } from './catalog/widths.ts';
import { combine } from './combine.ts';
import { type Fault, MUTANT_LIMITS, type Mutant } from './fault.ts';
import { VARIANTS } from './variants.ts';

export type { Fault, Mutant, Variant } from './fault.ts';
export { FaultyServer, type KnownAccount } from './server.ts';

export { VARIANTS } from './variants.ts';

/** Every mutant, by area. */
export const MUTANTS: readonly Mutant[] = [
  ...AUTHENTICATION,
  ...KEY_PACKAGES,
  ...HYBRID_KEYS,
  ...PAYLOADS,
  ...QUEUES,
  ...LIMITS,
  ...WAITS,
  ...RELIABLE,
  ...CHANNELS,
  ...ERRORS,
  ...BATCHES,
  ...ENDPOINTS,
  ...PASSWORDS,
  ...FRAMES,
  ...CAPABILITIES,
  ...QUESTIONS,
  ...CONCURRENCY,
  ...UNKNOWN,
  ...SHAPES,
  ...ENDINGS,
  ...TRANSPORT,
  ...RACES,
  ...RACES_OF_WAITS,
  ...PRESENCE,
  ...COMPARED,
  ...COMPUTED,
  ...WIDTHS,
  ...SESSIONS,
  ...BESIDE,
  ...IN_CHANNELS,
  ...LOOKALIKES,
  ...MIXED_UP,
  ...LEFT_OVER,
  ...ONE_METHOD,
  ...RESTARTS,
];

const ids = [...MUTANTS, ...VARIANTS].map(({ id }) => id);
const twice = ids.find((id, i) => ids.indexOf(id) < i);
if (twice !== undefined) throw new Error(`two servers are called ${twice}`);

/** The right server, to see that what is found is the fault's doing. */
const RIGHT = 'right';

/** What a server of that id, or of several variants' with `+` between them, has for a fault. */
export function faultOf(id: string | undefined): Fault | undefined {
  if (id === RIGHT) return { limits: MUTANT_LIMITS };
  const mutant = MUTANTS.find((known) => known.id === id);
  if (mutant) return { ...mutant.fault, limits: { ...MUTANT_LIMITS, ...mutant.fault.limits } };
  const faults = (id ?? '').split('+').map((one) => VARIANTS.find((known) => known.id === one)?.fault);
  if (faults.length === 1) return faults[0];
  return faults.every((fault) => fault !== undefined) ? combine(faults) : undefined;
}
