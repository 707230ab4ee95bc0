import type { Requirement } from '../spec/spec.ts';
import type { PlannedScenario, Subject } from './features.ts';
import type { Selection } from './select.ts';

/** What shows requirements that no scenario on this subject is about. */
const ELSEWHERE: Record<string, string> = {
  server: 'scenarios on servers show them: leave out --client',
  client: 'scenarios on clients show them: --client COMMAND',
  workspace: 'they are about source code: npm run layering -- --workspace PATH',
  vector: 'test vectors show them: npm run vectors -- --command CMD',
  unit: 'a unit test of the reference implementation shows them (spec/ says which)',
  none: 'nothing can test them (spec/ says why)',
};

/**
 * Says why no scenario is left of a selection, and what to do about it.
 * @param planned scenarios about anything
 */
export function whyNothing(
  { requirements, profiles, scenarios = [], levels = [], sources = [], tags = [], excluded = [] }: Selection,
  subject: Subject,
  spec: ReadonlyMap<string, Requirement>,
  planned: readonly PlannedScenario[],
): string {
  const wanted = [...spec.values()].filter(({ id, area }) => requirements.includes(id) || requirements.includes(area));
  const kinds = wanted.flatMap(({ id, test }) => {
    const subjects = planned.filter(({ requirement }) => requirement === id).map((scenario) => scenario.subject);
    return subjects.length > 0 ? subjects : [test.split(':', 1)[0] as string];
  });
  const start = `nothing matches: no scenario on a ${subject}`;
  if (wanted.length > 0 && !kinds.includes(subject)) {
    const where = [...new Set(kinds)].flatMap((kind) => ELSEWHERE[kind] ?? []);
    return `${start} is about ${requirements.join(', ')}; ${where.join('; ')}`;
  }
  const given = Object.entries({
    requirement: requirements,
    profile: profiles,
    scenario: scenarios,
    level: levels,
    source: sources,
    tag: tags,
    exclude: excluded,
  });
  const names = given.filter(([, values]) => values.length > 0).map(([name]) => `--${name}`);
  return `${start} is in all of ${names.join(', ')} at once: leave one of them out (--list shows what is selected)`;
}
