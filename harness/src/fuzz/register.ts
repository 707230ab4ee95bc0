import type { Model, Operation } from './linearize.ts';

/** A hybrid key or an endpoint. */
export type RegisterInput = { kind: 'write'; id: string } | { kind: 'read' };
export type RegisterOutput = 'refused' | 'done' | { id: string };
export type RegisterOperation = Operation<RegisterInput, RegisterOutput>;

const isWrite = ({ input }: RegisterOperation): boolean => input.kind === 'write';
const overlap = (a: RegisterOperation, b: RegisterOperation): boolean => a.start < b.end && b.start < a.end;

/** The last write that was answered wins (HK-005, EP-003); what a read sees of one that goes on beside it is free. */
const lastWrite: Model<string, RegisterInput, RegisterOutput> = {
  initial: 'nothing',
  step(id, { input, output }) {
    if (input.kind === 'write') return [input.id];
    return typeof output === 'object' && output.id === id ? [id] : [];
  },
  key: (id) => id,
};

/**
 * Of each read beside a write: whether it returned what was there before or what was just being written.
 * @returns the read that did not, or undefined
 */
export function strayRead(operations: readonly RegisterOperation[]): RegisterOperation | undefined {
  const writes = operations.filter((one) => isWrite(one) && one.output !== 'refused');
  return operations.find((read) => {
    if (isWrite(read) || typeof read.output !== 'object') return false;
    const { id } = read.output;
    const isOver = (write: RegisterOperation): boolean =>
      writes.some((later) => write.end < later.start && later.end < read.start);
    return !writes.some(
      (write) => write.input.kind === 'write' && write.input.id === id && write.start < read.end && !isOver(write),
    );
  });
}

/** The writes, and the reads beside which nothing was written: an order has to explain those. */
export function quietPart(operations: readonly RegisterOperation[]): {
  model: typeof lastWrite;
  operations: RegisterOperation[];
} {
  const answered = operations.filter(({ output }) => output !== undefined && output !== 'refused');
  const writes = operations.filter((one) => isWrite(one) && one.output !== 'refused');
  const quiet = answered.filter((one) => isWrite(one) || !writes.some((write) => overlap(write, one)));
  return { model: lastWrite, operations: quiet };
}
