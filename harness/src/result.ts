import type { ExchangeEntry } from './exchange.ts';
import type { ReportedFrame } from './frames/reported.ts';
import type { PlannedScenario } from './plan/features.ts';

/** What a scenario came to. `warned` = failed, but only a SHOULD or MAY is not followed. `broken` = the suite is at fault. */
export type Status = 'passed' | 'failed' | 'warned' | 'skipped' | 'broken';

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
}

export type Totals = Record<Status, number>;

export function totalsOf(results: readonly ScenarioResult[]): Totals {
  const totals: Totals = { passed: 0, failed: 0, warned: 0, skipped: 0, broken: 0 };
  for (const { status } of results) totals[status] += 1;
  return totals;
}
