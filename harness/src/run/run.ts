import { Writable } from 'node:stream';
import { type ISupportCodeLibrary, loadConfiguration, loadSupport, runCucumber } from '@cucumber/cucumber/api';
import type { Envelope } from '@cucumber/messages';
import { SuiteError } from '../errors.ts';
import { type PlannedScenario, placeOf, ROOT, type Subject } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { redactorOf } from '../target/command/people.ts';
import type { TargetData } from '../target/target.ts';
import { MessageReader } from './message-reader.ts';
import type { RunOutcome } from './outcome.ts';

/** From the root, where cucumber runs: the path to the root may hold anything, also what a pattern would take as its own. */
const STEPS: Readonly<Record<Subject, string>> = {
  server: 'harness/steps/*.ts',
  workspace: 'harness/steps/workspace/*.ts',
  client: 'harness/steps/client/*.ts',
};

/** How the scenarios are run. */
export interface RunOptions extends Omit<SubjectRunOptions, 'subject' | 'parameters' | 'redact'> {
  target: TargetData;
}

/** How scenarios are run whatever it is that they test. */
export interface SubjectRunOptions {
  subject: Subject;
  /** What the World gets: plain data, since cucumber clones it. */
  parameters: object;
  /** Takes secrets out of what the subject said. */
  redact(text: string): string;
  scenarios: PlannedScenario[];
  onResult(result: ScenarioResult): void;
  /** Step definitions; by default those of the suite. */
  support?: string[] | undefined;
  /** Of a random order; undefined: as planned. */
  seed?: string | undefined;
}

/** Runs scenarios against a server. @throws SuiteError when cucumber cannot run them at all */
export function runScenarios({ target, ...options }: RunOptions): Promise<RunOutcome> {
  return runSubject({ ...options, subject: 'server', parameters: target, redact: redactorOf(target) });
}

/**
 * Runs scenarios through cucumber. What it says counts only as far as the message stream shows it: cucumber exits 0 for
 * much that did not run.
 * @throws SuiteError when cucumber cannot run them at all
 */
export async function runSubject(options: SubjectRunOptions): Promise<RunOutcome> {
  const { subject, parameters, redact, scenarios, onResult, support, seed } = options;
  const planned = new Map(scenarios.map((scenario) => [placeOf(scenario.uri, scenario.line), scenario]));
  const reader = new MessageReader(planned, onResult, redact);
  const errors = new TextSink();
  const nowhere = new TextSink(0);
  const environment = { cwd: ROOT, stdout: nowhere, stderr: errors, env: process.env };
  const provided = {
    paths: pathsOf(scenarios),
    format: ['./harness/src/run/silent-formatter.ts'],
    worldParameters: parameters as never,
    order: seed === undefined ? ('defined' as const) : (`random:${seed}` as const),
    strict: true,
  };
  const { runConfiguration } = await loadConfiguration({ file: false, provided }, environment);
  try {
    const library = await loadSteps(subject, support);
    await runCucumber({ ...runConfiguration, support: library }, environment, (envelope: Envelope) =>
      reader.take(envelope),
    );
  } catch (error) {
    throw new SuiteError(
      `cucumber could not run the scenarios: ${error instanceof Error ? (error.stack ?? error.message) : error}`,
    );
  }
  const outcome = reader.finish();
  if (outcome.faults.length > 0 && errors.text !== '') outcome.faults.push(errors.text.trim());
  return outcome;
}

const libraries = new Map<string, Promise<ISupportCodeLibrary>>();

/**
 * Loads the steps for a subject. Modules are loaded once a process, and register their steps then: later runs use those of the first.
 * @param support step definitions; by default those of the suite
 */
export function loadSteps(
  subject: Subject,
  support: readonly string[] = [STEPS[subject]],
): Promise<ISupportCodeLibrary> {
  const key = support.join();
  const loading = libraries.get(key) ?? importSteps([...support]);
  libraries.set(key, loading);
  return loading;
}

async function importSteps(paths: string[]): Promise<ISupportCodeLibrary> {
  const environment = { cwd: ROOT, stdout: new TextSink(0), stderr: new TextSink(0), env: process.env };
  const { runConfiguration } = await loadConfiguration({ file: false, provided: { import: paths } }, environment);
  const library = await loadSupport(runConfiguration, environment);
  // Cucumber looks again in each run which files these are, and loads none: one says as much.
  return { ...library, originalCoordinates: { ...library.originalCoordinates, importPaths: [ONE_FILE] } };
}

const ONE_FILE = 'harness/steps/hooks.ts';

/** `file:line:line` for each file, since a file alone would run all of it. */
function pathsOf(scenarios: PlannedScenario[]): string[] {
  const lines = new Map<string, number[]>();
  for (const { uri, line } of scenarios) lines.set(uri, [...(lines.get(uri) ?? []), line]);
  return [...lines].map(([uri, of]) => [uri, ...of].join(':'));
}

/** Keeps the end of what is written to it. */
class TextSink extends Writable {
  text = '';
  readonly #limit: number;

  constructor(limit = 8_000) {
    super();
    this.#limit = limit;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#limit > 0) this.text = (this.text + chunk).slice(-this.#limit);
    done();
  }
}
