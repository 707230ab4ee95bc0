import { loadEvidence } from '../src/ledger/evidence.ts';
import { makeLedger } from '../src/ledger/ledger.ts';
import { loadFeatures, type PlannedScenario } from '../src/plan/features.ts';
import { type JsonReport, makeReport } from '../src/report/json.ts';
import type { ScenarioResult, Status } from '../src/result.ts';
import { loadSpec } from '../src/spec/spec.ts';

/** What a server may say to whoever reads about it. */
export const HOSTILE =
  '</script><script>document.title="owned"</script><img src=x onerror=\'document.title="owned"\'>"\'`<!--]]>\u202e\u0000\u001b[2J @all [x](javascript:1) ```\n# h';

export interface SampleOptions {
  /** How many scenarios, spread over the requirements of the specification. */
  scenarios: number;
  /** What the n-th comes to. */
  status(n: number): Status;
  /** What the target says in its failures. */
  text?: string;
  label?: string;
  specUrl?: string;
}

/** A report as a run would make it, of results that nobody has run. */
export function sampleReport({ scenarios, status, text = 'refused', label, specUrl }: SampleOptions): JsonReport {
  const spec = loadSpec();
  const tested = [...spec.values()].filter(({ test, area }) => test === 'scenario' && area !== 'LAY');
  const results = Array.from({ length: scenarios }, (_, n): ScenarioResult => {
    const requirement = tested[n % tested.length] as (typeof tested)[number];
    const scenario: PlannedScenario = {
      uri: `features/${requirement.area.toLowerCase()}/one.feature`,
      line: n + 1,
      name: `Scenario ${n} of a name of some length`,
      requirement: requirement.id,
      area: requirement.area,
      level: requirement.level,
      source: requirement.source,
      profiles: [requirement.profile as 'core'],
      tags: [],
      subject: 'server',
    };
    const of = status(n);
    return { scenario, status: of, durationMs: n % 50, ...(of === 'passed' ? { exchange: [] } : trouble(of, text, n)) };
  });
  return makeReport(results, spec, makeLedger(spec, loadFeatures(spec, undefined, 'any'), loadEvidence()), {
    target: {
      ...{ label: label ?? null, kind: 'remote', address: '127.0.0.1:7000', profiles: ['core'] },
      ...{ certificateSha256: 'ab'.repeat(32), health: text },
    },
    problems: [],
    ...{ options: { timeoutMs: 10_000 }, seed: '7', startedAt: '2026-01-02T03:04:05.678Z', durationMs: 12_345 },
    exitCode: results.some(({ status }) => status === 'failed' || status === 'flaky') ? 1 : 0,
    specUrl,
    again: ({ uri, line }) => `npm run conformance -- --target 127.0.0.1:7000 --open --scenario ${uri}:${line}`,
  });
}

function trouble(status: Status, text: string, n: number): Omit<ScenarioResult, 'scenario' | 'status' | 'durationMs'> {
  if (status === 'skipped') return { reason: text, exchange: [] };
  const hex = Buffer.from(`${text}${n}`.padEnd(200)).toString('hex');
  return {
    failure: { step: 'the call fails with E004', message: `fetch was refused with "${text}", expected E004` },
    exchange: Array.from({ length: 6 }, (_, i) => ({
      ...{ atMs: i * 3, who: 'Alice', kind: i % 2 === 0 ? ('sent' as const) : ('received' as const) },
      text: `fetch {recipientKey: 00, n: ${n}} -> ${text}`,
    })),
    frames: Array.from({ length: 8 }, (_, i) => ({
      ...{ atMs: i * 3, session: 'Alice', direction: i % 2 === 0 ? ('sent' as const) : ('received' as const) },
      ...{ bytes: 400, summary: `Return ${i} fetch: exception "${text}"`, hex },
      fields: Array.from({ length: 12 }, (_, j) => ({
        ...{ offset: j * 8, length: 8, name: `return.field${j}`, value: `${text} ${n}` },
        ...(i === 7 && j === 5 ? { expected: 'E004' } : {}),
      })),
    })),
  };
}
