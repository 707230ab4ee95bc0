import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OUTCOMES, type Outcome } from '../ledger/ledger.ts';
import type { Status } from '../result.ts';
import { type Detail, failureOf } from './html-failure.ts';
import type { JsonReport, ReportedRequirement, ReportedScenario } from './json.ts';
import { html, Markup, NONE, sizeOf } from './markup.ts';

/** Bytes that the file stays under, as long as the lists alone do. */
const MAX_BYTES = 490_000;

/** Failures that are shown with everything, whatever else there is no room for. */
const SHOWN_WHOLE = 4;

/** Bytes beneath which nothing more fits. */
const LEAST_DETAIL = 150;

const asset = (name: string): string => readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8').trim();
const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** How the report, where it will be, leads to a page of spec/. */
export type SpecLink = (place: string) => string | undefined;

/**
 * One file that holds everything: no script or style but its own may run in it (Content-Security-Policy), nothing is loaded.
 * Failures are shown as far as there is room for, the first of each requirement before all others.
 */
export function toHtml(report: JsonReport, specLink: SpecLink = () => undefined): string {
  const details = new Map<ReportedScenario, Markup>();
  const frame = page(report, specLink, details);
  let room = MAX_BYTES - sizeOf(frame);
  const failures = inOrderOfWorth(report.scenarios);
  const show = (scenarios: readonly ReportedScenario[], detail: Detail): void => {
    for (const scenario of scenarios) {
      if (detail !== 'none' && room < LEAST_DETAIL) return;
      const larger = failureOf(scenario, detail);
      const growth = sizeOf(larger) - sizeOf(details.get(scenario) ?? NONE);
      if (growth <= 0 || (detail !== 'none' && growth > room)) continue;
      details.set(scenario, larger);
      room -= growth;
    }
  };
  show(failures, 'none');
  // A few whole ones are worth more than a word about each of a thousand.
  show(failures.slice(0, SHOWN_WHOLE), 'frames');
  for (const detail of ['brief', 'calls', 'frames'] satisfies Detail[]) show(failures, detail);
  return page(report, specLink, details).text;
}

/** The first failure of each requirement, then the others; what is broken or warns last. */
function inOrderOfWorth(scenarios: readonly ReportedScenario[]): ReportedScenario[] {
  const seen = new Set<string>();
  const rank = ({ status, requirement }: ReportedScenario): number => {
    const isFirst = !seen.has(requirement);
    seen.add(requirement);
    return (status === 'failed' || status === 'flaky' ? 0 : 2) + (isFirst ? 0 : 1);
  };
  return scenarios
    .filter(({ status }) => isFailure(status))
    .map((scenario) => ({ scenario, rank: rank(scenario) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ scenario }) => scenario);
}

const isFailure = (status: Status): boolean => status !== 'passed' && status !== 'skipped';
/** What fails the run. */
const isFatal = (status: Status): boolean => status === 'failed' || status === 'flaky' || status === 'broken';

function page(report: JsonReport, specLink: SpecLink, details: Map<ReportedScenario, Markup>): Markup {
  const style = asset('report.css');
  const script = asset('report.js');
  const policy = `default-src 'none'; style-src ${digest(style)}; script-src ${digest(script)}; base-uri 'none'; form-action 'none'`;
  const title = `Conformance of ${nameOf(report)}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip" href="#requirements">Skip to the requirements</a>
<header>
<h1>${title}</h1>
${verdict(report)}
${bar(report)}
${tiles(report)}
</header>
<main>
${failureList(report)}
${areaTable(report)}
<h2 id="requirements" tabindex="-1">Requirements</h2>
${filter(report)}
${requirements(report, specLink, details)}
<h2>The run</h2>
${facts(report)}
</main>
<footer>${report.suite.name} ${report.suite.version}</footer>
<script>${new Markup(script)}</script>
</body>
</html>
`;
}

export const nameOf = ({ target }: JsonReport): string =>
  target.label ?? (target.kind === 'embedded' ? 'the reference server' : target.address);

function verdict({ verdict: text, totals, durationMs, exitCode }: JsonReport): Markup {
  const parts = [`${totals.passed} scenarios passed`, `${totals.failed} failed`];
  if (totals.flaky > 0) parts.push(`${totals.flaky} flaky`);
  if (totals.known > 0) parts.push(`${totals.known} known to fail`);
  if (totals.warned > 0) parts.push(`${totals.warned} warnings`);
  if (totals.broken > 0) parts.push(`${totals.broken} broken`);
  parts.push(`${totals.skipped} skipped`);
  return html`<p class="verdict ${exitCode === 0 ? 'good' : 'bad'}">${text}</p>
<p class="lead">${parts.join(', ')}, in ${(durationMs / 1000).toFixed(1)} s.</p>`;
}

/** An SVG, since a style attribute would need the policy to allow all of them. */
function bar({ ledger }: JsonReport): Markup {
  const all = ledger.requirements.length;
  let x = 0;
  const rects = OUTCOMES.filter((outcome) => (ledger.totals[outcome] ?? 0) > 0).map((outcome) => {
    const width = (100 * (ledger.totals[outcome] ?? 0)) / all;
    const rect = html`<rect class="${outcome}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="10"/>`;
    x += width;
    return rect;
  });
  return html`<div class="bar" aria-hidden="true"><svg viewBox="0 0 100 10" preserveAspectRatio="none">${rects}</svg></div>`;
}

/** Outcomes that a requirement has, and the two that everybody looks for. */
const occurring = ({ totals }: JsonReport['ledger']): Outcome[] =>
  OUTCOMES.filter((outcome) => (totals[outcome] ?? 0) > 0 || outcome === 'passed' || outcome === 'failed');

function tiles({ ledger }: JsonReport): Markup {
  const items = occurring(ledger).map(
    (outcome) => html`<li class="${outcome}"><strong>${ledger.totals[outcome] ?? 0}</strong>${outcome}`,
  );
  return html`<ul class="tiles" aria-label="Requirements by outcome">${items}</ul>
<p class="small">of ${ledger.requirements.length} requirements. <i>Elsewhere</i>: a unit test of the reference implementation, or test vectors, show it.</p>`;
}

const SHOWN_LINKS = 100;
const anchorOf = ({ uri, line }: ReportedScenario): string => `${uri}:${line}`;

function failureList({ scenarios, problems }: JsonReport): Markup {
  const failed = scenarios.filter(({ status }) => isFatal(status));
  if (failed.length + problems.length === 0) return NONE;
  const items = failed
    .slice(0, SHOWN_LINKS)
    .map(
      (scenario) =>
        html`<li><b class="status ${scenario.status}">${symbolOf(scenario.status)} ${scenario.status}</b> <a href="#${encodeURI(anchorOf(scenario))}">${scenario.requirement} ${scenario.title}: ${scenario.name}</a>`,
    );
  const more =
    failed.length > SHOWN_LINKS ? html`<p class="small">and ${failed.length - SHOWN_LINKS} more below</p>` : NONE;
  const others = problems.map((problem) => html`<li>${problem}`);
  return html`<h2>Failures</h2><ul class="failures">${others}${items}</ul>${more}`;
}

const areasOf = ({ ledger }: JsonReport): string[] => [...new Set(ledger.requirements.map(({ area }) => area))];

function areaTable(report: JsonReport): Markup {
  const shown = occurring(report.ledger);
  const rows = areasOf(report).map((area) => {
    const of = report.ledger.requirements.filter((requirement) => requirement.area === area);
    const cells = shown.map((outcome) => {
      const count = of.filter((requirement) => requirement.outcome === outcome).length;
      return html`<td class="${count === 0 ? 'zero' : outcome}">${count}`;
    });
    return html`<tr><th scope="row">${area}<td>${of.length}${cells}`;
  });
  const heads = ['area', 'requirements', ...shown];
  return html`<h2>Areas</h2><div class="scroll"><table class="areas"><thead><tr>${heads.map((head) => html`<th scope="col">${head}`)}<tbody>${rows}</table></div>`;
}

function filter(report: JsonReport): Markup {
  const { requirements: all } = report.ledger;
  const profiles = [...new Set([...all.map(({ profile }) => profile), ...report.scenarios.flatMap((s) => s.profiles)])];
  const statuses = OUTCOMES.filter(
    (outcome) =>
      all.some((requirement) => requirement.outcome === outcome) ||
      report.scenarios.some(({ status }) => status === outcome),
  );
  const select = (name: string, values: readonly string[]): Markup =>
    html`<label>${name}<select name="${name}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
  return html`<form id="filter" role="search" aria-label="Filter the requirements" hidden>
<label class="wide">text (press / to come here)<input name="text" type="search" autocomplete="off"></label>
${select('area', areasOf(report))}
${select('status', statuses)}
${select('profile', profiles)}
<button type="reset">Reset</button>
<button type="button" id="open">Open or close all</button>
<p id="count" role="status"></p>
</form>`;
}

function requirements(report: JsonReport, specLink: SpecLink, details: Map<ReportedScenario, Markup>): Markup {
  const scenarios = new Map<string, ReportedScenario[]>();
  for (const scenario of report.scenarios)
    scenarios.set(scenario.requirement, [...(scenarios.get(scenario.requirement) ?? []), scenario]);
  const sections = areasOf(report).map((area) => {
    const items = report.ledger.requirements
      .filter((requirement) => requirement.area === area)
      .map((entry) => requirement(entry, scenarios.get(entry.requirement) ?? [], specLink, details));
    return html`<section class="area" aria-label="Area ${area}">${items}</section>`;
  });
  return html`${sections}`;
}

function requirement(
  entry: ReportedRequirement,
  scenarios: readonly ReportedScenario[],
  specLink: SpecLink,
  details: Map<ReportedScenario, Markup>,
): Markup {
  const { requirement: id, title, area, level, profile, source, outcome, untested, spec } = entry;
  const profiles = [...new Set([profile, ...scenarios.flatMap((scenario) => scenario.profiles)])].join(' ');
  const href = specLink(spec);
  const link = href === undefined ? html`${spec}` : html`<a href="${href}">${spec}</a>`;
  const sentence = scenarios[0] ? html`<p class="sentence">${scenarios[0].sentence}</p>` : NONE;
  const why = untested === null ? NONE : html`<p class="small">Not testable: ${untested}</p>`;
  const rows = scenarios.map((scenario) => row(scenario, details.get(scenario) ?? NONE));
  return html`
<details class="requirement ${outcome}" id="${id}" data-area="${area}" data-status="${outcome}" data-profiles="${profiles}"><summary><h3>${id} ${title}</h3><span class="small">${level}</span><span class="status ${outcome}">${symbolOf(outcome)} ${outcome}</span></summary><div class="body">${sentence}<p class="small">${link} · profile ${profile} · ${source} · ${testsOf(entry)}</p>${why}<ul class="scenarios">${rows}</ul></div></details>`;
}

function row(scenario: ReportedScenario, detail: Markup): Markup {
  const { status, name, uri, line, reason } = scenario;
  const why = status === 'skipped' && reason !== undefined ? html` <span class="small">${reason}</span>` : NONE;
  const id = isFailure(status) ? html` id="${anchorOf(scenario)}"` : NONE;
  return html`<li class="${status}" data-status="${status}"${id}><b>${symbolOf(status)} ${status}</b> ${name} <code>${uri.replace(/^features\//, '')}:${line}</code>${why}${detail}`;
}

const SYMBOLS: Record<string, string> = {
  passed: '✓',
  failed: '✗',
  flaky: '~',
  known: '✗',
  warned: '!',
  broken: '⚠',
  skipped: '–',
};
const symbolOf = (status: string): string => SYMBOLS[status] ?? '–';

/** `3 scenarios, 2 mutants`. */
function testsOf({ tests }: ReportedRequirement): string {
  const names = { scenarios: 'scenario', vectors: 'vector', properties: 'property', mutants: 'mutant' } as const;
  const parts = (Object.keys(names) as (keyof typeof names)[])
    .filter((kind) => tests[kind] > 0)
    .map((kind) => `${tests[kind]} ${tests[kind] === 1 ? names[kind] : kind}`);
  if (tests.unit !== null) parts.push(`unit test ${tests.unit}`);
  return parts.join(', ') || 'no test';
}

function facts(report: JsonReport): Markup {
  const { target, spec, suite, seed, startedAt, options } = report;
  const list: [string, string | null][] = [
    ['target', `${target.address}${target.kind === 'embedded' ? ' (embedded)' : ''}`],
    ['offers', target.profiles.join(', ')],
    ['certificate', target.certificateSha256],
    ['health says', target.health],
    ['suite', suite.version],
    ['specification', `${spec.requirements} requirements, SHA-256 ${spec.digest}`],
    ['started', startedAt],
    ['seed', seed],
    ['options', JSON.stringify(options)],
  ];
  const items = list.flatMap(([name, value]) => (value === null ? [] : [html`<dt>${name}<dd>${value}`]));
  return html`<dl class="facts">${items}</dl>`;
}
