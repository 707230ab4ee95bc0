import { type Input, isQueue, isRegister, type Output, type ThingName } from './calls.ts';
import { Violation } from './findings.ts';
import type { History } from './history.ts';
import { linearize, type Operation } from './linearize.ts';
import { mayMiss, numbersOf, type QueueOperation, queueModel, toExplain } from './models.ts';
import { quietPart, type RegisterOperation, strayRead } from './register.ts';

/**
 * Holds what was observed of each thing against its model.
 * @returns how many things the search was too long for
 * @throws Violation with the calls that no order explains
 */
export function judge({ records }: Pick<History, 'records'>): number {
  let undecided = 0;
  for (const [thing, operations] of records) {
    if (thing === 'channel') continue;
    const found = isRegister(thing)
      ? judgeRegister(thing, operations as RegisterOperation[])
      : judgeQueue(thing, operations as QueueOperation[]);
    if (found === 'undecided') undecided += 1;
    if (found === 'not linearizable')
      throw violation(`no order of the calls explains the answers of ${called(thing)}`, operations);
  }
  return undecided;
}

function judgeQueue(thing: ThingName, operations: QueueOperation[]) {
  let numbers: Map<string, bigint>;
  try {
    numbers = numbersOf(operations);
  } catch (error) {
    throw violation(`${called(thing)}: ${error instanceof Error ? error.message : error}`, operations);
  }
  return linearize(queueModel(numbers, mayMiss(operations, numbers)), toExplain(operations));
}

function judgeRegister(thing: ThingName, operations: RegisterOperation[]) {
  const stray = strayRead(operations);
  if (stray) throw violation(`${called(thing)}: what this call returned was not there: ${stray.label}`, operations);
  const { model, operations: quiet } = quietPart(operations);
  return linearize(model, quiet);
}

const called = (thing: ThingName): string => (isQueue(thing) ? `queue ${thing}` : `the ${thing}`);

/** Calls in the order in which they began; `[start–end]` are moments. */
function violation(what: string, operations: Operation<Input, Output>[]): Violation {
  const lines = [...operations]
    .sort((a, b) => a.start - b.start)
    .map(({ label, start, end }) => `    [${start}–${end === Infinity ? '∞' : end}] ${label}`);
  return new Violation([what, ...lines].join('\n'));
}
