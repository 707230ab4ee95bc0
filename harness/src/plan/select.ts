import { UsageError } from '../errors.ts';
import type { Requirement } from '../spec.ts';
import type { Profile } from '../target/target.ts';
import { type PlannedScenario, placeOf } from './features.ts';

/** What the user wants to run; empty lists select everything. */
export interface Selection {
  /** Ids (`DS-004`) and areas (`DS`). */
  requirements: string[];
  profiles: Profile[];
  /** Places (`features/a.feature:12`) and files. */
  scenarios?: string[] | undefined;
  levels?: Requirement['level'][] | undefined;
  sources?: Requirement['source'][] | undefined;
  /** Ids and areas. */
  excluded?: string[] | undefined;
}

/** The profile that a scenario belongs to: the one beyond core, if there is one. */
const profileOf = ({ profiles }: PlannedScenario): Profile => profiles.find((profile) => profile !== 'core') ?? 'core';

/** @throws UsageError for an id or area that the spec does not have */
export function select(
  planned: PlannedScenario[],
  selection: Selection,
  spec: ReadonlyMap<string, Requirement>,
): PlannedScenario[] {
  const areas = new Set([...spec.values()].map(({ area }) => area));
  const { excluded = [], levels = [], sources = [] } = selection;
  const named = [
    ...selection.requirements.map((wanted) => ['--requirement', wanted] as const),
    ...excluded.map((unwanted) => ['--exclude', unwanted] as const),
  ];
  for (const [option, name] of named) {
    if (!spec.has(name) && !areas.has(name)) {
      throw new UsageError(
        `${option} ${name}: there is no such requirement or area; the areas are ${[...areas].sort().join(', ')}`,
      );
    }
  }
  const wantedPlaces = selection.scenarios ?? [];
  const isAt = ({ uri, line }: PlannedScenario, place: string): boolean =>
    place.replace(/^\.\//, '') === uri || place.replace(/^\.\//, '') === placeOf(uri, line);
  for (const place of wantedPlaces)
    if (!planned.some((scenario) => isAt(scenario, place)))
      throw new UsageError(`--scenario ${place}: no scenario stands there (--list shows them)`);
  return planned.filter(
    (scenario) =>
      (selection.requirements.length === 0 ||
        selection.requirements.some((wanted) => wanted === scenario.requirement || wanted === scenario.area)) &&
      !excluded.some((unwanted) => unwanted === scenario.requirement || unwanted === scenario.area) &&
      (levels.length === 0 || levels.includes(scenario.level)) &&
      (sources.length === 0 || sources.includes(scenario.source)) &&
      (wantedPlaces.length === 0 || wantedPlaces.some((place) => isAt(scenario, place))) &&
      (selection.profiles.length === 0 || selection.profiles.includes(profileOf(scenario))),
  );
}

/** What of the selection the target offers; a profile that was asked for by name is required, offered or not. */
export function splitOffered(
  selected: PlannedScenario[],
  offered: ReadonlySet<Profile>,
  required: readonly Profile[],
): { runnable: PlannedScenario[]; notOffered: { scenario: PlannedScenario; reason: string }[] } {
  const runnable: PlannedScenario[] = [];
  const notOffered: { scenario: PlannedScenario; reason: string }[] = [];
  for (const scenario of selected) {
    const missing = scenario.profiles.find((profile) => !offered.has(profile) && !required.includes(profile));
    if (missing === undefined) runnable.push(scenario);
    else
      notOffered.push({
        scenario,
        reason: `the target does not offer the profile "${missing}" (--profile ${missing} requires it)`,
      });
  }
  return { runnable, notOffered };
}
