import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { Inconclusive, Violation } from './clients.ts';
import type { Property } from './properties.ts';

/** How one property is explored. */
export interface Exploration {
  seed: number;
  /** Of a counterexample that was found with the seed: it alone runs. */
  path?: string | undefined;
  /** Ends the search, in ms; undefined: the property's number of runs does. */
  timeMs?: number | undefined;
  onRun?: (() => void) | undefined;
}

export interface Found<T> {
  seed: number;
  path: string;
  input: T;
  why: string;
  shrinks: number;
}

export interface Explored<T> {
  runs: number;
  /** Runs that said nothing, and why the last did not. */
  skipped: number;
  skippedBecause: string | undefined;
  found: Found<T> | undefined;
}

/** A counterexample that depends on how calls meet is given so many chances to show again. */
const CHANCES = 10;

/** Looks for an input for which the property does not hold, and shrinks it. @throws what is no fault of the target */
export async function explore<T>(
  property: Property<T>,
  { seed, path, timeMs, onRun }: Exploration,
): Promise<Explored<T>> {
  let runs = 0;
  let skipped = 0;
  let skippedBecause: string | undefined;
  let isShrinking = false;
  let broken: unknown;
  let why = '';
  const once = async (input: T): Promise<void> => {
    if (broken) return;
    runs += 1;
    onRun?.();
    try {
      await property.run(input);
    } catch (error) {
      if (error instanceof Violation) {
        isShrinking = true;
        why = error.message;
        throw error;
      }
      if (!(error instanceof Inconclusive)) {
        broken = error;
        return;
      }
      skipped += 1;
      skippedBecause = error.message;
      await sleep(0);
    }
  };
  const result = await fc.check(
    fc.asyncProperty(property.arbitrary, async (input) => {
      // Smaller inputs, and those of a path, may need luck to fail again.
      const chances = isShrinking ? 3 : path === undefined ? 1 : CHANCES;
      for (let chance = 0; chance < chances; chance += 1) await once(input);
    }),
    {
      seed,
      ...(path === undefined ? {} : { path }),
      ...(timeMs === undefined
        ? { numRuns: property.runs }
        : { numRuns: 10_000_000, interruptAfterTimeLimit: timeMs, markInterruptAsFailure: false }),
    },
  );
  if (broken) throw broken;
  const found =
    result.failed && result.counterexample
      ? {
          seed: result.seed,
          path: result.counterexamplePath ?? '',
          input: result.counterexample[0] as T,
          why,
          shrinks: result.numShrinks,
        }
      : undefined;
  return { runs, skipped, skippedBecause, found };
}
