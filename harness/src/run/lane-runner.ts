import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SuiteError, UnreachableError } from '../errors.ts';
import { type Network, overNetwork } from '../network/over-network.ts';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import type { LaneOptions } from '../target/lane.ts';
import type { Offer } from '../target/probe.ts';
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
  close(): Promise<void>;
}

/** A lane of this process. The target stays open: it is the caller's. */
export function localRunner(target: TargetData, { network, support }: Omit<LaneSettings, 'options'>): LaneRunner {
  return {
    noAccounts: target.noAccounts,
    run: ({ scenarios, seed }, onResult) =>
      overNetwork(network, target, (behind) => runScenarios({ target: behind, scenarios, support, seed, onResult })),
    halt: haltRuns,
    close: async () => {},
  };
}

const WORKER = fileURLToPath(new URL('../../bin/lane-worker.js', import.meta.url));

/** What a worker is told. */
export type ToWorker =
  | { kind: 'open'; index: number; settings: LaneSettings }
  | { kind: 'people'; offer: Pick<Offer, 'health' | 'remark' | 'certificateSha256'> & { profiles: string[] } }
  | { kind: 'run'; batch: Batch }
  | { kind: 'close' }
  | { kind: 'halt'; reason: string };

/** What a worker says. */
export type FromWorker =
  | { kind: 'ready'; noAccounts: string | undefined }
  | { kind: 'result'; result: ScenarioResult }
  | { kind: 'outcome'; outcome: Pick<RunOutcome, 'faults' | 'gone'> }
  /** `isTargets`: the fault is not the suite's. */
  | { kind: 'error'; message: string; isTargets: boolean };

/** A process that begins at once to start, with a server of its own if that is an embedded one. */
export interface Worker {
  /** Gives its scenarios their people. @throws SuiteError when the process, or its server, did not start */
  ready(offer: Offer): Promise<LaneRunner>;
  close(): Promise<void>;
}

/** Starts the process of a lane. It ends with this one, however that ends. */
export function startWorker(index: number, settings: LaneSettings): Worker {
  const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('error', () => {});
  const tell = (message: ToWorker): void => void child.send(message, () => {});

  /** Listens until the process says something of that kind. */
  const hear = <Kind extends FromWorker['kind']>(
    kind: Kind,
    onOther: (message: FromWorker) => void = () => {},
  ): Promise<Extract<FromWorker, { kind: Kind }>> =>
    new Promise((resolve, reject) => {
      const listen = (message: FromWorker): void => {
        if (message.kind === kind) resolve(message as Extract<FromWorker, { kind: Kind }>);
        else if (message.kind === 'error')
          reject(
            message.isTargets
              ? new UnreachableError(message.message)
              : new SuiteError(`job ${index + 1}: ${message.message}`),
          );
        else {
          onOther(message);
          return;
        }
        child.off('message', listen);
      };
      child.on('message', listen);
      void exited.then(() => reject(new SuiteError(`the process of job ${index + 1} ended (${child.exitCode})`)));
    });

  const close = async (): Promise<void> => {
    // Without that word it takes our end for an interruption, and leaves without ado.
    if (child.connected) tell({ kind: 'close' });
    await exited;
  };
  tell({ kind: 'open', index, settings });
  return {
    close,
    ready: async (offer) => {
      tell({ kind: 'people', offer: { ...offer, profiles: [...offer.profiles] } });
      const { noAccounts } = await hear('ready');
      return {
        noAccounts,
        close,
        halt: (reason) => tell({ kind: 'halt', reason }),
        run: async (batch, onResult) => {
          const places = new Map(batch.scenarios.map((scenario) => [`${scenario.uri}:${scenario.line}`, scenario]));
          const results: ScenarioResult[] = [];
          tell({ kind: 'run', batch });
          const { outcome } = await hear('outcome', (message) => {
            if (message.kind !== 'result') return;
            // The plan's own object: later steps compare by identity.
            const { uri, line } = message.result.scenario;
            const scenario = places.get(`${uri}:${line}`) ?? message.result.scenario;
            const result = { ...message.result, scenario };
            results.push(result);
            onResult(result);
          });
          return { ...outcome, results };
        },
      };
    },
  };
}
