import type { PlannedScenario } from '../plan/features.ts';
import type { Batch } from './lane-runner.ts';

/** Small enough that lanes end at about the same time, large enough that beginning one costs little. */
const SCENARIOS_A_BATCH = 10;

/** The scenarios, each file by itself, in batches; whichever lane is free takes the next. */
export function batchesOf(scenarios: readonly PlannedScenario[]): Batch[] {
  const files = new Map<string, PlannedScenario[]>();
  for (const scenario of scenarios) {
    const of = files.get(scenario.uri) ?? [];
    of.push(scenario);
    files.set(scenario.uri, of);
  }
  return [...files.values()].flatMap((of) =>
    Array.from({ length: Math.ceil(of.length / SCENARIOS_A_BATCH) }, (_, i) => ({
      scenarios: of.slice(i * SCENARIOS_A_BATCH, (i + 1) * SCENARIOS_A_BATCH),
      seed: undefined,
    })),
  );
}

/** One batch a lane: with the same seed and number of lanes, each lane runs the same in the same order. */
export function shuffledBatches(scenarios: readonly PlannedScenario[], lanes: number, seed: string): Batch[] {
  return Array.from({ length: lanes }, (_, lane) => ({
    scenarios: scenarios.filter((_scenario, i) => i % lanes === lane),
    seed,
  })).filter((batch) => batch.scenarios.length > 0);
}
