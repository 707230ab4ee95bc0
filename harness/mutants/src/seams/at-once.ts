// Calls that are under way at the same time, and get in each other's way.
import { setTimeout as sleep } from 'node:timers/promises';
import type { nodeService, ParamsOf, ResultsOf } from '@quicnprotochat/proto';
import type { Fault } from '../fault.ts';
import { type Call, inMethod, type MethodName } from './methods.ts';

type Params<N extends MethodName> = ParamsOf<(typeof nodeService)[N]>;
type Results<N extends MethodName> = ResultsOf<(typeof nodeService)[N]>;

/** How long an answer waits for another that it may be confused with, in ms. */
const PARKED_MS = 40;
/** How long a parameter lies where the next call puts its own, in ms: less, and two calls would meet by chance alone. */
const SHARED_MS = 3;

/** Whether a call is right as far as its caller goes; methods without `auth` always are. */
function isKnown<N extends MethodName>({ params, around }: Call<N>): boolean {
  return !('auth' in params) || around.isKnown(params.auth);
}

/** Of every two answers that are ready at the same time, each call gets the other's `field`. */
export function swapped<N extends MethodName>(name: N, field: keyof Results<N>): Fault {
  let parked: { results: Results<N>; answer(results: Results<N>): void } | undefined;
  return inMethod(name, async (call) => {
    const results = await call.next();
    if (!isKnown(call)) return results;
    const other = parked;
    if (other) {
      parked = undefined;
      other.answer({ ...other.results, [field]: results[field] });
      return { ...results, [field]: other.results[field] };
    }
    return new Promise((resolve) => {
      const own = { results, answer: resolve };
      parked = own;
      setTimeout(() => {
        if (parked !== own) return;
        parked = undefined;
        resolve(results);
      }, PARKED_MS);
    });
  });
}

/** A parameter is kept in one place for all calls, where the next one replaces it before it is used. */
export function sharedField<N extends MethodName>(
  name: N,
  field: keyof Params<N>,
  isMeant: (call: Call<N>) => boolean,
): Fault {
  let shared: Params<N>[keyof Params<N>];
  return inMethod(name, async (call) => {
    if (!isKnown(call) || !isMeant(call)) return call.next();
    shared = call.params[field];
    await sleep(SHARED_MS);
    return call.next({ ...call.params, [field]: shared });
  });
}

/** Calls that come while another is under way get its answer. */
export function oneForAll<N extends MethodName>(name: N, isMeant: (call: Call<N>) => boolean): Fault {
  let underWay: Promise<Results<N>> | undefined;
  return inMethod(name, (call) => {
    if (!isKnown(call) || !isMeant(call)) return call.next();
    underWay ??= sleep(1)
      .then(() => call.next())
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  });
}
