import fc from 'fast-check';
import { Inconclusive, Suspicion, TargetGone, Violation } from './findings.ts';
import type { Property } from './property.ts';

/** How one property is explored. */
export interface Exploration {
  seed: number;
  /** Of a counterexample that was found with the seed: it alone runs. */
  path?: string | undefined;
  /** Whether a counterexample is made smaller; by default it is. */
  isShrunk?: boolean;
  /** Ends the search, in ms; undefined: the property's number of runs does. Shrinking has time of its own. */
  timeMs?: number | undefined;
  onRun?: ((isShrinking: boolean) => void) | undefined;
  /** Ends it early, with what was found so far. */
  signal?: AbortSignal | undefined;
}

export interface Found<T> {
  seed: number;
  path: string;
  input: T;
  why: string;
  shrinks: number;
  /** Where it was first, before it was made smaller. */
  firstPath?: string | undefined;
}

export interface Explored<T> {
  runs: number;
  /** Runs that said nothing, and why the last did not. */
  skipped: number;
  skippedBecause: string | undefined;
  found: Found<T> | undefined;
  /** The target went away during the run of this input, which perhaps did it; `why` is how that showed. */
  gone: Found<T> | undefined;
}

/** How often an input may fail: what depends on how calls meet shows sometimes only. */
const CHANCES = { first: 1, shrinking: 4, path: 20 };
/** An input is to blame for what may happen once (`Suspicion`) when it brings it about so often in a row. */
const TIMES_TO_BLAME = 3;
/** A counterexample is made smaller for so long, in ms. */
const SHRINK_MS = 60_000;

/** One run, which may be several tries of it. @throws Violation, Inconclusive, TargetGone */
async function runOnce<T>(property: Property<T>, input: T): Promise<void> {
  for (let times = 1; ; times += 1) {
    try {
      await property.run(input);
      return;
    } catch (error) {
      if (!(error instanceof Suspicion)) throw error;
      if (times === TIMES_TO_BLAME) throw new Violation(`${times} times in a row: ${error.message}`);
    }
  }
}

/** Tries an input that is known to have failed somewhere, `chances` times. @returns why it fails again; undefined when it does not */
export async function failsAgain<T>(
  property: Property<T>,
  input: T,
  chances = CHANCES.path,
): Promise<string | undefined> {
  for (let chance = 0; chance < chances; chance += 1) {
    try {
      await runOnce(property, input);
    } catch (error) {
      if (error instanceof Violation) return error.message;
      if (!(error instanceof Inconclusive)) throw error;
    }
  }
  return undefined;
}

/** Looks for an input for which the property does not hold, and shrinks it. @throws what is no fault of the target */
export async function explore<T>(property: Property<T>, options: Exploration): Promise<Explored<T>> {
  const { seed, path, timeMs, onRun, signal, isShrunk = true } = options;
  const done: Explored<T> = { runs: 0, skipped: 0, skippedBecause: undefined, found: undefined, gone: undefined };
  let end = timeMs === undefined ? Infinity : Date.now() + timeMs;
  let isShrinking = false;
  let place = -1;
  let broken: unknown;
  let why = '';
  const stop = (): never => {
    throw new fc.PreconditionFailure(true);
  };
  const once = async (input: T): Promise<void> => {
    done.runs += 1;
    onRun?.(isShrinking);
    try {
      await runOnce(property, input);
    } catch (error) {
      if (error instanceof Violation) {
        if (!isShrinking) end = Date.now() + SHRINK_MS;
        isShrinking = true;
        why = error.message;
        throw error;
      }
      if (error instanceof Inconclusive) {
        done.skipped += 1;
        done.skippedBecause = error.message;
        return;
      }
      if (error instanceof TargetGone)
        done.gone ??= { seed, path: path ?? `${place}`, input, why: error.message, shrinks: 0 };
      else broken = error;
      stop();
    }
  };
  const { first, shrinking, path: again } = CHANCES;
  const result = await fc.check(
    fc.asyncProperty(property.arbitrary, async (input) => {
      if (!isShrinking) place += 1;
      if (broken || done.gone || signal?.aborted || Date.now() > end) stop();
      const chances = isShrinking ? shrinking : path === undefined ? first : again;
      for (let chance = 0; chance < chances; chance += 1) await once(input);
    }),
    {
      seed,
      numRuns: timeMs === undefined ? property.runs : 10_000_000,
      markInterruptAsFailure: false,
      endOnFailure: path !== undefined || !isShrunk,
      ...(path === undefined ? {} : { path }),
    },
  );
  if (broken) throw broken;
  if (result.failed && result.counterexample)
    done.found = {
      seed: result.seed,
      path: result.counterexamplePath ?? '',
      input: result.counterexample[0] as T,
      why,
      shrinks: result.numShrinks,
      firstPath: result.numShrinks > 0 && path === undefined ? result.counterexamplePath?.split(':')[0] : undefined,
    };
  return done;
}
