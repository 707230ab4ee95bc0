import { Violation } from './clients.ts';
import type { History } from './history.ts';
import { type Linearity, linearize, type Model, type Operation } from './linearize.ts';
import { numbersOf, poolModel, queueModel, registerModel } from './models.ts';

/**
 * Holds what was observed of each object against its model.
 * @returns how many objects the search was too long for
 * @throws Violation with the calls on the object that no order explains
 */
export function judge({ queues, pool, registers }: History): number {
  let undecided = 0;
  const check = <S, I, O>(what: string, model: Model<S, I, O>, operations: Operation<I, O>[]): void => {
    const found: Linearity = linearize(model, operations);
    if (found === 'undecided') undecided += 1;
    if (found === 'not linearizable')
      throw violation(`no order of the calls explains the answers of ${what}`, operations);
  };
  for (const [name, operations] of queues) {
    try {
      check(`queue ${name}`, queueModel(numbersOf(operations)), operations);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw violation(`queue ${name}: ${error instanceof Error ? error.message : error}`, operations);
    }
  }
  check('the KeyPackages', poolModel, pool);
  for (const [name, { initial, operations }] of registers) check(`the ${name}`, registerModel(initial), operations);
  return undecided;
}

/** Calls in the order in which they began; `[start–end]` are moments. */
function violation(what: string, operations: Operation<unknown, unknown>[]): Violation {
  const lines = [...operations]
    .sort((a, b) => a.start - b.start)
    .map(({ label, start, end }) => `    [${start}–${end === Infinity ? '∞' : end}] ${label}`);
  return new Violation([what, ...lines].join('\n'));
}
