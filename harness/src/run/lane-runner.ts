import { type Network, overNetwork } from '../network/over-network.ts';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import type { LaneOptions } from '../target/lane.ts';
import type { TargetData } from '../target/target.ts';
import type { RunOutcome } from './outcome.ts';
import { runScenarios } from './run.ts';
import { haltRuns } from './stop.ts';

/** What a lane runs at a time. */
export interface Batch {
  scenarios: PlannedScenario[];
  /** Of a random order; undefined: as they are given. */
  seed: string | undefined;
}

/** What the runs of all lanes have in common: plain data but for the step definitions' paths. */
export interface LaneSettings {
  options: LaneOptions;
  network: Network | undefined;
  /** Step definitions; by default those of the suite. */
  support: string[] | undefined;
}

/** Runs batches one after the other on the server of its lane. */
export interface LaneRunner {
  /** Why nobody has an account there; undefined when they have. */
  readonly noAccounts: string | undefined;
  run(batch: Batch, onResult: (result: ScenarioResult) => void): Promise<RunOutcome>;
  /** Skips what is left of the batch that runs, and of later ones. */
  halt(reason: string): void;
}

/** A lane of this process. The target stays open: it is the caller's. */
export function localRunner(target: TargetData, { network, support }: Omit<LaneSettings, 'options'>): LaneRunner {
  return {
    noAccounts: target.noAccounts,
    run: ({ scenarios, seed }, onResult) =>
      overNetwork(network, target, (behind) => runScenarios({ target: behind, scenarios, support, seed, onResult })),
    halt: haltRuns,
  };
}
