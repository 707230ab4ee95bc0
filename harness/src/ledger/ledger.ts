import { createHash } from 'node:crypto';
import type { PlannedScenario } from '../plan/features.ts';
import { placeOf } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import type { Evidence } from './evidence.ts';

/** What shows that a requirement is met. */
export interface LedgerTests {
  /** Places of scenarios and of example rows. */
  scenarios: string[];
  vectors: string[];
  properties: string[];
  /** Test of the reference implementation, with the reason why no network can show it. */
  unit: string | null;
  mutants: string[];
}

export interface LedgerEntry {
  requirement: Requirement;
  tests: LedgerTests;
  /** Why nothing tests it; null: something does. */
  untested: string | null;
  /** Whether its scenarios, if it has any, run against a server. */
  isAboutServer: boolean;
}

/** Every requirement of the specification, with what tests it. */
export function makeLedger(
  spec: ReadonlyMap<string, Requirement>,
  planned: readonly PlannedScenario[],
  { vectors, properties, mutants }: Evidence,
): LedgerEntry[] {
  const scenarios = groupBy(planned, (scenario) => scenario.requirement);
  return [...spec.values()].map((requirement): LedgerEntry => {
    const { id, test } = requirement;
    const [, kind, why] = /^(\w+)(?:: (.+))?$/s.exec(test) ?? [];
    const tests: LedgerTests = {
      scenarios: (scenarios.get(id) ?? []).map(({ uri, line }) => placeOf(uri, line)),
      vectors: vectors.get(id) ?? [],
      properties: properties.get(id) ?? [],
      unit: kind === 'unit' ? (why ?? '') : null,
      mutants: mutants.get(id) ?? [],
    };
    const isTested = tests.scenarios.length + tests.vectors.length + tests.properties.length > 0 || tests.unit !== null;
    const isAboutServer = scenarios.get(id)?.some(({ subject }) => subject === 'server') ?? false;
    return { requirement, tests, untested: isTested ? null : (why ?? 'nothing tests it'), isAboutServer };
  });
}

/** As Map.groupBy, which Node.js 20 has not. */
function groupBy<T>(list: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of list) {
    const group = groups.get(key(value));
    if (group) group.push(value);
    else groups.set(key(value), [value]);
  }
  return groups;
}

/**
 * What a run says about a requirement. `not offered`: the target has not its profile · `not selected`: the run left it out ·
 * `elsewhere`: a test of the reference implementation, vectors, or scenarios about source code show it · `not testable`: nothing can.
 */
export type Outcome = Status | 'not offered' | 'not selected' | 'elsewhere' | 'not testable';

export const OUTCOMES: readonly Outcome[] = [
  ...(['passed', 'failed', 'flaky', 'known', 'warned', 'broken', 'skipped'] as const),
  ...(['not offered', 'not selected', 'elsewhere', 'not testable'] as const),
];

/** The worst of a requirement's scenarios; what was skipped beside one that passed does not count. */
const WORST_FIRST: readonly Status[] = ['failed', 'broken', 'flaky', 'known', 'warned', 'passed', 'skipped'];

export function outcomeOf({ untested, isAboutServer }: LedgerEntry, results: readonly ScenarioResult[]): Outcome {
  if (untested !== null) return 'not testable';
  if (results.length === 0) return isAboutServer ? 'not selected' : 'elsewhere';
  if (results.every(({ isNotOffered }) => isNotOffered)) return 'not offered';
  return WORST_FIRST.find((status) => results.some((result) => result.status === status)) as Status;
}

/** Results by requirement. */
export const byRequirement = (results: readonly ScenarioResult[]): Map<string, ScenarioResult[]> =>
  groupBy(results, ({ scenario }) => scenario.requirement);

/** SHA-256, in hex, over what binds: id, level, profile, source and sentence of each requirement, in the order of ids. */
export function specDigest(spec: ReadonlyMap<string, Requirement>): string {
  const hash = createHash('sha256');
  for (const { id, level, profile, source, sentence } of [...spec.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)))
    hash.update(`${[id, level, profile, source, sentence].join('\t')}\n`);
  return hash.digest('hex');
}
