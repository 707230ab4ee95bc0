import type { LedgerEntry, LedgerTests } from './ledger.ts';

const PLURALS = { scenarios: 'scenario', vectors: 'vector', properties: 'property', mutants: 'mutant' } as const;

/** `3 scenarios, 1 vector`; the mutants are those who test the tests. */
function summaryOf(tests: LedgerTests): string {
  const parts = (Object.keys(PLURALS) as (keyof typeof PLURALS)[]).flatMap((kind) => {
    const count = tests[kind].length;
    return count === 0 ? [] : [`${count} ${count === 1 ? PLURALS[kind] : kind}`];
  });
  return [...parts, ...(tests.unit === null ? [] : [`unit: ${tests.unit}`])].join(', ');
}

/** The files of the places, each once. */
const filesOf = (places: readonly string[]): string[] => [
  ...new Set(places.map((place) => place.split(/[:#]/)[0] ?? '')),
];

/** A line a requirement, and the totals. @param isVerbose every scenario, vector, property and mutant by name */
export function printLedger(ledger: readonly LedgerEntry[], isVerbose: boolean): string {
  const lines: string[] = [];
  for (const { requirement, tests, untested } of ledger) {
    const { id, level, title } = requirement;
    lines.push(`${id.padEnd(9)} ${level.padEnd(6)} ${title}`);
    lines.push(`          ${untested === null ? summaryOf(tests) : `not testable: ${untested}`}`);
    const named = isVerbose
      ? [...tests.scenarios, ...tests.vectors, ...tests.properties, ...tests.mutants.map((id) => `mutant ${id}`)]
      : filesOf(tests.scenarios);
    for (const place of named) lines.push(`          ${place}`);
  }
  const count = (is: (entry: LedgerEntry) => boolean): number => ledger.filter(is).length;
  const untested = count((entry) => entry.untested !== null);
  const musts = ledger.filter(({ requirement, tests }) => requirement.level === 'MUST' && tests.scenarios.length > 0);
  const withoutMutant = musts.filter(({ tests }) => tests.mutants.length === 0);
  lines.push(
    '',
    `${ledger.length} requirements: ${count(({ tests }) => tests.scenarios.length > 0)} with scenarios, ${count(({ tests }) => tests.vectors.length > 0)} with vectors, ${count(({ tests }) => tests.properties.length > 0)} with properties, ${count(({ tests }) => tests.unit !== null)} with a unit test`,
    `mutants: ${new Set(ledger.flatMap(({ tests }) => tests.mutants)).size}; MUST requirements with a scenario and no mutant: ${withoutMutant.length} of ${musts.length}`,
    `not testable: ${untested} (${((100 * untested) / ledger.length).toFixed(1)} %)`,
  );
  return lines.join('\n');
}
