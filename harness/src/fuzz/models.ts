import type { Model, Operation } from './linearize.ts';

/** What came back of a queue: `id` names the payload. */
export interface Item {
  id: string;
  seq: bigint;
}

export type QueueInput =
  | { kind: 'put'; id: string }
  | { kind: 'take'; limit: number }
  | { kind: 'look'; limit: number }
  | { kind: 'ack'; upTo: bigint };
/** `refused`: E014 or E015; a refused call leaves nothing behind (DS-018). */
export type QueueOutput = 'refused' | { seq: bigint } | { items: Item[] } | 'done';
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
    if ('items' in output) for (const { id, seq } of output.items) learn(id, seq);
  }
  return numbers;
}

/** A queue that was empty at the start (DS-005 … DS-035). An answer may hold fewer messages than are queued, but not none. */
export function queueModel(numbers: ReadonlyMap<string, bigint>): Model<QueueState, QueueInput, QueueOutput> {
  const take = (state: QueueState, input: { kind: string; limit: number }, output: QueueOutput | undefined) => {
    const { ids, last } = state;
    const most = input.limit === 0 ? ids.length : Math.min(input.limit, ids.length);
    const without = (count: number): QueueState => (input.kind === 'look' ? state : { ids: ids.slice(count), last });
    if (output === undefined) return Array.from({ length: most + 1 }, (_, count) => without(count));
    if (typeof output !== 'object' || !('items' in output)) return [];
    const { items } = output;
    const isRight =
      items.length <= most && (items.length > 0 || ids.length === 0) && items.every(({ id }, i) => id === ids[i]);
    return isRight ? [without(items.length)] : [];
  };
  return {
    initial: { ids: [], last: -1n },
    step(state, { input, output }) {
      if (output === 'refused') return [state];
      if (input.kind === 'take' || input.kind === 'look') return take(state, input, output);
      if (input.kind === 'ack') {
        const isAcked = (id: string): boolean => (numbers.get(id) ?? 0n) <= input.upTo;
        return [{ ...state, ids: state.ids.filter((id) => !isAcked(id)) }];
      }
      const seq = numbers.get(input.id);
      if (seq !== undefined && seq <= state.last) return [];
      return [{ ids: [...state.ids, input.id], last: seq ?? state.last }];
    },
    key: ({ ids, last }) => `${ids.join(',')}#${last}`,
  };
}

export type PoolInput = { kind: 'upload'; id: string } | { kind: 'fetch' };
/** `undefined` for a package: there was none. */
export type PoolOutput = 'refused' | 'stored' | { id: string | undefined };

/** KeyPackages of one identity, none at the start: each goes out once, the oldest first (KP-006, KP-007). */
export const poolModel: Model<readonly string[], PoolInput, PoolOutput> = {
  initial: [],
  step(ids, { input, output }) {
    if (output === 'refused') return [ids];
    if (input.kind === 'upload') return [[...ids, input.id]];
    if (output === undefined) return [ids.slice(1)];
    return typeof output === 'object' && output.id === ids[0] ? [ids.slice(1)] : [];
  },
  key: (ids) => ids.join(','),
};

export type RegisterInput = { kind: 'write'; id: string } | { kind: 'read' };
export type RegisterOutput = 'refused' | 'stored' | { id: string };

/** A hybrid key or an endpoint: the last write wins (HK-005, EP-003). */
export const registerModel = (initial: string): Model<string, RegisterInput, RegisterOutput> => ({
  initial,
  step(id, { input, output }) {
    if (output === 'refused') return [id];
    if (input.kind === 'write') return [input.id];
    return output === undefined || (typeof output === 'object' && output.id === id) ? [id] : [];
  },
  key: (id) => id,
});
