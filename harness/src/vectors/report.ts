import { printable } from '../report/printable.ts';
import type { VectorResult } from './run.ts';

/** A failed case for people: what it is, what went wrong, and where the rule stands. */
export function failureOf({ vector, reason }: VectorResult): string {
  const { id, file, kind, comment, requirements } = vector;
  return [
    `FAILED ${id} (${file}, ${kind}): ${comment}`,
    `       ${printable(reason).replaceAll('\n', '\n       ')}`,
    `       spec: ${requirements.join(', ')}`,
  ].join('\n');
}

/** The skipped cases, a line a reason. */
export function skipsOf(results: readonly VectorResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { status, vector, reason } of results) {
    if (status !== 'skipped') continue;
    const line = `${vector.kind}: ${printable(reason)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `skipped ${count} × ${line}`);
}
