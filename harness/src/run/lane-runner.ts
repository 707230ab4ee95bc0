import { type Network, overNetwork } from '../network/over-network.ts';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import type { TargetData } from '../target/target.ts';
import type { RunOutcome } from './outcome.ts';
import { runScenarios } from './run.ts';

/** What a lane runs at a time. */
export interface Batch {
  scenarios: PlannedScenario[];
  /** Of a random order; undefined: as they are given. */
  seed: string | undefined;
}

/** Runs batches one after the other on one lane. */
export interface LaneRunner {
  /** Why nobody has an account there; undefined when they have. */
  readonly noAccounts: string | undefined;
  run(batch: Batch, onResult: (result: ScenarioResult) => void): Promise<RunOutcome>;
}

/** What the lanes of a run have in common. */
export interface LaneSettings {
  network: Network | undefined;
  /** Step definitions; by default those of the suite. */
  support: string[] | undefined;
}

/** A lane to that target, which stays open: it is the caller's. */
export function laneRunner(target: TargetData, { network, support }: LaneSettings): LaneRunner {
  return {
    noAccounts: target.noAccounts,
    run: ({ scenarios, seed }, onResult) =>
      overNetwork(network, target, (behind) => runScenarios({ target: behind, scenarios, support, seed, onResult })),
  };
}
