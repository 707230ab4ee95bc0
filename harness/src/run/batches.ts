import type { PlannedScenario } from '../plan/features.ts';
import type { Batch } from './lane-runner.ts';

/** To begin a batch costs some 30 ms, whatever is in it; a scenario costs more in a larger one. */
const LARGEST_BATCH = 30;
const LEAST_BATCH = 8;
/** Of what is left, each lane gets so many batches: they become smaller, so that lanes end at about the same time. */
const BATCHES_A_LANE = 2;
/** Where scenarios wait longest: begun last, they would keep one lane when the others have ended. */
const SLOW = /^features\/(?:transport|delivery|rpc)\//;

/** The scenarios in batches; whichever lane is free takes the next. In their order on one lane, on several slow ones before others. */
export function batchesOf(scenarios: readonly PlannedScenario[], lanes = 1): Batch[] {
  const isSlow = ({ uri }: PlannedScenario): boolean => lanes > 1 && SLOW.test(uri);
  const ordered = [...scenarios.filter(isSlow), ...scenarios.filter((scenario) => !isSlow(scenario))];
  const batches: Batch[] = [];
  while (ordered.length > 0) {
    const size = Math.ceil(ordered.length / (lanes * BATCHES_A_LANE));
    const scenarios = ordered.splice(0, Math.max(LEAST_BATCH, Math.min(LARGEST_BATCH, size)));
    batches.push({ scenarios, seed: undefined });
  }
  return batches;
}

/** One batch a lane: with the same seed and number of lanes, each lane runs the same in the same order. */
export function shuffledBatches(scenarios: readonly PlannedScenario[], lanes: number, seed: string): Batch[] {
  return Array.from({ length: lanes }, (_, lane) => ({
    scenarios: scenarios.filter((_scenario, i) => i % lanes === lane),
    seed,
  })).filter((batch) => batch.scenarios.length > 0);
}
