import { NodeServiceError } from './error.ts';
import type { Middleware } from './node-service.ts';

/** How a call ended: `ok`, a code of the registry, `cancelled` when nobody waited any more, `error` for a fault of ours. */
type Outcome = string;

/** Told of every call when it is over; of its parameters and results it learns nothing. Must not throw. */
export type CallObserver = (method: string, outcome: Outcome, seconds: number) => void;

/** A middleware that changes nothing and tells of each call. */
export function observeCalls(observe: CallObserver): Middleware {
  return (method, handler) => async (params, signal) => {
    const started = performance.now();
    const tell = (outcome: Outcome): void => observe(method.name, outcome, (performance.now() - started) / 1000);
    try {
      const results = await handler(params, signal);
      tell(signal.aborted ? 'cancelled' : 'ok');
      return results;
    } catch (error) {
      tell(signal.aborted ? 'cancelled' : outcomeOf(error));
      throw error;
    }
  };
}

const outcomeOf = (error: unknown): Outcome => (error instanceof NodeServiceError ? error.code : 'error');
