import { availableParallelism } from 'node:os';
import { UnreachableError } from '../errors.ts';
import type { PlannedScenario } from '../plan/features.ts';
import { type Output, Progress } from '../report/console.ts';
import type { ScenarioResult } from '../result.ts';
import { type RunOutcome, runSubject } from '../run/run.ts';
import type { ClientData } from './client-world.ts';
import { CommandProcess } from './process.ts';

/** A command makes several calls. */
const ANSWERS_PER_COMMAND = 3;
/** Most of a scenario is waiting for processes to start. */
const MIN_AT_ONCE = 2;

export interface ClientRun {
  command: string[];
  /** How long one answer may take, in ms. */
  timeoutMs: number;
  scenarios: PlannedScenario[];
  out: Output;
  seed?: string | undefined;
}

/** Runs the scenarios for clients, some at once. @throws UnreachableError when the command cannot be started */
export async function testClient({ command, timeoutMs, scenarios, out, seed }: ClientRun): Promise<RunOutcome> {
  out.write(`Testing the client ${command.join(' ')}\n`);
  await requireCommand(command, timeoutMs);
  const progress = new Progress(out, scenarios.length);
  try {
    const parameters: ClientData = { command, limitMs: ANSWERS_PER_COMMAND * timeoutMs };
    return await runClientScenarios(parameters, scenarios, (result) => progress.show(result), seed);
  } finally {
    progress.end();
  }
}

/** Runs scenarios in several runs of cucumber at once, each with a part of them. */
export async function runClientScenarios(
  parameters: ClientData,
  scenarios: readonly PlannedScenario[],
  onResult: (result: ScenarioResult) => void,
  seed?: string,
): Promise<RunOutcome> {
  const atOnce = Math.max(MIN_AT_ONCE, availableParallelism());
  const parts = Array.from({ length: Math.min(atOnce, scenarios.length) }, (_, part) =>
    scenarios.filter((_scenario, i) => i % atOnce === part),
  );
  const outcomes = await Promise.all(
    parts.map((part) =>
      runSubject({ subject: 'client', parameters, redact: (text) => text, scenarios: part, onResult, seed }),
    ),
  );
  const results = outcomes.flatMap((outcome) => outcome.results);
  return {
    results: scenarios.flatMap((scenario) => results.find((result) => result.scenario === scenario) ?? []),
    faults: outcomes.flatMap(({ faults }) => faults),
  };
}

/** Codes with which shells say that there is no such command. */
const NOT_FOUND = [126, 127];

async function requireCommand(command: readonly string[], limitMs: number): Promise<void> {
  const shown = command.join(' ');
  try {
    const { ended } = new CommandProcess([...command, '--help'], { cwd: process.cwd(), env: process.env, limitMs });
    const { code = 0 } = await ended;
    if (NOT_FOUND.includes(code)) throw new Error(`it exits with ${code}`);
  } catch (error) {
    const why = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.message) : error;
    throw new UnreachableError(`--client ${shown} cannot be started (${why}): is it installed, and executable?`);
  }
}
