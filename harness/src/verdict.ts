import { EXIT, SuiteError, UnreachableError } from './errors.ts';
import { judgeKnown } from './known/judge-known.ts';
import { formatKnownFailing, writeKnownFailing } from './known/known-list.ts';
import { loadEvidence } from './ledger/evidence.ts';
import { makeLedger } from './ledger/ledger.ts';
import { rerun, shownOptions } from './options/again.ts';
import type { Options } from './options/options.ts';
import type { PlannedScenario } from './plan/features.ts';
import { summary } from './report/console.ts';
import { writeReports } from './report/files.ts';
import { hintsFor } from './report/hints.ts';
import { makeReport, type ReportedTarget } from './report/json.ts';
import { judgedStrictly, type ScenarioResult, type Status, totalsOf } from './result.ts';
import type { Requirement } from './spec/spec.ts';

/** What a run was asked for: known before it begins. */
export interface Plan {
  options: Options;
  /** The command line, for the commands that repeat a part. */
  args: string[];
  startedAt: Date;
  spec: ReadonlyMap<string, Requirement>;
  /** Every scenario there is, selected or not: the ledger counts them. */
  planned: PlannedScenario[];
}

/** What came of it. */
export interface Ran {
  results: ScenarioResult[];
  /** What is wrong with the suite, a line each. */
  faults: readonly string[];
  /** Why what was left, or what needs accounts, did not run. */
  unrunBecause: readonly string[];
  /** What fails the run beside its scenarios, a line each. */
  problems: readonly string[];
  about: ReportedTarget;
}

/** Makes the verdict and the reports. @returns the exit code @throws UnreachableError, SuiteError */
export function conclude(
  { options, args, startedAt, spec, planned }: Plan,
  ran: Ran,
  print: (text: string) => void,
): number {
  const strictly = ran.results.map((result) => judgedStrictly(result, options.isStrict));
  const { subject } = strictly[0]?.scenario ?? {};
  const judged =
    options.known === undefined
      ? { results: strictly, problems: [] }
      : judgeKnown(
          strictly,
          options.known,
          planned.filter((scenario) => scenario.subject === subject),
        );
  const { results } = judged;
  const problems = [...ran.problems, ...judged.problems];
  const failure = failureOf(results, ran.faults, ran.unrunBecause);
  const { failed, flaky } = totalsOf(results);
  const hasFailed = failed + flaky + problems.length > 0;
  const exitCode = failure?.exitCode ?? (hasFailed ? EXIT.notConformant : EXIT.conformant);
  const again = (scenario: PlannedScenario): string => rerun(args, scenario, options.config?.names);
  const listed = attempt(() => listFailures(options.writeKnown, results, ran, failure !== undefined));
  if (typeof listed === 'string') print(listed);
  const hints = hintsFor(results, {
    ...{ hasAccounts: options.accounts.length > 0, isOpen: options.isOpen },
    hasHtml: options.reports.some(({ kind }) => kind === 'html'),
  });
  print(summary({ results, problems, spec, hints, rerun: again }));
  const report = makeReport(results, spec, makeLedger(spec, planned, loadEvidence()), {
    ...{ startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), exitCode },
    target: ran.about,
    problems,
    options: shownOptions(options),
    seed: options.seed ?? null,
    specUrl: options.specUrl,
    again,
  });
  writeReports(options.reports, report);
  if (failure?.error) throw failure.error;
  if (listed instanceof Error) throw listed;
  return exitCode;
}

/** What came of it, or the error: there is more to be done before it is thrown. */
function attempt<T>(what: () => T): T | Error {
  try {
    return what();
  } catch (error) {
    return error as Error;
  }
}

/** Writes the failures of a whole run: of a part of one it would say that the rest passes. @returns what was done @throws UsageError */
function listFailures(
  path: string | undefined,
  results: readonly ScenarioResult[],
  ran: Ran,
  isFailure: boolean,
): string | undefined {
  if (path === undefined) return undefined;
  const isCut = isFailure || results.some(({ reason }) => ran.unrunBecause.includes(reason ?? ''));
  if (isCut) return `${path} is not written: not everything ran.`;
  const of = (...statuses: Status[]): PlannedScenario[] =>
    results.filter(({ status }) => statuses.includes(status)).map(({ scenario }) => scenario);
  const failing = of('failed', 'known');
  writeKnownFailing(path, formatKnownFailing(failing, of('flaky'), ran.about.label ?? ran.about.address));
  return `${path} lists ${failing.length} failing scenarios, for --known-failing.`;
}

/** @returns why the run says nothing about the target, or not all; undefined when its results are its verdict */
function failureOf(
  results: readonly ScenarioResult[],
  faults: readonly string[],
  unrunBecause: readonly string[],
): { exitCode: number; error?: Error } | undefined {
  const { passed, failed, flaky, known, warned, skipped, broken } = totalsOf(results);
  if (faults.length > 0) return { exitCode: EXIT.suiteBroken, error: new SuiteError(someOf(faults).join('\n')) };
  if (broken > 0) return { exitCode: EXIT.suiteBroken };
  const unrun = results.filter(({ status, reason }) => status === 'skipped' && unrunBecause.includes(reason ?? ''));
  // What has failed until then has failed; but what did not run has not passed.
  if (unrun.length > 0 && failed + flaky === 0) {
    const error = new UnreachableError(`${unrun.length} scenarios did not run: ${unrun[0]?.reason}`);
    return { exitCode: EXIT.unreachable, error };
  }
  if (passed + failed + flaky + known + warned > 0) return undefined;
  const why = `nothing ran: ${skipped === 1 ? 'the one scenario was' : `all ${skipped} scenarios were`} skipped`;
  return { exitCode: EXIT.unreachable, error: new UnreachableError(why) };
}

const SHOWN_FAULTS = 20;
const someOf = (lines: readonly string[]): string[] =>
  lines.length <= SHOWN_FAULTS
    ? [...lines]
    : [...lines.slice(0, SHOWN_FAULTS), `… and ${lines.length - SHOWN_FAULTS} more`];
