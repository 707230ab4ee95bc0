import { EXIT, UnreachableError } from './errors.ts';
import type { Options } from './options.ts';
import { loadFeatures } from './plan/features.ts';
import { select, splitOffered } from './plan/select.ts';
import { type Output, Progress, summary } from './report/console.ts';
import { prepareReports, writeReports } from './report/files.ts';
import { makeReport } from './report/json.ts';
import { type ScenarioResult, totalsOf } from './result.ts';
import { runScenarios } from './run.ts';
import { loadSpec } from './spec.ts';
import { type EmbeddedServer, startEmbedded } from './target/embedded.ts';
import { probe } from './target/probe.ts';
import type { Profile, TargetData } from './target/target.ts';

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
  const selected = select(loadFeatures(spec, sources.featuresDir), options, spec);
  if (selected.length === 0)
    throw new UnreachableError('nothing matches: no scenario has these requirements and profiles');
  if (options.isList) {
    for (const { requirement, name, uri, line } of selected) print(`${requirement}  ${name}  (${uri}:${line})`);
    print(`${selected.length} scenarios`);
    return EXIT.conformant;
  }
  prepareReports(options.reports);
  return withTarget(options, async (target, signal) => {
    const startedAt = new Date();
    const offered = await probe(target, signal);
    announce(print, options, target, offered);
    const { runnable, notOffered } = splitOffered(selected, offered, options.profiles);
    const skipped = notOffered.map(
      ({ scenario, reason }): ScenarioResult => ({ scenario, status: 'skipped', reason, durationMs: 0, exchange: [] }),
    );
    const progress = new Progress(out, runnable.length);
    const ran =
      runnable.length === 0
        ? []
        : await runScenarios({
            target,
            scenarios: runnable,
            onResult: (result) => progress.show(result),
            support: sources.support,
          });
    progress.end();
    const results = [...ran, ...skipped].map((result) =>
      options.isStrict && result.status === 'warned' ? { ...result, status: 'failed' as const } : result,
    );
    const exitCode = verdict(results);
    const rerun = (id: string): string =>
      ['npm run conformance --', ...withoutSelection(args), '--requirement', id].join(' ');
    print(summary(results, spec, rerun));
    const run = { startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), exitCode };
    const about = { address: `${target.host}:${target.port}`, profiles: [...offered] };
    writeReports(options.reports, makeReport(results, spec, { ...run, target: about, options: shownOptions(options) }));
    if (exitCode === EXIT.unreachable) throw new UnreachableError('nothing ran: every scenario was skipped');
    return exitCode;
  });
}

function verdict(results: readonly ScenarioResult[]): number {
  const { passed, failed, warned, broken } = totalsOf(results);
  if (broken > 0) return EXIT.suiteBroken;
  if (failed > 0) return EXIT.notConformant;
  return passed + warned === 0 ? EXIT.unreachable : EXIT.conformant;
}

/** Runs with the target given, or with an embedded one that is gone afterwards, also after Ctrl-C. */
async function withTarget(
  options: Options,
  body: (target: TargetData, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const controller = new AbortController();
  let embedded: EmbeddedServer | undefined;
  const interrupt = (): void => {
    controller.abort(new UnreachableError('interrupted'));
    process.stderr.write('\nconformance: interrupted\n');
    void Promise.resolve(embedded?.stop()).then(() => process.exit(EXIT.interrupted));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    const { limits, timeoutMs, isOpen, verify, accounts } = options;
    if (options.target)
      return await body({ ...options.target, verify, accounts, isOpen, limits, timeoutMs }, controller.signal);
    embedded = await startEmbedded(isOpen);
    const { host, port, pin } = embedded;
    const target = {
      host,
      port,
      verify: { kind: 'pin', sha256: pin } as const,
      accounts: embedded.accounts,
      isOpen,
      limits,
      timeoutMs,
    };
    return await body(target, controller.signal);
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
  offered: ReadonlySet<Profile>,
): void {
  const what = options.target ? `${target.host} port ${target.port}` : 'an embedded reference server';
  print(`Testing ${what}; it offers: ${[...offered].join(', ')}`);
  if (target.verify.kind === 'none') print('Its certificate is not checked (--pin or --tls-ca checks it).');
}

/** The command line without what selects scenarios or writes files. */
function withoutSelection(args: readonly string[]): string[] {
  const dropped = /^--(?:requirement|profile|report)(=|$)/;
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (!dropped.test(arg)) kept.push(arg);
    else if (!arg.includes('=')) while (i + 1 < args.length && !(args[i + 1] as string).startsWith('--')) i += 1;
  }
  return kept;
}

/** For the report: no secrets, no contents of files. */
function shownOptions({
  isOpen,
  isStrict,
  limits,
  profiles,
  requirements,
  timeoutMs,
  verify,
  accounts,
}: Options): Record<string, unknown> {
  return {
    isOpen,
    isStrict,
    limits,
    profiles,
    requirements,
    timeoutMs,
    certificateCheck: verify.kind,
    accounts: accounts.length,
  };
}
