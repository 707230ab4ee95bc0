import { resolve } from 'node:path';
import { EXIT, SuiteError, UnreachableError, UsageError } from '../errors.ts';
import { type Flags, type Given, readCommandLine } from '../options/command-line.ts';
import { loadFeatures, ROOT } from '../plan/features.ts';
import { type ScenarioResult, totalsOf } from '../result.ts';
import { runScenarios } from '../run/run.ts';
import { loadSpec } from '../spec/spec.ts';
import { DEFAULT_LIMITS } from '../target/limits.ts';
import type { TargetData } from '../target/target.ts';
import { layeringText, makeLayeringReport } from './report.ts';
import { readWorkspace } from './workspace.ts';

/** Only these steps: a run takes a second instead of five. */
const SUPPORT = ['harness/steps/workspace/*.ts'];

const FLAGS = {
  workspace: {
    type: 'string',
    default: ROOT,
    defaultDescription: 'this one',
    describe: 'root folder of the workspace',
  },
  strict: { type: 'boolean', default: false, describe: 'a SHOULD that is not followed fails the run' },
  json: { type: 'boolean', default: false, describe: 'print a JSON object instead of text' },
} as const satisfies Flags;

type LayeringOptions = Given<typeof FLAGS>;

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
  process.stdout.on('error', () => {});
  try {
    const options = parseArguments(args);
    return options ? await checkLayering(options) : EXIT.conformant;
  } catch (error) {
    const code =
      error instanceof UsageError
        ? EXIT.usage
        : error instanceof UnreachableError
          ? EXIT.unreachable
          : EXIT.suiteBroken;
    const isOurs = !(error instanceof UsageError || error instanceof UnreachableError);
    const text =
      error instanceof Error ? (error instanceof SuiteError || !isOurs ? error.message : error.stack) : error;
    process.stderr.write(`layering: ${isOurs ? 'the suite is broken: ' : ''}${text}\n`);
    return code;
  }
}

const parseArguments = (args: readonly string[]): LayeringOptions | undefined =>
  readCommandLine(args, {
    name: 'npm run layering --',
    usage:
      '$0 [options]\n\nHolds the packages of a workspace (npm or Cargo) against the rules of spec/layering.md: what depends on what, and what each is made of. They are known by how their names end: -proto, -core, -rpc, -quic, -server, -client, -p2p, -gui.',
    flags: FLAGS,
    examples: [['$0 --workspace ../quicnprotochat', 'another one']],
    epilogue:
      'Exit codes: 0 in order, 1 not so, 2 wrong usage or no workspace, 3 nothing to check, 4 the check itself broke.',
  })?.given;

/**
 * Runs the scenarios that are about a workspace.
 * @returns the exit code
 * @throws UsageError, UnreachableError, SuiteError
 */
async function checkLayering({ workspace: path, strict, json }: LayeringOptions): Promise<number> {
  const root = resolve(process.env.INIT_CWD ?? '.', path);
  const workspace = readWorkspace(root);
  const spec = loadSpec();
  const scenarios = loadFeatures(spec, undefined, 'workspace');
  const target: TargetData = {
    ...{ lane: 0, addresses: [], accounts: [], noAccounts: undefined, mustRegister: false, isOpen: true },
    ...{ limits: DEFAULT_LIMITS, timeoutMs: 10_000, workspace: root },
  };
  const ran = await runScenarios({ target, scenarios, support: SUPPORT, onResult: () => {} });
  if (ran.faults.length > 0) throw new SuiteError(ran.faults.join('\n'));
  const results = ran.results.map(
    (result): ScenarioResult => (strict && result.status === 'warned' ? { ...result, status: 'failed' } : result),
  );
  const { passed, failed, warned, broken } = totalsOf(results);
  if (passed + failed + warned + broken === 0)
    throw new UnreachableError('nothing was checked: every rule was skipped');
  const report = makeLayeringReport(root, workspace, results, spec);
  console.log(json ? JSON.stringify(report, null, 2) : layeringText(report));
  if (broken > 0) return EXIT.suiteBroken;
  return failed > 0 ? EXIT.notConformant : EXIT.conformant;
}
