import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { batchesOf, shuffledBatches } from './batches.ts';
import type { Batch, LaneRunner } from './lane-runner.ts';
import type { RunOutcome } from './outcome.ts';
import { haltRuns } from './stop.ts';

/** To what this process listens besides. */
const OTHER_LISTENERS = 10;

/** Tells what came of a scenario. @returns why what is left is not to run; undefined when it is */
export type OnResult = (result: ScenarioResult) => string | undefined;

/**
 * Runs scenarios on several lanes at once. A lane whose target went away ends the run, as does an answer of `onResult`: what is
 * left is skipped.
 * @returns results in the order of the plan
 */
export async function runOnLanes(
  runners: readonly LaneRunner[],
  scenarios: readonly PlannedScenario[],
  seed: string | undefined,
  onResult: OnResult,
): Promise<RunOutcome> {
  const batches =
    seed === undefined ? batchesOf(scenarios, runners.length) : shuffledBatches(scenarios, runners.length, seed);
  // Of each step that runs cucumber listens for what nobody catches; with ten Node.js would warn of a leak.
  process.setMaxListeners(Math.max(process.getMaxListeners(), OTHER_LISTENERS + runners.length));
  const results = new Map<PlannedScenario, ScenarioResult>();
  const faults: string[] = [];
  let gone: string | undefined;
  let halted: string | undefined;
  const take = (result: ScenarioResult): void => {
    results.set(result.scenario, result);
    const why = onResult(result);
    if (why === undefined || halted !== undefined) return;
    halted = why;
    haltRuns(why);
  };
  const work = async (runner: LaneRunner): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const why = gone ?? halted;
      if (why !== undefined) skip(batch, why);
      else {
        const outcome = await runner.run(batch, take);
        faults.push(...outcome.faults);
        gone ??= outcome.gone;
      }
    }
  };
  const skip = (batch: Batch, reason: string): void => {
    for (const scenario of batch.scenarios) take({ scenario, status: 'skipped', durationMs: 0, exchange: [], reason });
  };
  await Promise.all(runners.map(work));
  return { results: scenarios.flatMap((scenario) => results.get(scenario) ?? []), faults, gone, halted };
}
