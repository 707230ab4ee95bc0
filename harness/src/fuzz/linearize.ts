/** One call as it was seen from outside: it took effect once, somewhere between its two moments. */
export interface Operation<I, O> {
  /** How people read it. */
  label: string;
  input: I;
  /** What was answered; undefined: nothing was, so that it may have happened, at any time after `start`, or not at all. */
  output: O | undefined;
  /** Moments of one counter that rises with every event. `end` is Infinity for a call that was not answered. */
  start: number;
  end: number;
  /** Calls of one lane take effect in the order in which they began. */
  lane?: string;
  /** Later calls of its lane need not wait for it. */
  isOvertaken?: boolean;
}

/** A sequential object: what it may become by an operation, as it was answered. No state: it cannot have happened then. */
export interface Model<S, I, O> {
  initial: S;
  step(state: S, operation: Operation<I, O>): S[];
  /** Equal for equal states. */
  key(state: S): string;
}

export type Linearity = 'linearizable' | 'not linearizable' | 'undecided';

/** States that are looked at before the search gives up. */
const DEFAULT_BUDGET = 100_000;

/**
 * Whether there is an order of the operations that respects their moments and lanes and in which the model answers as was answered
 * (Wing and Gong 1993; states that were met with the same operations done are not met again, Lowe 2017).
 * `undecided` after `budget` states.
 */
export function linearize<S, I, O>(
  { initial, step, key }: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  budget = DEFAULT_BUDGET,
): Linearity {
  const all = [...operations].sort((a, b) => a.start - b.start);
  const bit = (i: number): bigint => 1n << BigInt(i);
  const answered = all.reduce((mask, { end }, i) => (end === Infinity ? mask : mask | bit(i)), 0n);
  const first = all.map((operation, i) =>
    all.slice(0, i).reduce((mask, earlier, j) => (goesFirst(earlier, operation) ? mask | bit(j) : mask), 0n),
  );
  const seen = new Set<string>();
  const stack: { done: bigint; state: S }[] = [{ done: 0n, state: initial }];
  for (let place = stack.pop(); place; place = stack.pop()) {
    const { done, state } = place;
    if ((done & answered) === answered) return 'linearizable';
    const id = `${done.toString(36)}|${key(state)}`;
    if (seen.has(id)) continue;
    seen.add(id);
    if (seen.size > budget) return 'undecided';
    const isOpen = (i: number): boolean => (done & bit(i)) === 0n;
    // Nothing may come before an operation that had ended when it began.
    const horizon = all.reduce((least, { end }, i) => (isOpen(i) && end < least ? end : least), Infinity);
    const after: typeof stack = [];
    for (const [i, operation] of all.entries()) {
      if (operation.start > horizon) break;
      const needed = first[i] as bigint;
      if (!isOpen(i) || (done & needed) !== needed) continue;
      for (const next of step(state, operation)) after.push({ done: done | bit(i), state: next });
    }
    // The order in which they began is the likeliest.
    stack.push(...after.reverse());
  }
  return 'not linearizable';
}

/** What was not answered may have happened later than anything. */
const goesFirst = (earlier: Operation<unknown, unknown>, later: Operation<unknown, unknown>): boolean =>
  earlier.lane !== undefined && earlier.lane === later.lane && !earlier.isOvertaken && earlier.end !== Infinity;
