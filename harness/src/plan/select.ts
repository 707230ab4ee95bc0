import { UsageError } from '../errors.ts';
import type { Shard } from '../options/values.ts';
import type { Requirement } from '../spec/spec.ts';
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
  /** Without the @; one of them is enough. */
  tags?: string[] | undefined;
  /** Ids, areas, and tags with the @. */
  excluded?: string[] | undefined;
}

/** The profile that a scenario belongs to: the one beyond core, if there is one. */
const profileOf = ({ profiles }: PlannedScenario): Profile => profiles.find((profile) => profile !== 'core') ?? 'core';

/**
 * @param planned what can be selected
 * @param all every scenario there is: a tag that none of them has is a mistake
 * @throws UsageError for an id, an area or a tag that there is not
 */
export function select(
  planned: readonly PlannedScenario[],
  selection: Selection,
  spec: ReadonlyMap<string, Requirement>,
  all: readonly PlannedScenario[] = planned,
): PlannedScenario[] {
  const { requirements, profiles, scenarios = [], excluded = [], levels = [], sources = [], tags = [] } = selection;
  const excludedTags = excluded.filter((name) => name.startsWith('@')).map((tag) => tag.slice(1));
  const excludedIds = excluded.filter((name) => !name.startsWith('@'));
  checkIds('--requirement', requirements, spec);
  checkIds('--exclude', excludedIds, spec);
  checkTags('--tag', tags, all);
  checkTags('--exclude', excludedTags, all);
  for (const place of scenarios)
    if (!planned.some((scenario) => isAt(scenario, place)))
      throw new UsageError(`--scenario ${place}: no scenario stands there (--list shows them)`);
  /** Whether a list selects: an empty one selects everything. */
  const wants = <T>(list: readonly T[], matches: (wanted: T) => boolean): boolean =>
    list.length === 0 || list.some(matches);
  return planned.filter(
    (scenario) =>
      wants(requirements, (wanted) => isOf(scenario, wanted)) &&
      wants(levels, (level) => level === scenario.level) &&
      wants(sources, (source) => source === scenario.source) &&
      wants(tags, (tag) => scenario.tags.includes(tag)) &&
      wants(scenarios, (place) => isAt(scenario, place)) &&
      wants(profiles, (profile) => profile === profileOf(scenario)) &&
      !excludedIds.some((unwanted) => isOf(scenario, unwanted)) &&
      !excludedTags.some((tag) => scenario.tags.includes(tag)),
  );
}

const isOf = ({ requirement, area }: PlannedScenario, name: string): boolean => name === requirement || name === area;

const isAt = ({ uri, line }: PlannedScenario, place: string): boolean =>
  place.replace(/^\.\//, '') === uri || place.replace(/^\.\//, '') === placeOf(uri, line);

function checkIds(option: string, names: readonly string[], spec: ReadonlyMap<string, Requirement>): void {
  const areas = new Set([...spec.values()].map(({ area }) => area));
  const unknown = names.find((name) => !spec.has(name) && !areas.has(name));
  if (unknown !== undefined)
    throw new UsageError(
      `${option} ${unknown}: there is no such requirement or area; the areas are ${[...areas].sort().join(', ')}${option === '--exclude' ? '; tags begin with @' : ''}`,
    );
}

function checkTags(option: string, tags: readonly string[], all: readonly PlannedScenario[]): void {
  const known = new Set(all.flatMap((scenario) => scenario.tags));
  const unknown = tags.find((tag) => !known.has(tag));
  if (unknown === undefined) return;
  const shown = [...known].filter((tag) => !/^[A-Z]+-\d{3}$/.test(tag)).map((tag) => `@${tag}`);
  throw new UsageError(`${option} @${unknown}: no scenario has this tag; there are ${shown.sort().join(', ')}`);
}

/** Every `count`-th scenario: neighbours, which take about as long, go to different parts. */
export const shardOf = (scenarios: PlannedScenario[], shard: Shard | undefined): PlannedScenario[] =>
  shard === undefined ? scenarios : scenarios.filter((_, i) => i % shard.count === shard.index - 1);

/** What of the selection the target offers; a profile that the run requires counts as offered. */
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
        reason: `the target does not offer the profile "${missing}" (--require ${missing} makes that a failure)`,
      });
  }
  return { runnable, notOffered };
}
