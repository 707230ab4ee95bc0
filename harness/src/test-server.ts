import { withoutSecrets } from './client/command-line.ts';
import { pointlessBecause } from './network/over-network.ts';
import { command } from './options/again.ts';
import type { Options } from './options/options.ts';
import type { PlannedScenario } from './plan/features.ts';
import { splitOffered } from './plan/select.ts';
import { type Output, withProgress } from './report/console.ts';
import { printable } from './report/printable.ts';
import type { ScenarioResult } from './result.ts';
import { runOnLanes } from './run/jobs.ts';
import { laneRunner } from './run/lane-runner.ts';
import { repeated, seedOfPass } from './run/repeat.ts';
import { loadSteps } from './run/run.ts';
import { resetHalt } from './run/stop.ts';
import { watch } from './run/watch.ts';
import { aboutTarget, addressesOf } from './target/about.ts';
import { withAccess } from './target/access.ts';
import { openLanes } from './target/lanes.ts';
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

/** A lane more needs people of its own, and perhaps a server: so many scenarios are worth it. */
const SCENARIOS_A_LANE = 40;

/**
 * Finds out what the target offers, and runs what it does, on several lanes if asked to.
 * @throws UsageError, UnreachableError, SuiteError
 */
export async function testServer({ options, args, scenarios, support, out }: ServerRun): Promise<Ran> {
  const print = (text: string): void => void out.write(`${text}\n`);
  const { network, seed } = options;
  const opening = openLanes(options, Math.min(options.jobs, Math.ceil(scenarios.length / SCENARIOS_A_LANE)));
  // While a server starts. What is wrong with the steps is told by whoever needs them.
  loadSteps('server', support).catch(() => {});
  const lanes = await opening;
  try {
    const [first, ...others] = lanes.targets;
    const offer = await probe(first);
    announce(print, options, first, offer, args);
    const { target, remark } = await withAccess(first, offer);
    if (remark !== undefined) print(printable(remark));
    const missing = options.required.filter((profile) => !offer.profiles.has(profile));
    const { runnable, skipped } = split(scenarios, options, offer);
    const more = await Promise.all(others.map(async (other) => (await withAccess(other, offer)).target));
    const runners = [target, ...more].map((of) => laneRunner(of, { network, support }));
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
    await lanes.close();
  }
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
