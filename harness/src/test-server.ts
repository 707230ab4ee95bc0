import { withoutSecrets } from './client/command-line.ts';
import { pointlessBecause } from './network/over-network.ts';
import { command } from './options/again.ts';
import type { Options } from './options/options.ts';
import type { PlannedScenario } from './plan/features.ts';
import { splitOffered } from './plan/select.ts';
import { type Output, printable, withProgress } from './report/console.ts';
import type { ScenarioResult } from './result.ts';
import { runOnLanes } from './run/jobs.ts';
import { type LaneSettings, localRunner } from './run/lane-runner.ts';
import { repeated, seedOfPass } from './run/repeat.ts';
import { resetHalt } from './run/stop.ts';
import { watch } from './run/watch.ts';
import { startWorker } from './run/worker-process.ts';
import { aboutTarget, addressesOf } from './target/about.ts';
import { withAccess } from './target/access.ts';
import { checkLanes, type Lane, openLane } from './target/lane.ts';
import { type Offer, probe } from './target/probe.ts';
import type { TargetData } from './target/target.ts';
import type { Ran } from './verdict.ts';

/** What runs against a server. */
export interface ServerRun {
  options: Options;
  /** The command line that repeats it. */
  args: readonly string[];
  scenarios: PlannedScenario[];
  /** Step definitions; by default those of the suite. */
  support: string[] | undefined;
  out: Output;
}

/** A lane more costs the start of a process, and of an embedded server: so many scenarios are worth it. */
const SCENARIOS_A_LANE = 40;

/**
 * Finds out what the target offers, and runs what it does, on several lanes if asked to.
 * @throws UsageError, UnreachableError, SuiteError
 */
export async function testServer({ options, args, scenarios, support, out }: ServerRun): Promise<Ran> {
  const print = (text: string): void => void out.write(`${text}\n`);
  const { network, seed } = options;
  const lanes = Math.min(options.jobs, Math.ceil(scenarios.length / SCENARIOS_A_LANE));
  checkLanes(lanes, options);
  const settings: LaneSettings = { options, network, support };
  // They start while this process asks the target what it is.
  const [own = [], ...others] = lanesByProcess(lanes);
  const workers = others.map((of) => startWorker(of, settings));
  const opening = own.map((index) => openLane(options, index));
  const opened = Promise.all(opening);
  try {
    const [{ target: first }, ...further] = (await opened) as [Lane, ...Lane[]];
    const offer = await probe(first);
    announce(print, options, first, offer, args);
    const { target, remark } = await withAccess(first, offer);
    if (remark !== undefined) print(printable(remark));
    const missing = options.required.filter((profile) => !offer.profiles.has(profile));
    const { runnable, skipped } = split(scenarios, options, offer);
    const own = [
      target,
      ...(await Promise.all(further.map(async (lane) => (await withAccess(lane.target, offer)).target))),
    ];
    const theirs = await Promise.all(workers.map((worker) => worker.ready(offer)));
    const runners = [...own.map((one) => localRunner(one, settings)), ...theirs.flat()];
    resetHalt();
    const ran = await withProgress(out, runnable.length * options.repeat, (progress) => {
      const onResult = watch(options, progress);
      return repeated(options.repeat, (pass) => runOnLanes(runners, runnable, seedOfPass(seed, pass), onResult));
    });
    const noAccounts = runners.flatMap((runner) => runner.noAccounts ?? []);
    return {
      results: [...ran.results, ...skipped],
      faults: ran.faults,
      unrunBecause: [...(ran.gone === undefined ? [] : [ran.gone]), ...noAccounts],
      problems: missing.map((profile) => `the target does not offer the profile "${profile}", which the run requires`),
      about: aboutTarget(options, target, offer),
    };
  } finally {
    const closing = opening.map((lane) => lane.then((open) => open.close()).catch(() => {}));
    await Promise.all([...closing, ...workers.map((worker) => worker.close())]);
  }
}

/** Lanes that share a process: one works while another waits. A process more costs a second of a core to start. */
const LANES_A_PROCESS = Number(process.env.LPP ?? 2);

/** The numbers of the lanes of each process, this one first. */
function lanesByProcess(lanes: number): number[][] {
  const processes = Math.ceil(lanes / LANES_A_PROCESS);
  return Array.from({ length: processes }, (_, i) =>
    Array.from({ length: lanes }, (_lane, index) => index).filter((index) => index % processes === i),
  );
}

/** What can run here, and what is skipped without a try. */
function split(
  scenarios: PlannedScenario[],
  { required, network }: Options,
  offer: Offer,
): { runnable: PlannedScenario[]; skipped: ScenarioResult[] } {
  const { runnable: offered, notOffered } = splitOffered(scenarios, offer.profiles, required);
  const runnable: PlannedScenario[] = [];
  const skipped: ScenarioResult[] = [];
  const skip = (scenario: PlannedScenario, reason: string, isNotOffered?: boolean): void =>
    void skipped.push({ scenario, reason, isNotOffered, status: 'skipped', durationMs: 0, exchange: [] });
  for (const { scenario, reason } of notOffered) skip(scenario, reason, true);
  for (const scenario of offered) {
    const reason = network && pointlessBecause(scenario);
    if (reason === undefined) runnable.push(scenario);
    else skip(scenario, reason);
  }
  return { runnable, skipped };
}

function announce(
  print: (text: string) => void,
  options: Options,
  target: TargetData,
  offer: Offer,
  args: readonly string[],
): void {
  const { targets, command: words } = options;
  const what =
    targets.length > 0
      ? addressesOf(target)
      : ((words && withoutSecrets(words.words).join(' ')) ?? 'an embedded reference server');
  print(`Testing ${what}; it offers: ${[...offer.profiles].join(', ')}`);
  if (target.addresses.some(({ verify }) => verify.kind === 'none'))
    print('Its certificate is not checked (--pin or --tls-ca checks it).');
  if (options.seed !== undefined) print(`In a random order; --shuffle ${options.seed} repeats it.`);
  if (options.network !== undefined)
    print(`Over a network with ${options.network.text}; to repeat it: ${command(args)}`);
  if (offer.remark !== undefined) print(`Something is wrong with it: ${printable(offer.remark)}`);
}
