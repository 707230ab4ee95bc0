import picocolors from 'picocolors';
import { type PlannedScenario, ROOT } from '../plan/features.ts';
import { type ScenarioResult, type Status, totalsOf } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import { frameLines } from './console-frames.ts';
import { printable } from './printable.ts';

const MARK: Record<Status, string> = {
  passed: '.',
  failed: 'F',
  flaky: '~',
  known: 'k',
  warned: 'w',
  skipped: 's',
  broken: '!',
};
const DOTS_PER_LINE = 80;

/** A terminal, or anything else that takes text. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Colours only for people: picocolors also takes the log of a CI job for a terminal. */
const colors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY === true);

/** Shows that something goes on: one line that changes on a terminal, a mark a scenario elsewhere. */
export class Progress {
  readonly #out: Output;
  readonly #total: number;
  #done = 0;
  #failed = 0;
  #column = 0;

  constructor(out: Output, total: number) {
    this.#out = out;
    this.#total = total;
  }

  show({ scenario, status }: ScenarioResult): void {
    this.#done += 1;
    if (status === 'failed' || status === 'broken') this.#failed += 1;
    if (this.#out.isTTY) {
      const width = (this.#out.columns ?? 80) - 1;
      const failed = this.#failed === 0 ? '' : `, ${this.#failed} failed`;
      const line = `[${this.#done}/${this.#total}${failed}] ${scenario.requirement} ${scenario.name}`.slice(0, width);
      this.#out.write(`\r${line.padEnd(width)}`);
      return;
    }
    this.#out.write(MARK[status]);
    this.#column += 1;
    if (this.#column === DOTS_PER_LINE) this.end();
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write(`\r${' '.repeat((this.#out.columns ?? 80) - 1)}\r`);
    else if (this.#column > 0) this.#out.write('\n');
    this.#column = 0;
  }
}

/** Shows the progress of what is done. */
export async function withProgress<T>(out: Output, total: number, run: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = new Progress(out, total);
  try {
    return await run(progress);
  } finally {
    progress.end();
  }
}

/** What the summary tells. */
export interface Summary {
  results: readonly ScenarioResult[];
  /** What fails the run beside its scenarios. */
  problems: readonly string[];
  spec: ReadonlyMap<string, Requirement>;
  /** What to look at before the failures one by one. */
  hints: readonly string[];
  /** The command that repeats a scenario. */
  rerun(scenario: PlannedScenario): string;
}

export function summary({ results, problems, spec, hints, rerun }: Summary): string {
  const lines = ['', ...areaTable(results), ''];
  const of = (status: Status): ScenarioResult[] => results.filter((result) => result.status === status);
  for (const result of of('failed')) lines.push(...explain(result, spec, rerun, colors.red('FAILED')));
  for (const result of of('flaky')) lines.push(...explain(result, spec, rerun, colors.red('FLAKY')));
  for (const result of of('warned')) lines.push(...explain(result, spec, rerun, colors.yellow('WARNING')));
  for (const { scenario, failure } of of('known'))
    lines.push(
      `${colors.yellow('KNOWN')} ${scenario.requirement} ${scenario.name} (${scenario.uri}:${scenario.line})`,
      ...indent('  because  ', printable(failure?.message ?? '')),
    );
  for (const { scenario, reason } of of('broken')) {
    lines.push(
      `${colors.magenta('BROKEN')} ${scenario.requirement} ${scenario.name} (${scenario.uri}:${scenario.line})`,
      ...indent('  ', printable(reason ?? '')),
      '',
    );
  }
  for (const problem of problems) lines.push(`${colors.red('FAILED')} ${printable(problem)}`, '');
  const skips = new Map<string, number>();
  for (const { reason = '' } of of('skipped')) skips.set(reason, (skips.get(reason) ?? 0) + 1);
  for (const [reason, count] of skips) lines.push(`${count} skipped: ${printable(reason)}`);
  const { passed, failed, flaky, known, warned, skipped, broken } = totalsOf(results);
  if (flaky > 0) lines.push(`${flaky} of the failures are flaky: they do not come out the same each time`);
  if (known > 0) lines.push(`${known} known failures (--known-failing), which fail no run`);
  if (warned > 0) lines.push(`${warned} warnings: the target does not follow a SHOULD (--strict fails them)`);
  for (const hint of hints) lines.push(`${colors.yellow('HINT')} ${hint}`);
  if (broken > 0) lines.push(`${broken} scenarios are broken: a fault of the suite, not of the target`);
  lines.push(`${passed} passed, ${failed + flaky} failed, ${skipped} skipped`);
  return lines.join('\n');
}

function areaTable(results: readonly ScenarioResult[]): string[] {
  const areas = [...new Set(results.map(({ scenario }) => scenario.area))];
  return areas.map((area) => {
    const { passed, failed, flaky, known, warned, skipped } = totalsOf(
      results.filter(({ scenario }) => scenario.area === area),
    );
    const red = failed + flaky;
    const cells = [`${passed} passed`, red > 0 ? colors.red(`${red} failed`) : '0 failed', `${skipped} skipped`];
    if (known > 0) cells.push(colors.yellow(`${known} known`));
    if (warned > 0) cells.push(colors.yellow(`${warned} warnings`));
    return `${area.padEnd(6)} ${cells.join(', ')}`;
  });
}

function explain(
  result: ScenarioResult,
  spec: ReadonlyMap<string, Requirement>,
  rerun: (scenario: PlannedScenario) => string,
  mark: string,
): string[] {
  const { scenario, failure, exchange, frames } = result;
  const requirement = spec.get(scenario.requirement);
  return [
    `${mark} ${colors.bold(`${scenario.requirement} ${requirement?.title ?? ''}`)}: ${scenario.name}`,
    `  ${requirement?.sentence ?? ''}`,
    `  ${colors.dim(`${requirement?.place ?? ''} · ${scenario.uri}:${scenario.line}`)}`,
    `  step     ${failure?.step ?? ''}`,
    ...indent('  because  ', printable(failure?.message.replaceAll(ROOT, '') ?? '')),
    ...exchange.map(
      ({ atMs, who, kind, text }) =>
        `  ${`${atMs} ms`.padStart(8)}  ${who.padEnd(8)} ${ARROW[kind]} ${printable(text)}`,
    ),
    ...frameLines(frames).map((line) => `    ${printable(line)}`),
    `  again    ${rerun(scenario)}`,
    '',
  ];
}

const ARROW = { sent: '→', received: '←', note: '·' } as const;

function indent(label: string, text: string): string[] {
  return text.split('\n').map((line, i) => `${i === 0 ? label : ' '.repeat(label.length)}${line}`);
}
