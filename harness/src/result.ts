import type { ReportedFrame } from './frames/reported.ts';
import type { PlannedScenario } from './plan/features.ts';
import type { ExchangeEntry } from './world/exchange.ts';

/**
 * What a scenario came to. `known` = failed, as `--known-failing` says · `flaky` = not the same in each run of `--repeat` ·
 * `warned` = failed, but only a SHOULD or MAY is not followed · `broken` = the suite is at fault.
 */
export type Status = (typeof STATUSES)[number];
const STATUSES = ['passed', 'failed', 'flaky', 'known', 'warned', 'skipped', 'broken'] as const;

export interface ScenarioResult {
  scenario: PlannedScenario;
  status: Status;
  durationMs: number;
  /** Why it was skipped or is broken. */
  reason?: string | undefined;
  /** The step that failed, and what it said. */
  failure?: { step: string; message: string } | undefined;
  exchange: ExchangeEntry[];
  /** What passed on the streams, when it failed. */
  frames?: ReportedFrame[] | undefined;
  /** The target does not offer the profile. */
  isNotOffered?: boolean | undefined;
  /** Of several runs (`--repeat`): how often each status came out. */
  runs?: Partial<Record<Status, number>> | undefined;
}

export type Totals = Record<Status, number>;

export function totalsOf(results: readonly ScenarioResult[]): Totals {
  const totals = Object.fromEntries(STATUSES.map((status) => [status, 0])) as Totals;
  for (const { status } of results) totals[status] += 1;
  return totals;
}

/** Under --strict a SHOULD counts as a MUST does; what is merely allowed still does not. */
export function judgedStrictly(result: ScenarioResult, isStrict: boolean): ScenarioResult {
  const isFailure = isStrict && result.status === 'warned' && result.scenario.level === 'SHOULD';
  return isFailure ? { ...result, status: 'failed' } : result;
}
