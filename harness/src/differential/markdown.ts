import { plain } from '../report/markdown.ts';
import { outcomeOf } from './console.ts';
import type { DifferentialReport, ReportedPair } from './report.ts';

const MAX_DIFFERENCES = 30;

/** A comparison for the page of a CI job. */
export function differentialMarkdown(report: DifferentialReport): string {
  const { servers, totals, differences, allowed, uncompared } = report;
  const name = (side: 'a' | 'b'): string => servers[side].label ?? servers[side].address;
  const mark = differences.length === 0 ? '✅' : '❌';
  const lines = [
    `## ${mark} A ${plain(name('a'))} against B ${plain(name('b'))}`,
    '',
    `${totals.equal} scenarios without a difference, ${totals.differs} with one, ${totals.uncompared} not compared.`,
  ];
  for (const pair of differences.slice(0, MAX_DIFFERENCES)) lines.push('', ...details(pair));
  if (differences.length > MAX_DIFFERENCES) lines.push('', `and ${differences.length - MAX_DIFFERENCES} more`);
  if (allowed.length > 0) {
    lines.push('', '### Allowed', '', '| count | what | where it is left open |', '|--:|---|---|');
    for (const { count, what, spec } of allowed) lines.push(`| ${count} | ${plain(what)} | ${plain(spec)} |`);
  }
  if (uncompared.length > 0) lines.push('', '### Not compared', '');
  for (const { count, reason } of uncompared) lines.push(`- ${count}: ${plain(reason)}`);
  return `${lines.join('\n')}\n`;
}

function details({ requirement, title, name, sentence, outcome, first, again }: ReportedPair): string[] {
  const rows = (first?.fields ?? []).filter(({ a, b, differs }) => differs || a !== b);
  const cell = (value: string | number | null): string => (value === null ? '–' : plain(String(value)));
  return [
    `<details><summary>${plain(`${requirement} ${title}: ${name}`)}</summary>`,
    '',
    plain(sentence),
    '',
    `- A: ${plain(outcomeOf(outcome.a))}`,
    `- B: ${plain(outcomeOf(outcome.b))}`,
    ...(first ? [`- ${plain(`${first.who}, ${first.call ?? 'session'}: ${first.field}`)}`] : []),
    '',
    ...(rows.length > 0 ? ['| offset A | offset B | field | A | B |', '|--:|--:|---|---|---|'] : []),
    ...rows.map(
      ({ offset, field, a, b }) =>
        `| ${cell(offset.a)} | ${cell(offset.b)} | ${cell(field)} | ${cell(a)} | ${cell(b)} |`,
    ),
    '',
    `Again: <code>${plain(again)}</code>`,
    '',
    '</details>',
  ];
}
