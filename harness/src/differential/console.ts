import { printable } from '../report/printable.ts';
import type { DifferentialReport, ReportedDifference, ReportedPair } from './report.ts';
import type { Row } from './side-by-side.ts';

const SHOWN_ROWS = 14;
const SHOWN_MORE = 5;
const VALUE_WIDTH = 44;

/** What a comparison found, for people. */
export function differentialSummary(report: DifferentialReport): string {
  const { differences, allowed, uncompared, totals } = report;
  const lines = ['', ...differences.flatMap(explain)];
  if (allowed.length > 0) lines.push('Differences that the specification allows:');
  for (const { count, what, spec, example } of allowed) {
    lines.push(`  ${String(count).padStart(5)}  ${what} (${spec})`);
    if (example) lines.push(`         such as ${example.requirement}, ${told(example)} (${example.place})`);
  }
  if (allowed.length > 0) lines.push('');
  for (const { reason, count } of uncompared) lines.push(`${count} not compared: ${reason}`);
  const compared = totals.equal + totals.differs;
  lines.push(`${compared} scenarios compared: ${totals.equal} without a difference, ${totals.differs} with one`);
  return printable(lines.join('\n'));
}

const told = ({ who, call, field, a, b }: ReportedDifference): string =>
  `${who}${call === null ? '' : `, ${call}`}: ${field} is ${a} on A, ${b} on B`;

function explain(pair: ReportedPair): string[] {
  const { requirement, title, name, sentence, spec, uri, line, first, more, outcome, again } = pair;
  const lines = [`DIFFERS ${requirement} ${title}: ${name}`, `  ${sentence}`, `  ${spec} · ${uri}:${line}`];
  for (const side of ['a', 'b'] as const) lines.push(`  ${side.toUpperCase()}        ${outcomeOf(outcome[side])}`);
  if (first) {
    lines.push(`  first    ${told(first)}`);
    if (first.sent) lines.push(`           after ${first.sent.summary}`);
    lines.push(...table(first.fields).map((row) => `    ${row}`));
  } else
    lines.push('  first    all messages are the same; only what the scenario makes of them differs, such as times');
  for (const difference of more.slice(0, SHOWN_MORE)) lines.push(`  then     ${told(difference)}`);
  if (more.length > SHOWN_MORE) lines.push(`  then     ${more.length - SHOWN_MORE} more`);
  return [...lines, `  again    ${again}`, ''];
}

export const outcomeOf = ({ status, failure }: ReportedPair['outcome']['a']): string =>
  failure === null ? status : `${status} at "${failure.step}": ${failure.message.split('\n')[0]}`;

/** Offset, field, value of A, value of B; `≠` where they differ. */
function table(rows: readonly Row[]): string[] {
  const at = rows.findIndex(({ differs }) => differs);
  const start = Math.max(0, Math.min(at - SHOWN_ROWS / 2, rows.length - SHOWN_ROWS));
  const shown = rows.slice(start, start + SHOWN_ROWS);
  const cells = shown.map(({ offset, field, a, b, differs }) => [
    differs ? '≠' : '',
    [...new Set([offset.a, offset.b].filter((one) => one !== null))].join('/'),
    field.replace(/ →$/, ''),
    cut(a),
    cut(b),
  ]);
  const all = [['', 'offset', 'field', 'A', 'B'], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const cut = (value: string | null): string =>
  value === null ? '–' : value.length <= VALUE_WIDTH ? value : `${value.slice(0, VALUE_WIDTH - 1)}…`;
