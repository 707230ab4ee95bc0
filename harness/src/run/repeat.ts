import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import type { RunOutcome } from './outcome.ts';

/**
 * Runs the same scenarios several times, and makes one result of those of each. What ends a run ends them all.
 * @param runOnce takes the number of the run, from 0
 */
export async function repeated(times: number, runOnce: (pass: number) => Promise<RunOutcome>): Promise<RunOutcome> {
  if (times === 1) return runOnce(0);
  const outcomes: RunOutcome[] = [];
  for (let pass = 0; pass < times; pass += 1) {
    const outcome = await runOnce(pass);
    outcomes.push(outcome);
    if ((outcome.gone ?? outcome.halted) !== undefined) break;
  }
  const { gone, halted } = outcomes.at(-1) as RunOutcome;
  const of = new Map<PlannedScenario, ScenarioResult[]>();
  for (const result of outcomes.flatMap(({ results }) => results))
    of.set(result.scenario, [...(of.get(result.scenario) ?? []), result]);
  return {
    results: [...of.values()].map((results) => combine(results, gone, halted)),
    faults: outcomes.flatMap(({ faults }) => faults),
    ...{ gone, halted },
  };
}

/** Of a random order: the first run has the one that the seed gives, each further one an order of its own. */
export const seedOfPass = (seed: string | undefined, pass: number): string | undefined =>
  seed === undefined || pass === 0 ? seed : `${seed}.${pass}`;

/** Of several statuses of one scenario: a fault of the suite before all, then what shows the difference best. */
const MOST_TELLING: readonly Status[] = ['broken', 'failed', 'warned', 'skipped', 'passed'];

function combine(
  results: readonly ScenarioResult[],
  gone: string | undefined,
  halted: string | undefined,
): ScenarioResult {
  const wasStopped = ({ status, reason }: ScenarioResult): boolean =>
    status === 'skipped' && reason !== undefined && (reason === gone || reason === halted);
  const ran = results.filter((result) => !wasStopped(result));
  const stopped = results.find(wasStopped);
  if (ran.length === 0) return stopped as ScenarioResult;
  const told = MOST_TELLING.map((status) => ran.find((result) => result.status === status)).find(
    (result) => result !== undefined,
  ) as ScenarioResult;
  // What passed, and could not be asked again, has not passed as often as was wanted.
  if (stopped?.reason === gone && gone !== undefined && told.status === 'passed') return stopped as ScenarioResult;
  const runs: Partial<Record<Status, number>> = {};
  for (const { status } of ran) runs[status] = (runs[status] ?? 0) + 1;
  const durationMs = ran.reduce((sum, result) => sum + result.durationMs, 0);
  const isSteady = ran.every(({ status }) => status === told.status) || told.status === 'broken';
  if (isSteady) return { ...told, durationMs, runs };
  const counts = Object.entries(runs).map(([status, count]) => `${status} ${count}`);
  const message = `does not come out the same each time: of ${ran.length} runs ${counts.join(', ')}; one of them said: ${told.failure?.message ?? told.reason ?? ''}`;
  return { ...told, status: 'flaky', durationMs, runs, failure: { step: told.failure?.step ?? '', message } };
}
