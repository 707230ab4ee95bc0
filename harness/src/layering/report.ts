import colors from 'picocolors';
import { printable } from '../report/printable.ts';
import { type ScenarioResult, type Status, type Totals, totalsOf } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import type { Workspace } from './model.ts';

/** One rule on one workspace. */
interface CheckedRule {
  requirement: string;
  title: string;
  level: Requirement['level'];
  /** Where the rule stands: page and anchor. */
  spec: string;
  scenario: string;
  status: Status;
  /** Why it was skipped or is broken; null else. */
  reason: string | null;
  /** `at`: file from the root of the workspace, and line. At most eighty are kept. */
  findings: { at: string; text: string }[];
}

/** What `npm run layering -- --json` prints. */
export interface LayeringReport {
  workspace: string;
  kind: Workspace['kind'];
  packages: { name: string; role: string | null; folder: string }[];
  totals: Totals;
  rules: CheckedRule[];
}

export function makeLayeringReport(
  root: string,
  { kind, packages }: Workspace,
  results: readonly ScenarioResult[],
  spec: ReadonlyMap<string, Requirement>,
): LayeringReport {
  return {
    workspace: root,
    kind,
    packages: packages.map(({ name, role, folder }) => ({ name, role: role ?? null, folder })),
    totals: totalsOf(results),
    rules: results
      .map(({ scenario, status, reason, failure, exchange }): CheckedRule => {
        const { id, title, level, place } = spec.get(scenario.requirement) as Requirement;
        const findings =
          status === 'failed' || status === 'warned' ? exchange.map(({ who, text }) => ({ at: who, text })) : [];
        const why = reason ?? (findings.length === 0 ? (failure?.message ?? null) : null);
        return { requirement: id, title, level, spec: place, scenario: scenario.name, status, reason: why, findings };
      })
      .toSorted((a, b) => (a.requirement < b.requirement ? -1 : 1)),
  };
}

const MARKS: Partial<Record<Status, string>> = {
  failed: colors.red('FAILED '),
  warned: colors.yellow('WARNING'),
  broken: colors.magenta('BROKEN '),
};

/** As people read it; the last line gives the totals. */
export function layeringText({ workspace, kind, packages, rules, totals }: LayeringReport): string {
  const roles = packages.flatMap(({ role }) => (role === null ? [] : [role]));
  const lines = [`${workspace}: a workspace of ${kind}, with ${[...new Set(roles)].join(', ')}`];
  for (const { requirement, title, status, spec, findings, reason } of rules) {
    const mark = MARKS[status];
    if (mark === undefined) continue;
    lines.push('', `${mark} ${colors.bold(`${requirement} ${title}`)} (${spec})`);
    for (const { at, text } of findings) lines.push(printable(`  ${at === '' ? '' : `${at}: `}${text}`));
    if (reason !== null) lines.push(`  ${printable(reason)}`);
  }
  const skipped = rules.filter(({ status }) => status === 'skipped');
  lines.push('', ...skipped.map(({ requirement, reason }) => `${requirement} skipped: ${printable(reason ?? '')}`));
  if (totals.warned > 0) lines.push(`${totals.warned} warnings: a SHOULD is not followed (--strict fails them)`);
  lines.push(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return lines.join('\n');
}
