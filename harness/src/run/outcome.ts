import type { ScenarioResult } from '../result.ts';

/** What became of the scenarios. */
export interface RunOutcome {
  results: ScenarioResult[];
  /** What is wrong with the suite, a line each: what ran is not what was planned. */
  faults: string[];
  /** When and how the target went away; what was left is skipped for that reason. */
  gone?: string | undefined;
  /** Why the run was ended on purpose, before its end. */
  halted?: string | undefined;
}
