import { testClient } from './client/test-client.ts';
import { EXIT, SuiteError, UnreachableError } from './errors.ts';
import { loadEvidence } from './ledger/evidence.ts';
import { makeLedger } from './ledger/ledger.ts';
import { overNetwork, pointlessBecause } from './network/over-network.ts';
import type { Options } from './options.ts';
import { loadFeatures, type PlannedScenario, placeOf } from './plan/features.ts';
import { select, splitOffered } from './plan/select.ts';
import { redactor } from './redact.ts';
import { type Output, Progress, printable, summary } from './report/console.ts';
import { discardReports, prepareReports, prepareTrace, writeReports } from './report/files.ts';
import { makeReport, type ReportedTarget } from './report/json.ts';
import { type ScenarioResult, totalsOf } from './result.ts';
import { type RunOutcome, runScenarios } from './run.ts';
import { loadSpec, type Requirement } from './spec.ts';
import { withAccess } from './target/access.ts';
import { type EmbeddedServer, startEmbedded } from './target/embedded.ts';
import { type Offer, probe } from './target/probe.ts';
import { showAddress, type TargetData } from './target/target.ts';

/** Where the scenarios come from; by default those of the suite. */
export interface Sources {
  specDir?: string | undefined;
  featuresDir?: string | undefined;
  support?: string[] | undefined;
  /** Where the report for people goes. */
  out?: Output | undefined;
}

/**
 * Plans, runs and reports.
 * @param given the command line, for the commands that repeat a part
 * @returns the exit code
 * @throws UsageError, UnreachableError, SuiteError
 */
export async function conform(options: Options, given: string[], sources: Sources = {}): Promise<number> {
  const args = repeatable(given, options);
  const { out = process.stdout } = sources;
  const print = (text: string): void => void out.write(`${text}\n`);
  const spec = loadSpec(sources.specDir);
  const subject = options.client === undefined ? 'server' : 'client';
  const selected = select(loadFeatures(spec, sources.featuresDir, subject), options, spec);
  if (selected.length === 0) {
    const isLayering = options.requirements.some((wanted) => wanted.startsWith('LAY'));
    const others = isLayering
      ? 'npm run layering is for LAY'
      : `--client COMMAND is for clients, else a server is tested`;
    throw new UnreachableError(
      `nothing matches: no scenario on a ${subject} has these requirements and profiles (${others})`,
    );
  }
  const planned = loadFeatures(spec, sources.featuresDir, 'any');
  if (options.isList) {
    for (const { requirement, name, uri, line } of selected) print(`${requirement}  ${name}  (${uri}:${line})`);
    print(`${selected.length} scenarios`);
    return EXIT.conformant;
  }
  prepareReports(options.reports);
  if (options.client !== undefined) {
    const { client, timeoutMs, seed } = options;
    const startedAt = new Date();
    try {
      const { results, faults } = await testClient({ command: client, timeoutMs, scenarios: selected, out, seed });
      const address = client.join(' ');
      const about = { ...NO_SERVER, label: options.label ?? null, address };
      return conclude({
        options,
        args,
        startedAt,
        spec,
        planned,
        print,
        faults,
        results,
        unrunBecause: undefined,
        about,
      });
    } finally {
      discardReports(options.reports);
    }
  }
  if (options.traceDir !== undefined) prepareTrace(options.traceDir);
  try {
    return await withTarget(options, async (bare) => {
      const startedAt = new Date();
      const offer = await probe(bare);
      announce(print, options, bare, offer, args);
      const { target, remark } = await withAccess(bare, offer);
      if (remark !== undefined) print(printable(remark));
      const { runnable, notOffered } = splitOffered(selected, offer.profiles, options.profiles);
      const pointless = runnable.flatMap((scenario) => {
        const reason = options.network && pointlessBecause(scenario);
        return reason === undefined ? [] : [{ scenario, reason }];
      });
      const sensible = runnable.filter((scenario) => !pointless.some((other) => other.scenario === scenario));
      const skipped = [...notOffered.map((one) => ({ ...one, isNotOffered: true })), ...pointless].map(
        (one): ScenarioResult => ({ ...one, status: 'skipped', durationMs: 0, exchange: [] }),
      );
      const ran = await overNetwork(options.network, target, (behind) =>
        run(sensible, behind, out, sources.support, options.seed),
      );
      return conclude({
        ...{
          options,
          args,
          startedAt,
          spec,
          planned,
          print,
          faults: ran.faults,
        },
        results: [...ran.results, ...skipped],
        unrunBecause: ran.gone ?? target.noAccounts,
        about: aboutTarget(options, target, offer),
      });
    });
  } finally {
    discardReports(options.reports);
  }
}

/** What is known when everything has run. */
interface Conclusion {
  options: Options;
  args: string[];
  startedAt: Date;
  spec: ReadonlyMap<string, Requirement>;
  planned: PlannedScenario[];
  print: (text: string) => void;
  results: ScenarioResult[];
  faults: readonly string[];
  unrunBecause: string | undefined;
  about: ReportedTarget;
}

/** Makes the verdict and the reports. @returns the exit code @throws UnreachableError, SuiteError */
function conclude({ options, args, startedAt, spec, planned, print, faults, ...run }: Conclusion): number {
  const results = options.isStrict ? run.results.map(judgedStrictly) : run.results;
  const failure = failureOf(results, faults, run.unrunBecause);
  const exitCode = failure?.exitCode ?? (totalsOf(results).failed > 0 ? EXIT.notConformant : EXIT.conformant);
  print(summary(results, spec, (scenario) => rerun(args, scenario)));
  const report = makeReport(results, spec, makeLedger(spec, planned, loadEvidence()), {
    ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), exitCode },
    target: run.about,
    options: shownOptions(options),
    seed: options.seed ?? null,
    specUrl: options.specUrl,
    again: (scenario) => rerun(args, scenario),
  });
  writeReports(options.reports, report);
  if (failure?.error) throw failure.error;
  return exitCode;
}

/** A client under test is reached by its command. */
const NO_SERVER = { kind: 'client', profiles: [], certificateSha256: null, health: null } as const;

async function run(
  scenarios: PlannedScenario[],
  target: TargetData,
  out: Output,
  support: string[] | undefined,
  seed: string | undefined,
): Promise<RunOutcome> {
  if (scenarios.length === 0) return { results: [], faults: [] };
  const progress = new Progress(out, scenarios.length);
  try {
    return await runScenarios({ target, scenarios, support, seed, onResult: (result) => progress.show(result) });
  } finally {
    progress.end();
  }
}

/** Under --strict a SHOULD counts as a MUST does; what is merely allowed still does not. */
function judgedStrictly(result: ScenarioResult): ScenarioResult {
  const isFailure = result.status === 'warned' && result.scenario.level === 'SHOULD';
  return isFailure ? { ...result, status: 'failed' } : result;
}

/**
 * @param unrunBecause why what was left, or what needs accounts, did not run
 * @returns why the run says nothing about the target, or not all; undefined when its results are its verdict
 */
function failureOf(
  results: readonly ScenarioResult[],
  faults: readonly string[],
  unrunBecause: string | undefined,
): { exitCode: number; error?: Error } | undefined {
  const { passed, failed, warned, skipped, broken } = totalsOf(results);
  if (faults.length > 0) return { exitCode: EXIT.suiteBroken, error: new SuiteError(someOf(faults).join('\n')) };
  if (broken > 0) return { exitCode: EXIT.suiteBroken };
  const unrun = results.filter(({ status, reason }) => status === 'skipped' && reason === unrunBecause).length;
  // What has failed until then has failed; but what did not run has not passed.
  if (unrunBecause !== undefined && unrun > 0 && failed === 0) {
    const error = new UnreachableError(`${unrun} scenarios did not run: ${unrunBecause}`);
    return { exitCode: EXIT.unreachable, error };
  }
  if (passed + failed + warned > 0) return undefined;
  const why = `nothing ran: ${skipped === 1 ? 'the one scenario was' : `all ${skipped} scenarios were`} skipped`;
  return { exitCode: EXIT.unreachable, error: new UnreachableError(why) };
}

const SHOWN_FAULTS = 20;
const someOf = (lines: readonly string[]): string[] =>
  lines.length <= SHOWN_FAULTS
    ? [...lines]
    : [...lines.slice(0, SHOWN_FAULTS), `… and ${lines.length - SHOWN_FAULTS} more`];

/** Runs with the target given, or with an embedded one that is gone afterwards, also after Ctrl-C. */
async function withTarget(options: Options, body: (target: TargetData) => Promise<number>): Promise<number> {
  let embedded: EmbeddedServer | undefined;
  const interrupt = (): void => {
    process.stderr.write('\nconformance: interrupted\n');
    discardReports(options.reports);
    // The embedded server, and its files, go with this process.
    process.exit(EXIT.interrupted);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const { targets, limits, timeoutMs, isOpen, accounts, profiles, traceDir } = options;
    const isWithoutPeople = targets.length > 0 && accounts.length === 0 && !isOpen;
    const mustRegister = isWithoutPeople || profiles.includes('opaque');
    const common = { isOpen, limits, timeoutMs, traceDir, mustRegister, noAccounts: undefined };
    if (targets.length > 0) return await body({ ...common, addresses: targets, accounts });
    embedded = await startEmbedded(isOpen, limits);
    const { host, port, pin } = embedded;
    const address = { host, port, verify: { kind: 'pin', sha256: pin } as const };
    return await body({ ...common, addresses: [address], accounts: embedded.accounts });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await embedded?.stop();
  }
}

function announce(
  print: (text: string) => void,
  options: Options,
  target: TargetData,
  offer: Offer,
  args: readonly string[],
): void {
  const what = options.targets.length > 0 ? addressesOf(target) : 'an embedded reference server';
  print(`Testing ${what}; it offers: ${[...offer.profiles].join(', ')}`);
  if (target.addresses.some(({ verify }) => verify.kind === 'none'))
    print('Its certificate is not checked (--pin or --tls-ca checks it).');
  if (options.seed !== undefined) print(`In a random order; --shuffle ${options.seed} repeats it.`);
  if (options.network !== undefined)
    print(`Over a network with ${options.network.text}; to repeat it: ${command(args)}`);
  if (offer.remark !== undefined) print(`Something is wrong with it: ${printable(offer.remark)}`);
}

/** What reports say about the target: its texts are its own, and may be long. */
function aboutTarget(options: Options, target: TargetData, offer: Offer): ReportedTarget {
  const health = offer.health === undefined ? undefined : redactor(target.accounts)(offer.health);
  return {
    label: options.label ?? null,
    kind: options.targets.length > 0 ? 'remote' : 'embedded',
    address: addressesOf(target),
    profiles: [...offer.profiles],
    certificateSha256: offer.certificateSha256 || null,
    health: health?.slice(0, 200) ?? null,
  };
}

const addressesOf = ({ addresses }: TargetData): string => addresses.map(showAddress).join(' and ');

/** The command line with the seed that was chosen for the network, if one was. */
function repeatable(args: string[], { network }: Options): string[] {
  const isGiven = args.some((arg) => /^--network-?seed(=|$)/i.test(arg));
  return network === undefined || isGiven ? args : [...args, '--network-seed', String(network.seed)];
}

/** The command that runs one scenario again: the command line without its selection and without reports. */
function rerun(args: readonly string[], { uri, line }: PlannedScenario): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (!/^--(?:requirement|scenario|level|source|exclude|report|trace)(=|$)/.test(arg)) kept.push(arg);
    else if (!arg.includes('=')) while (i + 1 < args.length && !(args[i + 1] as string).startsWith('--')) i += 1;
  }
  return command([...kept, '--scenario', placeOf(uri, line)]);
}

const command = (args: readonly string[]): string => ['npm run conformance --', ...args.map(quoted)].join(' ');

/** As a shell takes it for one word. */
const quoted = (arg: string): string => (/^[\w@%+=:,./[\]-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);

/** For the report: no secrets, no contents of files. */
function shownOptions({
  isOpen,
  isStrict,
  limits,
  profiles,
  requirements,
  timeoutMs,
  targets,
  accounts,
  network,
}: Options): Record<string, unknown> {
  return {
    isOpen,
    isStrict,
    limits,
    profiles,
    requirements,
    timeoutMs,
    certificateCheck: targets[0]?.verify.kind ?? 'pin',
    accounts: accounts.length,
    network: network === undefined ? null : { conditions: network.text, seed: network.seed },
  };
}
