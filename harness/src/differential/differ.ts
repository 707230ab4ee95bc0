import { EXIT, SuiteError, UnreachableError } from '../errors.ts';
import type { Discretion } from '../frames/reported.ts';
import { byteBlanker } from '../frames/secrets.ts';
import { rerun } from '../options/again.ts';
import type { Options } from '../options/options.ts';
import type { PlannedScenario } from '../plan/features.ts';
import { splitOffered } from '../plan/select.ts';
import { redactor } from '../redact.ts';
import { type Output, Progress } from '../report/console.ts';
import { writeFiles } from '../report/files.ts';
import { printable } from '../report/printable.ts';
import type { ScenarioResult } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import type { TargetData } from '../target/target.ts';
import type { Pair } from './compare.ts';
import { differentialSummary } from './console.ts';
import { differentialMarkdown } from './markdown.ts';
import { openPair } from './open-pair.ts';
import { makeDifferentialReport } from './report.ts';
import { type PairResult, PairRunner } from './run-pair.ts';

/** What is compared. */
export interface DifferentialRun {
  options: Options;
  /** The command line that repeats it. */
  args: string[];
  scenarios: PlannedScenario[];
  spec: ReadonlyMap<string, Requirement>;
  support: string[] | undefined;
  out: Output;
}

/**
 * Runs the scenarios on the target and on the server of `--against`, and reports in which messages they differ.
 * @returns the exit code: 0 no difference, 1 differences
 * @throws UsageError, UnreachableError when one of them cannot be tested or nothing was compared, SuiteError
 */
export async function differ({ options, args, scenarios, spec, support, out }: DifferentialRun): Promise<number> {
  const print = (text: string): void => void out.write(`${text}\n`);
  const startedAt = new Date();
  const pair = await openPair(options);
  try {
    const { a, b } = pair.offers;
    const servers = pair.abouts;
    print(`A is ${nameOf(servers.a)}; it offers: ${servers.a.profiles.join(', ')}`);
    print(`B is ${nameOf(servers.b)}; it offers: ${servers.b.profiles.join(', ')}`);
    for (const remark of pair.remarks) print(printable(remark));
    const offeredByBoth = new Set([...a.profiles].filter((profile) => b.profiles.has(profile)));
    const { runnable, notOffered } = splitOffered(scenarios, offeredByBoth, []);
    const runner = new PairRunner(pair.targets, support);
    const progress = new Progress(out, runnable.length);
    const { results, faults } = await runner
      .run(runnable, (result) => progress.show(asResult(result)))
      .finally(() => progress.end());
    const all = [...results, ...notOffered.map(({ scenario }) => unoffered(scenario, pair.offers))];
    const exitCode = results.some(({ status }) => status === 'differs') ? EXIT.notConformant : EXIT.conformant;
    const broken = results.find(({ results: { a: one, b: other } }) => [one, other].some(isBroken));
    const report = makeDifferentialReport(all, {
      ...{ spec, servers, startedAt, exitCode, seed: options.inputSeed, specUrl: options.specUrl },
      discretion: { a: discretionOf(pair.targets.a), b: discretionOf(pair.targets.b) },
      again: ({ scenario }) => rerun(args, scenario),
    });
    print(differentialSummary(report));
    writeFiles(options.reports, (kind) =>
      kind === 'md' ? differentialMarkdown(report) : `${JSON.stringify(report, null, 2)}\n`,
    );
    if (faults.length > 0) throw new SuiteError(faults.slice(0, 20).join('\n'));
    if (broken) throw new SuiteError(`${broken.scenario.uri}:${broken.scenario.line} is broken: ${reasonOf(broken)}`);
    const noAccounts = pair.targets.a.noAccounts ?? pair.targets.b.noAccounts;
    if (noAccounts !== undefined && exitCode === EXIT.conformant) throw new UnreachableError(noAccounts);
    if (report.totals.equal + report.totals.differs === 0)
      throw new UnreachableError('nothing was compared: each scenario was skipped on one of the servers');
    return exitCode;
  } finally {
    await pair.close();
  }
}

const isBroken = ({ status }: ScenarioResult): boolean => status === 'broken';
const reasonOf = ({ results: { a, b } }: PairResult): string => (isBroken(a) ? a : b).reason ?? '';

const nameOf = ({ kind, address, label }: { kind: string; address: string; label: string | null }): string =>
  kind === 'embedded' ? `an embedded reference server (${address})` : (label ?? address);

/** For the progress: a difference shows as a failure does. */
const asResult = ({ scenario, status, results }: PairResult): ScenarioResult => ({
  ...results.a,
  scenario,
  status: status === 'equal' ? 'passed' : status === 'differs' ? 'failed' : 'skipped',
});

function unoffered(scenario: PlannedScenario, { a, b }: Pair<{ profiles: ReadonlySet<string> }>): PairResult {
  const missing = scenario.profiles.find((profile) => !a.profiles.has(profile) || !b.profiles.has(profile));
  const who =
    missing === undefined || a.profiles.has(missing) ? 'B does' : b.profiles.has(missing) ? 'A does' : 'both do';
  const skipped: ScenarioResult = { scenario, status: 'skipped', durationMs: 0, exchange: [] };
  const results = { a: skipped, b: skipped };
  const reason = `${who} not offer the profile "${missing}"`;
  return { scenario, status: 'uncompared', results, first: undefined, more: [], allowed: [], reason };
}

function discretionOf({ accounts }: TargetData): Discretion {
  const ownerOf = (token: Uint8Array): string | undefined =>
    accounts.find((account) => account.token === Buffer.from(token).toString('hex'))?.name;
  return { redact: redactor(accounts), blank: byteBlanker(accounts), ownerOf };
}
