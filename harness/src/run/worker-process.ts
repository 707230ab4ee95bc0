import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SuiteError, UnreachableError } from '../errors.ts';
import type { ScenarioResult } from '../result.ts';
import type { Offer } from '../target/probe.ts';
import type { Batch, LaneRunner, LaneSettings } from './lane-runner.ts';
import type { RunOutcome } from './outcome.ts';

const WORKER = fileURLToPath(new URL('../../bin/lane-worker.js', import.meta.url));

/** What a worker is told. */
export type ToWorker =
  | { kind: 'open'; lanes: readonly number[]; settings: LaneSettings }
  | { kind: 'people'; offer: Pick<Offer, 'health' | 'remark' | 'certificateSha256'> & { profiles: string[] } }
  | { kind: 'run'; lane: number; batch: Batch }
  | { kind: 'halt'; reason: string }
  | { kind: 'close' };

/** What a worker says. */
export type FromWorker =
  /** Of each lane why nobody has an account there. */
  | { kind: 'ready'; noAccounts: (string | undefined)[] }
  | { kind: 'result'; lane: number; result: ScenarioResult }
  | { kind: 'outcome'; lane: number; outcome: Pick<RunOutcome, 'faults' | 'gone'> }
  /** `isTargets`: the fault is not the suite's. */
  | { kind: 'error'; message: string; isTargets: boolean };

/** A process that begins at once to start, and to come to the servers of its lanes. */
export interface WorkerProcess {
  /** Gives the scenarios of each lane their people. @throws SuiteError when the process, or a server, did not start */
  ready(offer: Offer): Promise<LaneRunner[]>;
  close(): Promise<void>;
}

/** Starts the process of some lanes. It ends with this one, however that ends. */
export function startWorker(lanes: readonly number[], settings: LaneSettings): WorkerProcess {
  const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('error', () => {});
  const tell = (message: ToWorker): void => void child.send(message, () => {});
  const name =
    lanes.length === 1 ? `job ${(lanes[0] as number) + 1}` : `jobs ${lanes.map((lane) => lane + 1).join(', ')}`;

  /** Gives each message to `take`, until that has what it waits for. */
  const hear = <T>(take: (message: FromWorker, found: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const end = (): void => void child.off('message', listen);
      const listen = (message: FromWorker): void => {
        if (message.kind === 'error') {
          end();
          reject(
            message.isTargets ? new UnreachableError(message.message) : new SuiteError(`${name}: ${message.message}`),
          );
        } else
          take(message, (value) => {
            end();
            resolve(value);
          });
      };
      child.on('message', listen);
      void exited.then(() => reject(new SuiteError(`the process of ${name} ended (${child.exitCode})`)));
    });

  const runner = (lane: number, noAccounts: string | undefined): LaneRunner => ({
    noAccounts,
    halt: (reason) => tell({ kind: 'halt', reason }),
    run: async (batch, onResult) => {
      const places = new Map(batch.scenarios.map((scenario) => [`${scenario.uri}:${scenario.line}`, scenario]));
      const results: ScenarioResult[] = [];
      tell({ kind: 'run', lane, batch });
      const outcome = await hear<Pick<RunOutcome, 'faults' | 'gone'>>((message, found) => {
        if (message.kind === 'ready' || message.kind === 'error' || message.lane !== lane) return;
        if (message.kind === 'outcome') {
          found(message.outcome);
          return;
        }
        // The plan's own object: later steps compare by identity.
        const { uri, line } = message.result.scenario;
        const result = { ...message.result, scenario: places.get(`${uri}:${line}`) ?? message.result.scenario };
        results.push(result);
        onResult(result);
      });
      return { ...outcome, results };
    },
  });

  tell({ kind: 'open', lanes, settings });
  return {
    close: async () => {
      // Without that word it takes our end for an interruption, and leaves without ado.
      if (child.connected) tell({ kind: 'close' });
      await exited;
    },
    ready: async (offer) => {
      tell({ kind: 'people', offer: { ...offer, profiles: [...offer.profiles] } });
      const noAccounts = await hear<(string | undefined)[]>(
        (message, found) => message.kind === 'ready' && found(message.noAccounts),
      );
      return lanes.map((lane, i) => runner(lane, noAccounts[i]));
    },
  };
}
