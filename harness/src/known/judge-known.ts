import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { entryText, type KnownFailing, matches } from './known-list.ts';

/** Whether a list speaks of a scenario. */
export const isKnown = (known: KnownFailing | undefined, scenario: PlannedScenario): boolean =>
  known?.entries.some((entry) => matches(entry, scenario)) ?? false;

/**
 * Judges results by a list of scenarios that are known to fail: failures on it fail no run, and an entry whose scenarios all
 * pass does. An entry is judged where all of its scenarios ran: a part of them says nothing about the others.
 * @param all every scenario that this run could have selected
 * @returns results in which such failures are `known`, and a problem for each entry that is out of date
 */
export function judgeKnown(
  results: readonly ScenarioResult[],
  known: KnownFailing,
  all: readonly PlannedScenario[],
): { results: ScenarioResult[]; problems: string[] } {
  const of = new Map(results.map((result) => [result.scenario, result]));
  const outdated = known.entries.filter((entry) => {
    const ran = all.filter((scenario) => matches(entry, scenario)).map((scenario) => of.get(scenario));
    const offered = ran.filter((result) => !result?.isNotOffered);
    return offered.length > 0 && offered.every((result) => result?.status === 'passed');
  });
  return {
    results: results.map((result) =>
      isFailure(result) && isKnown(known, result.scenario) ? { ...result, status: 'known' } : result,
    ),
    problems: outdated.map(
      (entry) => `${known.path}:${entry.line}: "${entryText(entry)}" is known to fail, and passes: take this line out`,
    ),
  };
}

const isFailure = ({ status }: ScenarioResult): boolean => status === 'failed' || status === 'flaky';
