import { OUTCOMES } from '../ledger/ledger.ts';
import { nameOf, type SpecLink } from './html.ts';
import type { JsonReport, ReportedScenario } from './json.ts';
import { printable } from './printable.ts';

const MAX_FAILURES = 30;
const MAX_LENGTH = 500;

/** Text of others on a Markdown page: neither markup nor a link nor a mention, on one line. */
export const plain = (text: string): string =>
  printable(text.slice(0, MAX_LENGTH))
    .replace(/\s+/g, ' ')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~$:@]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/https?|www\./gi, (word) => `${word[0]}<!-- -->${word.slice(1)}`);

/** As a block that nothing in it can end. */
function block(text: string): string[] {
  const lines = printable(text).slice(0, 2_000).split('\n');
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return [fence, ...lines, fence];
}

const someOf = (count: number, what: string): string => (count > 0 ? `${count} ${what}, ` : '');

/** A summary for the page of a CI job. */
export function toMarkdown(report: JsonReport, specLink: SpecLink = () => undefined): string {
  const { ledger, scenarios, totals, problems, target, verdict, durationMs, exitCode } = report;
  const lines = [
    `## ${exitCode === 0 ? '✅' : '❌'} ${plain(nameOf(report))}: ${verdict}`,
    '',
    `${totals.passed} scenarios passed, ${totals.failed} failed, ${someOf(totals.flaky, 'flaky')}${someOf(totals.known, 'known to fail')}${totals.warned} warnings, ${totals.skipped} skipped, in ${(durationMs / 1000).toFixed(1)} s. It offers ${plain(target.profiles.join(', '))}.`,
    '',
    `| area | ${OUTCOMES.join(' | ')} |`,
    `|---|${OUTCOMES.map(() => '--:|').join('')}`,
  ];
  const areas = [...new Set(ledger.requirements.map(({ area }) => area))];
  for (const area of [...areas, 'all']) {
    const of = ledger.requirements.filter((entry) => area === 'all' || entry.area === area);
    const cells = OUTCOMES.map((outcome) => of.filter((entry) => entry.outcome === outcome).length || '');
    lines.push(`| ${area === 'all' ? '**all**' : plain(area)} | ${cells.join(' | ')} |`);
  }
  if (problems.length > 0) lines.push('', ...problems.map((problem) => `- ❌ ${plain(problem)}`));
  const failed = scenarios.filter(({ status }) => status === 'failed' || status === 'flaky' || status === 'broken');
  const known = scenarios.filter(({ status }) => status === 'known');
  const warned = scenarios.filter(({ status }) => status === 'warned');
  lines.push(...section('Failures', failed, specLink), ...section('Known failures', known, specLink));
  lines.push(...section('Warnings', warned, specLink));
  return `${lines.join('\n')}\n`;
}

function section(title: string, scenarios: readonly ReportedScenario[], specLink: SpecLink): string[] {
  if (scenarios.length === 0) return [];
  const lines = ['', `### ${title}`, ''];
  for (const scenario of scenarios.slice(0, MAX_FAILURES)) {
    const { requirement, title: name, sentence, failure, reason, again, spec } = scenario;
    const href = specLink(spec);
    const id = href === undefined ? `**${requirement}**` : `[**${requirement}**](${encodeURI(href)})`;
    lines.push(`<details><summary>${plain(`${requirement} ${name}: ${scenario.name}`)}</summary>`, '');
    lines.push(`${id} ${plain(sentence)}`, '');
    if (failure) lines.push(`At the step: ${plain(failure.step)}`, '');
    lines.push(...block(failure?.message ?? reason ?? ''), '');
    if (again !== undefined) lines.push('Run it again:', '', ...block(again), '');
    lines.push('</details>', '');
  }
  if (scenarios.length > MAX_FAILURES) lines.push(`and ${scenarios.length - MAX_FAILURES} more`);
  return lines;
}
