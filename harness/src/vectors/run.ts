import { CommandVerifier, NoAnswer } from './command.ts';
import type { Vector } from './format.ts';
import { judge, type Verdict } from './judge.ts';
import { ownAnswer } from './own.ts';

export interface VectorResult extends Verdict {
  vector: Vector;
}

/** How many cases went how. */
export interface VectorCounts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface VectorRun {
  vectors: readonly Vector[];
  /** A line for the shell that starts a verifier; undefined: the project's own libraries. */
  command?: string | undefined;
  /** For one answer, in ms. */
  timeoutMs: number;
  /** Kinds that must be supported, or `all`: not to support one fails the case. */
  required?: readonly string[];
  onResult?: (result: VectorResult) => void;
  /** Ends the run early: the cases that are left have no result. */
  signal?: AbortSignal;
}

/**
 * Gives each vector to the verifier and judges what it answers.
 * @throws UnreachableError when the command cannot be run at all
 */
export async function runVectors(run: VectorRun): Promise<VectorResult[]> {
  const verifier = run.command === undefined ? undefined : new CommandVerifier(run.command, run.timeoutMs);
  const results: VectorResult[] = [];
  const stop = (): void => void verifier?.close();
  run.signal?.addEventListener('abort', stop, { once: true });
  try {
    for (const vector of run.vectors) {
      if (run.signal?.aborted) break;
      const verdict = required(await verdictOf(vector, verifier), vector, run.required ?? []);
      if (run.signal?.aborted) break;
      const result = { vector, ...verdict };
      results.push(result);
      run.onResult?.(result);
    }
  } finally {
    run.signal?.removeEventListener('abort', stop);
    await verifier?.close();
  }
  return results;
}

async function verdictOf(vector: Vector, verifier: CommandVerifier | undefined): Promise<Verdict> {
  if (!verifier) return ownVerdict(vector);
  try {
    return judge(vector, await verifier.answer(vector));
  } catch (error) {
    if (error instanceof NoAnswer) return { status: 'failed', reason: error.message };
    throw error;
  }
}

/** A library that throws what it should not has failed that case alone. */
function ownVerdict(vector: Vector): Verdict {
  let answer: unknown;
  try {
    answer = ownAnswer(vector.kind, vector.input) ?? { unsupported: true };
  } catch (error) {
    return { status: 'failed', reason: `it threw ${error}` };
  }
  return judge(vector, answer);
}

function required(verdict: Verdict, { kind }: Vector, kinds: readonly string[]): Verdict {
  if (verdict.status !== 'skipped' || !(kinds.includes('all') || kinds.includes(kind))) return verdict;
  return { status: 'failed', reason: `not supported, and required: ${verdict.reason}` };
}

export function countVectors(results: readonly VectorResult[]): VectorCounts {
  const of = (status: Verdict['status']): number => results.filter((result) => result.status === status).length;
  return { passed: of('passed'), failed: of('failed'), skipped: of('skipped') };
}
