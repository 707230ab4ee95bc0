import type { Model, Operation } from './linearize.ts';

/** What came back of a queue: `id` names the payload. KeyPackages have no numbers. */
export interface Item {
  id: string;
  seq: bigint | undefined;
}

/** Of a queue, or of the KeyPackages of an identity: a queue without numbers, from which each fetch takes one. */
export type QueueInput =
  | { kind: 'put'; id: string }
  | { kind: 'take' | 'look'; limit: number }
  | { kind: 'ack'; upTo: bigint };
/** `refused`: with E009, E014 or E015; a refused call leaves nothing behind (DS-018, ERR-006). */
export type QueueOutput = 'refused' | 'done' | { seq: bigint } | { items: Item[] };
export type QueueOperation = Operation<QueueInput, QueueOutput>;

/** Ids of the messages, oldest first, and the greatest number that was given. */
interface QueueState {
  ids: readonly string[];
  last: bigint;
}

/**
 * The number of each payload, as the answers tell it.
 * @throws Error when they tell two numbers for one payload, or one number for two
 */
export function numbersOf(operations: readonly QueueOperation[]): Map<string, bigint> {
  const numbers = new Map<string, bigint>();
  const owners = new Map<bigint, string>();
  const learn = (id: string, seq: bigint): void => {
    const known = numbers.get(id) ?? seq;
    if (known !== seq) throw new Error(`message ${id} has the number ${known} and the number ${seq}`);
    const owner = owners.get(seq) ?? id;
    if (owner !== id) throw new Error(`messages ${owner} and ${id} have the same number ${seq}`);
    numbers.set(id, seq);
    owners.set(seq, id);
  };
  for (const { input, output } of operations) {
    if (typeof output !== 'object') continue;
    if ('seq' in output && input.kind === 'put') learn(input.id, output.seq);
    if ('items' in output) for (const { id, seq } of output.items) if (seq !== undefined) learn(id, seq);
  }
  return numbers;
}

/** Whether an answer need not show a message that is there. */
type MayMiss = (reader: QueueOperation, id: string) => boolean;

/**
 * Reads and acks at the same time may share out the messages between them as they like: what one of them gets or removes, or might
 * have if it was not answered, another need not see. The spec asks only that each message goes to exactly one (DS-014).
 */
export function mayMiss(operations: readonly QueueOperation[], numbers: ReadonlyMap<string, bigint>): MayMiss {
  const idsIn = ({ output }: QueueOperation): string[] =>
    typeof output === 'object' && 'items' in output ? output.items.map(({ id }) => id) : [];
  const removes = (operation: QueueOperation, id: string): boolean => {
    const { input, output } = operation;
    if (input.kind === 'ack') return (numbers.get(id) ?? 0n) <= input.upTo;
    return input.kind === 'take' && (output === undefined || idsIn(operation).includes(id));
  };
  return (reader, id) =>
    operations.some(
      (other) => other !== reader && other.start < reader.end && reader.start < other.end && removes(other, id),
    );
}

/**
 * What there is to explain: refused calls did nothing. Of those that were not answered, reads and acks may have removed something or
 * not, which `mayMiss` allows for; a message that nobody ever saw need not have been put.
 */
export function toExplain(operations: readonly QueueOperation[]): QueueOperation[] {
  const shown = new Set(
    operations
      .flatMap(({ output }) => (typeof output === 'object' && 'items' in output ? output.items : []))
      .map(({ id }) => id),
  );
  return operations.filter(({ input, output }) =>
    output === undefined ? input.kind === 'put' && shown.has(input.id) : output !== 'refused',
  );
}

/** A queue that was empty at the start (DS-005 … DS-035, KP-005 … KP-009). An answer may hold fewer messages than there are, but not none. */
export function queueModel(
  numbers: ReadonlyMap<string, bigint>,
  isMissable: MayMiss = () => false,
): Model<QueueState, QueueInput, QueueOutput> {
  const read = (state: QueueState, operation: QueueOperation): QueueState[] => {
    const { input, output } = operation;
    if (typeof output !== 'object' || !('items' in output) || !('limit' in input)) return [];
    const { items } = output;
    if (input.limit > 0 && items.length > input.limit) return [];
    let at = 0;
    for (const id of state.ids) {
      if (id === items[at]?.id) at += 1;
      // What comes after the last one that is shown may have been too much for one answer.
      else if ((at < items.length || items.length === 0) && !isMissable(operation, id)) return [];
    }
    if (at < items.length) return [];
    if (input.kind === 'look') return [state];
    const taken = new Set(items.map(({ id }) => id));
    return [{ ...state, ids: state.ids.filter((id) => !taken.has(id)) }];
  };
  return {
    initial: { ids: [], last: -1n },
    step(state, operation) {
      const { input } = operation;
      if ('limit' in input) return read(state, operation);
      if (input.kind === 'ack')
        return [{ ...state, ids: state.ids.filter((id) => (numbers.get(id) ?? 0n) > input.upTo) }];
      const seq = numbers.get(input.id);
      if (seq !== undefined && seq <= state.last) return [];
      return [{ ids: [...state.ids, input.id], last: seq ?? state.last }];
    },
    key: ({ ids, last }) => `${ids.join(',')}#${last}`,
  };
}
