import type { JsonReport } from './json.ts';
import { html } from './markup.ts';

/** Width of a character of 11 px Verdana, about, in px. */
const CHARACTER = 6.6;
const widthOf = (text: string): number => Math.round(text.length * CHARACTER) + 12;

const withSome = (count: number, what: string): string => (count > 0 ? `, ${count} ${what}` : '');

/** An SVG for a README: `conformance | 142 of 142` in green, red with what failed, grey when nothing was found out. */
export function toBadge({ ledger, problems, verdict }: JsonReport): string {
  const { passed = 0, failed = 0, flaky = 0, known = 0, warned = 0, broken = 0 } = ledger.totals;
  const label = 'conformance';
  const ran = passed + failed + flaky + known + warned + broken;
  const isPartial = (ledger.totals['not selected'] ?? 0) > 0;
  const count = `${passed + warned} of ${ran}${isPartial ? ' selected' : ''}`;
  const [text, color] =
    verdict === 'conformant'
      ? [
          `${count}${withSome(warned, 'warned')}${withSome(known, 'known to fail')}`,
          isPartial || known > 0 ? '#8a6100' : '#1a7f37',
        ]
      : verdict === 'not conformant'
        ? [
            failed + flaky > 0
              ? `${failed + flaky} of ${ran} failed`
              : `${count}, ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
            '#b31d28',
          ]
        : [verdict, '#57606a'];
  const left = widthOf(label);
  const right = widthOf(text);
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${label}: ${text}">
<title>${label}: ${text}</title>
<clipPath id="round"><rect width="${left + right}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)">
<rect width="${left}" height="20" fill="#3d444d"/>
<rect x="${left}" width="${right}" height="20" fill="${color}"/>
</g>
<g fill="#fff" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="${left / 2}" y="14">${label}</text>
<text x="${left + right / 2}" y="14">${text}</text>
</g>
</svg>
`.text;
}
