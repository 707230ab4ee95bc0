import type { Outcome } from '../ledger/ledger.ts';
import { nameOf } from './html.ts';
import type { JsonReport } from './json.ts';
import { plain } from './markdown.ts';
import { html, Markup } from './markup.ts';
import { printable } from './printable.ts';

/** What a report knows nothing of. */
const UNKNOWN = 'unknown';
type Cell = Outcome | typeof UNKNOWN;

interface MatrixRow {
  requirement: string;
  title: string;
  level: string;
  cells: Cell[];
}

/** Requirements × implementations. */
export interface Matrix {
  names: string[];
  rows: MatrixRow[];
  /** Of each implementation: how many of all its requirements came out so, shown or not. */
  totals: JsonReport['ledger']['totals'][];
  /** Reports were made from specifications that differ. */
  isMixed: boolean;
}

/** @param onlyDifferences leaves out the rows in which all implementations are alike */
export function makeMatrix(reports: readonly JsonReport[], onlyDifferences: boolean): Matrix {
  const known = new Map<string, MatrixRow>();
  for (const [column, { ledger }] of reports.entries()) {
    for (const { requirement, title, level, outcome } of ledger.requirements) {
      const cells = reports.map((): Cell => UNKNOWN);
      const row = known.get(requirement) ?? { requirement, title, level, cells };
      row.cells[column] = outcome;
      known.set(requirement, row);
    }
  }
  const rows = [...known.values()].filter(({ cells }) => !onlyDifferences || new Set(cells).size > 1);
  const names = reports.map(nameOf);
  const isMixed = new Set(reports.map(({ spec }) => spec.digest)).size > 1;
  return {
    names: names.map((name, i) => (names.indexOf(name) === i ? name : `${name} (${i + 1})`)),
    rows,
    totals: reports.map(({ ledger }) => ledger.totals),
    isMixed,
  };
}

const SYMBOLS: Record<Cell, string> = {
  passed: '✓',
  failed: '✗',
  flaky: '~',
  known: 'k',
  warned: '!',
  broken: '?',
  skipped: '–',
  'not offered': 'o',
  'not selected': '-',
  elsewhere: '·',
  'not testable': '·',
  unknown: '?',
};
const LEGEND =
  '✓ passed  ✗ failed  ~ not the same each time  k fails, as is known  ! a SHOULD is not followed  – skipped  - not selected  o not offered  · not tested here  ? unknown';
const MIXED = 'The reports were made from different specifications: a requirement may not say the same in each.';
const ALIKE = 'no differences';

/** For the console: a column an implementation, a line a requirement. */
export function matrixText(matrix: Matrix): string {
  const { names, rows, totals, isMixed } = matrix;
  const lines = names.map((name, i) => `${String.fromCharCode(65 + (i % 26))}  ${printable(name)}`);
  const letters = names.map((_, i) => String.fromCharCode(65 + (i % 26)));
  lines.push('', `${' '.repeat(18)}${letters.join(' ')}`);
  for (const { requirement, title, level, cells } of rows)
    lines.push(
      `${requirement.padEnd(10)} ${level.padEnd(6)} ${cells.map((cell) => SYMBOLS[cell]).join(' ')}  ${printable(title)}`,
    );
  if (rows.length === 0) lines.push(ALIKE);
  for (const outcome of ['passed', 'failed', 'warned'] as const)
    lines.push(`${outcome.padEnd(10)} ${totals.map((of, i) => `${letters[i]} ${of[outcome] ?? 0}`).join(', ')}`);
  lines.push('', LEGEND, ...(isMixed ? [MIXED] : []));
  return lines.join('\n');
}

export function matrixMarkdown(matrix: Matrix): string {
  const { names, rows, totals, isMixed } = matrix;
  const lines = [
    `| requirement | level | ${names.map(plain).join(' | ')} |`,
    `|---|---|${names.map(() => ':-:|').join('')}`,
  ];
  for (const { requirement, title, level, cells } of rows)
    lines.push(
      `| ${requirement} ${plain(title)} | ${level} | ${cells.map((cell) => `${SYMBOLS[cell]} ${cell}`).join(' | ')} |`,
    );
  lines.push(`| **passed** | | ${totals.map(({ passed = 0 }) => passed).join(' | ')} |`);
  if (isMixed) lines.push('', MIXED);
  return `${lines.join('\n')}\n`;
}

const STYLE = `:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;padding:0 1rem;max-width:75rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}
thead th{position:sticky;top:0;background:Canvas}
tbody th{font-weight:500}
.scroll{overflow-x:auto}
.passed{color:light-dark(#116329,#56d364)}.failed,.flaky{color:light-dark(#b31d28,#ff7b72);font-weight:600}.warned,.known{color:light-dark(#7d4e00,#e3b341)}`;

/** One file, without a script. */
export function matrixHtml({ names, rows, isMixed }: Matrix): string {
  const heads = names.map((name) => html`<th scope="col">${name}`);
  const body = rows.map(
    ({ requirement, title, level, cells }) =>
      html`<tr><th scope="row">${requirement} ${title}<td>${level}${cells.map((cell) => html`<td class="${cell}">${SYMBOLS[cell]} ${cell}`)}`,
  );
  const mixed = isMixed ? html`<p>${MIXED}` : html``;
  const alike = rows.length === 0 ? html`<p>${ALIKE}` : html``;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of ${names.length} implementations</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>Conformance of ${names.length} implementations</h1>
${mixed}
<div class="scroll"><table><thead><tr><th scope="col">requirement<th scope="col">level${heads}<tbody>${body}</table></div>
${alike}
</main>
</body>
</html>
`.text;
}
