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
}

/** A sequential object: what it may become by an operation, as it was answered. No state: it cannot have happened then. */
export interface Model<S, I, O> {
  initial: S;
  /** For an operation without answer, every state that it may lead to. */
  step(state: S, operation: Operation<I, O>): S[];
  /** Equal for equal states. */
  key(state: S): string;
}

export type Linearity = 'linearizable' | 'not linearizable' | 'undecided';

/** States that are looked at before the search gives up. */
const DEFAULT_BUDGET = 100_000;

/**
 * Whether there is an order of the operations that respects their moments and in which the model answers as was answered
 * (Wing and Gong 1993; states that were met with the same operations done are not met again, Lowe 2017).
 * `undecided` after `budget` states.
 */
export function linearize<S, I, O>(
  { initial, step, key }: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  budget = DEFAULT_BUDGET,
): Linearity {
  const all = [...operations].sort((a, b) => a.start - b.start);
  const answered = all.reduce((mask, { end }, i) => (end === Infinity ? mask : mask | (1n << BigInt(i))), 0n);
  const seen = new Set<string>();
  const stack: { done: bigint; state: S }[] = [{ done: 0n, state: initial }];
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { done, state } = next;
    if ((done & answered) === answered) return 'linearizable';
    const id = `${done.toString(36)}|${key(state)}`;
    if (seen.has(id)) continue;
    seen.add(id);
    if (seen.size > budget) return 'undecided';
    // Nothing may come before an operation that had ended when it began.
    const isOpen = (i: number): boolean => (done & (1n << BigInt(i))) === 0n;
    const horizon = all.reduce((least, { end }, i) => (isOpen(i) && end < least ? end : least), Infinity);
    for (const [i, operation] of all.entries()) {
      if (operation.start > horizon) break;
      if (!isOpen(i)) continue;
      for (const after of step(state, operation)) stack.push({ done: done | (1n << BigInt(i)), state: after });
    }
  }
  return 'not linearizable';
}
