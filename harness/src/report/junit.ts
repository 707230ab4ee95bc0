import xmlbuilder from 'xmlbuilder';
import type { JsonReport, ReportedScenario } from './json.ts';

/** What XML 1.0 cannot hold: a server's texts may hold anything. */
const NOT_XML = /[^\t\n\r\P{Cc}]|[\ufffe\uffff]|\p{Cs}/gu;
const clean = (text: string): string => text.replace(NOT_XML, '\ufffd');

/** JUnit XML: a suite an area, a case a scenario. Warnings are passed cases with their text as output, known failures skipped ones. */
export function toJunit({ suite, scenarios, problems, durationMs, startedAt }: JsonReport): string {
  const root = xmlbuilder.create('testsuites', { encoding: 'UTF-8' });
  root.att({ name: suite.name, ...counts(scenarios, problems), time: seconds(durationMs) });
  for (const area of new Set(scenarios.map((scenario) => scenario.area))) {
    const cases = scenarios.filter((scenario) => scenario.area === area);
    const time = cases.reduce((sum, scenario) => sum + scenario.durationMs, 0);
    const element = root.ele('testsuite', { name: area, ...counts(cases), time: seconds(time), timestamp: startedAt });
    for (const scenario of cases) addCase(element, scenario);
  }
  if (problems.length > 0) {
    const element = root.ele('testsuite', {
      name: 'run',
      ...counts([], problems),
      time: '0.000',
      timestamp: startedAt,
    });
    for (const problem of problems)
      element.ele('testcase', { classname: 'run', name: clean(problem) }).ele('failure', { message: clean(problem) });
  }
  return `${root.end({ pretty: true })}\n`;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function counts(scenarios: readonly ReportedScenario[], problems: readonly string[] = []): Record<string, number> {
  const of = (status: string): number => scenarios.filter((scenario) => scenario.status === status).length;
  const failures = of('failed') + of('flaky') + problems.length;
  return {
    tests: scenarios.length + problems.length,
    failures,
    errors: of('broken'),
    skipped: of('skipped') + of('known'),
  };
}

function addCase(parent: xmlbuilder.XMLElement, scenario: ReportedScenario): void {
  const { requirement, title, name, status } = scenario;
  const element = parent.ele('testcase', {
    classname: clean(`${requirement} ${title}`),
    name: clean(`${name} (${scenario.uri}:${scenario.line})`),
    time: seconds(scenario.durationMs),
  });
  const properties = element.ele('properties');
  for (const property of ['requirement', 'level', 'source', 'spec'] as const)
    properties.ele('property', { name: property, value: scenario[property] });
  const exchange = (scenario.exchange ?? [])
    .map(({ atMs, who, kind, text }) => `${atMs} ms ${who} ${kind}: ${text}`)
    .join('\n');
  const message = clean(scenario.failure?.message ?? scenario.reason ?? '');
  const body = clean(`${scenario.sentence}\n${scenario.failure?.step ?? ''}\n${message}\n${exchange}`);
  if (status === 'failed' || status === 'flaky') element.ele('failure', { message }, body);
  else if (status === 'broken') element.ele('error', { message }, body);
  else if (status === 'skipped') element.ele('skipped', { message });
  else if (status === 'known') element.ele('skipped', { message: `known to fail: ${message}` }, body);
  else if (status === 'warned') element.ele('system-out', {}, body);
}
