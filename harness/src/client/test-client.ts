import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { UnreachableError } from '../errors.ts';
import { type PlannedScenario, placeOf } from '../plan/features.ts';
import { type Output, withProgress } from '../report/console.ts';
import type { ScenarioResult } from '../result.ts';
import type { OnResult } from '../run/jobs.ts';
import type { RunOutcome } from '../run/outcome.ts';
import { repeated, seedOfPass } from '../run/repeat.ts';
import { runSubject } from '../run/run.ts';
import { type Watch, watch } from '../run/watch.ts';
import type { ClientData } from './client-world.ts';
import { withoutSecrets } from './command-line.ts';
import { CommandProcess } from './process.ts';

/** A command makes several calls. */
const ANSWERS_PER_COMMAND = 3;
/** Much of a scenario is waiting: for processes to start, for time-outs, for the disk. */
const AT_ONCE_PER_JOB = 2;

export interface ClientRun extends Watch {
  command: string[];
  /** How long one answer may take, in ms. */
  timeoutMs: number;
  scenarios: PlannedScenario[];
  out: Output;
  /** Of a random order. */
  seed?: string | undefined;
  /** Cores to use; by default all. */
  jobs?: number | undefined;
  /** How often everything runs. */
  repeat: number;
}

/** Runs the scenarios for clients, some at once. @throws UnreachableError when the command cannot be started */
export async function testClient(run: ClientRun): Promise<RunOutcome> {
  const { command, timeoutMs, out, scenarios, repeat, seed, jobs = availableParallelism() } = run;
  out.write(`Testing the client ${withoutSecrets(command).join(' ')}\n`);
  await requireCommand(command, timeoutMs);
  const parameters: ClientData = { command, limitMs: ANSWERS_PER_COMMAND * timeoutMs };
  const atOnce = Math.max(1, Math.round(AT_ONCE_PER_JOB * jobs));
  return withProgress(out, scenarios.length * repeat, (progress) => {
    const onResult = watch(run, progress);
    return repeated(repeat, (pass) =>
      runClientScenarios({ scenarios, parameters, onResult, atOnce, seed: seedOfPass(seed, pass) }),
    );
  });
}

export interface ClientScenarios extends Pick<ClientRun, 'scenarios' | 'seed'> {
  parameters: ClientData;
  /** Scenarios that run at the same time. */
  atOnce: number;
  onResult: OnResult;
}

/** Runs scenarios, some at once, each in a run of cucumber: whichever ends makes room for the next. */
export async function runClientScenarios({
  parameters,
  scenarios,
  onResult,
  seed,
  atOnce,
}: ClientScenarios): Promise<RunOutcome> {
  const left = seed === undefined ? [...scenarios] : shuffled(scenarios, seed);
  const outcomes: RunOutcome[] = [];
  let halted: string | undefined;
  const take = (result: ScenarioResult): void => {
    halted ??= onResult(result);
  };
  const work = async (): Promise<void> => {
    for (let scenario = left.shift(); scenario; scenario = left.shift()) {
      if (halted === undefined) {
        const options = { subject: 'client' as const, parameters, redact: (text: string) => text, onResult: take };
        outcomes.push(await runSubject({ ...options, scenarios: [scenario] }));
      } else {
        const result: ScenarioResult = { scenario, status: 'skipped', durationMs: 0, exchange: [], reason: halted };
        take(result);
        outcomes.push({ results: [result], faults: [] });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const results = outcomes.flatMap((outcome) => outcome.results);
  return {
    results: scenarios.flatMap((scenario) => results.find((result) => result.scenario === scenario) ?? []),
    faults: outcomes.flatMap(({ faults }) => faults),
    halted,
  };
}

/** In an order that the seed decides. */
function shuffled(scenarios: readonly PlannedScenario[], seed: string): PlannedScenario[] {
  const rank = ({ uri, line }: PlannedScenario): string =>
    createHash('sha256')
      .update(`${seed} ${placeOf(uri, line)}`)
      .digest('hex');
  return scenarios.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Codes with which shells say that there is no such command. */
const NOT_FOUND = [126, 127];

async function requireCommand(command: readonly string[], limitMs: number): Promise<void> {
  const shown = withoutSecrets(command).join(' ');
  try {
    const { ended } = new CommandProcess([...command, '--help'], { cwd: process.cwd(), env: process.env, limitMs });
    const { code = 0 } = await ended;
    if (NOT_FOUND.includes(code)) throw new Error(`it exits with ${code}`);
  } catch (error) {
    const why = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error;
    throw new UnreachableError(`--client ${shown} cannot be started (${why}): is it installed, and executable?`);
  }
}
