import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../plan/features.ts';
import type { Requirement } from '../spec/spec.ts';
import type { Evidence } from './evidence.ts';
import type { LedgerEntry } from './ledger.ts';

/** Of the requirements, what may go untested, in percent. */
const MAX_UNTESTED_PERCENT = 5;

export const untestedPercent = (ledger: readonly LedgerEntry[]): number =>
  (100 * ledger.filter(({ untested }) => untested !== null).length) / ledger.length;

/**
 * What is wrong with the ledger beyond what the check of spec against features finds: evidence for requirements that do not
 * exist, tests that are named and are not there, ids that stand twice, and too much that is not tested.
 * @returns a line each
 */
export function checkLedger(
  spec: ReadonlyMap<string, Requirement>,
  ledger: readonly LedgerEntry[],
  evidence: Evidence,
  root: string = ROOT,
): string[] {
  const faults: string[] = [];
  for (const [kind, map] of Object.entries(evidence) as [string, Map<string, string[]>][]) {
    for (const [id, what] of map) {
      if (!spec.has(id)) faults.push(`${kind}: ${what[0]} names ${id}, which spec/ does not have`);
      const twice = what.find((one, i) => what.indexOf(one) < i);
      if (twice !== undefined) faults.push(`${kind}: ${twice} is there twice for ${id}`);
    }
  }
  for (const { requirement, tests } of ledger) {
    const file = tests.unit === null ? undefined : /^[^\s,]+/.exec(tests.unit)?.[0];
    if (file !== undefined && !existsSync(join(root, file)))
      faults.push(`${requirement.place}: ${requirement.id} is tested by ${file}, which is not there`);
  }
  const percent = untestedPercent(ledger);
  if (percent >= MAX_UNTESTED_PERCENT)
    faults.push(`${percent.toFixed(1)} % of the requirements are not tested; under ${MAX_UNTESTED_PERCENT} % may be`);
  return faults;
}
