import type { PlannedScenario } from '../plan/features.ts';
import type { Batch } from './lane-runner.ts';

/** Each lane takes as many batches, so that lanes end at about the same time. */
const BATCHES_A_LANE = 8;
/** To begin a batch costs some 50 ms, whatever is in it. */
const LARGEST_BATCH = 40;

/** The scenarios in batches, in their order; whichever lane is free takes the next. */
export function batchesOf(scenarios: readonly PlannedScenario[], lanes = 1): Batch[] {
  const size = Math.min(LARGEST_BATCH, Math.ceil(scenarios.length / (lanes * BATCHES_A_LANE)));
  const batches: Batch[] = [];
  for (let at = 0; at < scenarios.length; at += size)
    batches.push({ scenarios: scenarios.slice(at, at + size), seed: undefined });
  return batches;
}

/** One batch a lane: with the same seed and number of lanes, each lane runs the same in the same order. */
export function shuffledBatches(scenarios: readonly PlannedScenario[], lanes: number, seed: string): Batch[] {
  return Array.from({ length: lanes }, (_, lane) => ({
    scenarios: scenarios.filter((_scenario, i) => i % lanes === lane),
    seed,
  })).filter((batch) => batch.scenarios.length > 0);
}
