import { EXIT, SuiteError, UnreachableError } from './errors.ts';
import { loadEvidence } from './ledger/evidence.ts';
import { makeLedger } from './ledger/ledger.ts';
import type { Options } from './options.ts';
import { loadFeatures, type PlannedScenario, placeOf } from './plan/features.ts';
import { select, splitOffered } from './plan/select.ts';
import { redactor } from './redact.ts';
import { type Output, Progress, printable, summary } from './report/console.ts';
import { discardReports, prepareReports, prepareTrace, writeReports } from './report/files.ts';
import { makeReport, type ReportedTarget } from './report/json.ts';
import { type ScenarioResult, totalsOf } from './result.ts';
import { type RunOutcome, runScenarios } from './run.ts';
import { loadSpec } from './spec.ts';
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
 * @param args the command line, for the commands that repeat a part
 * @returns the exit code
 * @throws UsageError, UnreachableError, SuiteError
 */
export async function conform(options: Options, args: string[], sources: Sources = {}): Promise<number> {
  const { out = process.stdout } = sources;
  const print = (text: string): void => void out.write(`${text}\n`);
  const spec = loadSpec(sources.specDir);
  const planned = loadFeatures(spec, sources.featuresDir);
  const selected = select(planned, options, spec);
  if (selected.length === 0)
    throw new UnreachableError(
      `nothing matches: no scenario on a server has these requirements and profiles${options.requirements.some((wanted) => wanted.startsWith('LAY')) ? ' (npm run layering is for LAY)' : ''}`,
    );
  if (options.isList) {
    for (const { requirement, name, uri, line } of selected) print(`${requirement}  ${name}  (${uri}:${line})`);
    print(`${selected.length} scenarios`);
    return EXIT.conformant;
  }
  prepareReports(options.reports);
  if (options.traceDir !== undefined) prepareTrace(options.traceDir);
  try {
    return await withTarget(options, async (bare) => {
      const startedAt = new Date();
      const offer = await probe(bare);
      announce(print, options, bare, offer);
      const { target, remark } = await withAccess(bare, offer);
      if (remark !== undefined) print(printable(remark));
      const { runnable, notOffered } = splitOffered(selected, offer.profiles, options.profiles);
      const skipped = notOffered.map(
        ({ scenario, reason }): ScenarioResult => ({
          scenario,
          status: 'skipped',
          reason,
          durationMs: 0,
          exchange: [],
          isNotOffered: true,
        }),
      );
      const ran = await run(runnable, target, out, sources.support, options.seed);
      const results = [...ran.results, ...skipped].map((result) =>
        options.isStrict ? judgedStrictly(result) : result,
      );
      const failure = failureOf(results, ran.faults, ran.gone ?? target.noAccounts);
      const exitCode = failure?.exitCode ?? (totalsOf(results).failed > 0 ? EXIT.notConformant : EXIT.conformant);
      print(summary(results, spec, (scenario) => rerun(args, scenario)));
      const durationMs = Date.now() - startedAt.getTime();
      const report = makeReport(
        results,
        spec,
        makeLedger(spec, loadFeatures(spec, sources.featuresDir, 'any'), loadEvidence()),
        {
          ...{ startedAt: startedAt.toISOString(), durationMs, exitCode },
          target: aboutTarget(options, target, offer),
          options: shownOptions(options),
          seed: options.seed ?? null,
          specUrl: options.specUrl,
          again: (scenario) => rerun(args, scenario),
        },
      );
      writeReports(options.reports, report);
      if (failure?.error) throw failure.error;
      return exitCode;
    });
  } finally {
    discardReports(options.reports);
  }
}

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

function announce(print: (text: string) => void, options: Options, target: TargetData, offer: Offer): void {
  const what = options.targets.length > 0 ? addressesOf(target) : 'an embedded reference server';
  print(`Testing ${what}; it offers: ${[...offer.profiles].join(', ')}`);
  if (target.addresses.some(({ verify }) => verify.kind === 'none'))
    print('Its certificate is not checked (--pin or --tls-ca checks it).');
  if (options.seed !== undefined) print(`In a random order; --shuffle ${options.seed} repeats it.`);
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

/** The command that runs one scenario again: the command line without its selection and without reports. */
function rerun(args: readonly string[], { uri, line }: PlannedScenario): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (!/^--(?:requirement|scenario|report|trace)(=|$)/.test(arg)) kept.push(arg);
    else if (!arg.includes('=')) while (i + 1 < args.length && !(args[i + 1] as string).startsWith('--')) i += 1;
  }
  return ['npm run conformance --', ...kept.map(quoted), '--scenario', quoted(placeOf(uri, line))].join(' ');
}

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
  };
}
