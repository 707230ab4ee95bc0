import { readFileSync } from 'node:fs';
import type { Requirement } from './spec.ts';

/** The line of a requirement in spec/SUMMARY.md. */
export function indexRow({ id, title, level, profile, test, place }: Requirement): string {
  const link = place.replace(/^spec\//, '');
  return `| [${id}](${link}) | ${title} | ${level} | ${profile} | ${kindOfTest(test)} |`;
}

/** The sentence at the top of spec/SUMMARY.md that counts the requirements. */
export function indexTotals(spec: ReadonlyMap<string, Requirement>): string {
  const count = (kind: string): number => [...spec.values()].filter(({ test }) => kindOfTest(test) === kind).length;
  return (
    `There are ${spec.size} requirements: ${count('scenario')} are shown by scenarios, ${count('vector')} by vectors, ` +
    `${count('unit')} by unit tests; ${count('none')} are untested, and say why.`
  );
}

const kindOfTest = (test: string): string => test.split(':', 1)[0] as string;

/** Holds the index against the pages: a line for each requirement under a heading that leads to its page, and the totals. */
export function checkIndex(spec: ReadonlyMap<string, Requirement>, path: string, faults: string[]): void {
  const text = readFileSync(path, 'utf8');
  const rows = new Set(text.split('\n'));
  for (const requirement of spec.values()) {
    const row = indexRow(requirement);
    if (!rows.has(row)) faults.push(`spec/SUMMARY.md: ${requirement.id} has no line\n    ${row}`);
  }
  for (const id of new Set([...text.matchAll(/^\| \[([A-Z]+-\d{3})\]/gm)].map(([, id]) => id as string)))
    if (!spec.has(id)) faults.push(`spec/SUMMARY.md: ${id} is in no page`);
  for (const page of new Set([...spec.values()].map(({ place }) => place.replace(/^spec\/|#.*/g, ''))))
    if (!text.includes(`](${page})`)) faults.push(`spec/SUMMARY.md: the page ${page} is missing`);
  const totals = indexTotals(spec);
  if (!text.replace(/\s+/g, ' ').includes(totals)) faults.push(`spec/SUMMARY.md: the totals are not\n    ${totals}`);
}
