import packageJson from '../../package.json' with { type: 'json' };
import type { Discretion, ReportedFrame } from '../frames/reported.ts';
import { specDigest } from '../ledger/ledger.ts';
import { placeOf } from '../plan/features.ts';
import type { ReportedTarget } from '../report/json.ts';
import type { ScenarioResult, Status } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import type { Difference, Pair } from './compare.ts';
import type { PairResult } from './run-pair.ts';
import { type Row, sideBySide } from './side-by-side.ts';

/** Where two messages differ. */
export interface ReportedDifference {
  /** Whose stream: `Alice`, `raw`, … */
  who: string;
  /** Name of the method; null when it is about the session. */
  call: string | null;
  /** `payloads[0].seq`, `exception.reason`; `answer`: of another kind; `session`: what else was said, or how it ended. */
  field: string;
  a: string;
  b: string;
}

/** A scenario in which the servers differ. */
export interface ReportedPair {
  requirement: string;
  title: string;
  sentence: string;
  spec: string;
  level: Requirement['level'];
  name: string;
  uri: string;
  line: number;
  /** What each came to, and the step at which it failed. */
  outcome: Pair<{ status: Status; failure: { step: string; message: string } | null }>;
  /** The first message in which they differ; null when only what the scenario makes of them does. */
  first:
    | (ReportedDifference & { sent: ReportedFrame | null; answers: Pair<ReportedFrame | null>; fields: Row[] })
    | null;
  more: ReportedDifference[];
  /** The command that runs it again. */
  again: string;
}

/** What was found and is allowed, by rule. */
interface ReportedAllowance {
  rule: string;
  what: string;
  spec: string;
  count: number;
  /** The first of them; null for texts and steps, of which none is kept. */
  example: (ReportedDifference & { requirement: string; place: string }) | null;
}

/** The record of a comparison; harness/schemas/differential.schema.json. Holds no token. */
export interface DifferentialReport {
  kind: 'differential';
  formatVersion: 1;
  suite: { name: string; version: string };
  spec: { digest: string; requirements: number; url: string | null };
  servers: Pair<ReportedTarget>;
  /** Of what was random in what was sent. */
  seed: string;
  startedAt: string;
  durationMs: number;
  exitCode: number;
  /** Scenarios. */
  totals: { equal: number; differs: number; uncompared: number };
  differences: ReportedPair[];
  allowed: ReportedAllowance[];
  uncompared: { reason: string; count: number }[];
}

/** What is known besides the results. */
export interface Circumstance {
  spec: ReadonlyMap<string, Requirement>;
  servers: Pair<ReportedTarget>;
  discretion: Pair<Discretion>;
  seed: string;
  startedAt: Date;
  exitCode: number;
  specUrl: string | undefined;
  again(result: PairResult): string;
}

export function makeDifferentialReport(results: readonly PairResult[], circumstance: Circumstance): DifferentialReport {
  const { spec, servers, seed, startedAt, exitCode, specUrl } = circumstance;
  const count = (status: PairResult['status']): number => results.filter((result) => result.status === status).length;
  const reasons = results.flatMap(({ status, reason = '' }) => (status === 'uncompared' ? [reason] : []));
  return {
    kind: 'differential',
    formatVersion: 1,
    suite: { name: packageJson.name, version: packageJson.version },
    spec: { digest: specDigest(spec), requirements: spec.size, url: specUrl ?? null },
    ...{ servers, seed, startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), exitCode },
    totals: { equal: count('equal'), differs: count('differs'), uncompared: count('uncompared') },
    differences: results.filter(({ status }) => status === 'differs').map((result) => reportPair(result, circumstance)),
    allowed: allowances(results),
    uncompared: [...new Set(reasons)].map((reason) => ({
      reason,
      count: reasons.filter((other) => other === reason).length,
    })),
  };
}

function reportPair(result: PairResult, { spec, discretion, again }: Circumstance): ReportedPair {
  const { scenario, results, first, more } = result;
  const requirement = spec.get(scenario.requirement) as Requirement;
  const { title, sentence, place } = requirement;
  const { level, name, uri, line } = scenario;
  const outcome = ({ status, failure }: ScenarioResult) => ({ status, failure: failure ?? null });
  const shown = first && sideBySide(first, discretion);
  return {
    ...{ requirement: scenario.requirement, title, sentence, spec: place, level, name, uri, line },
    outcome: { a: outcome(results.a), b: outcome(results.b) },
    first: first && shown ? { ...reported(first), sent: shown.call, answers: shown.answers, fields: shown.rows } : null,
    more: more.map(reported),
    again: again(result),
  };
}

const reported = ({ who, question, path, shown }: Difference): ReportedDifference => ({
  ...{ who, call: question?.a.method ?? null, field: path, a: shown.a, b: shown.b },
});

function allowances(results: readonly PairResult[]): ReportedAllowance[] {
  const byRule = new Map<string, ReportedAllowance>();
  for (const { scenario, allowed } of results)
    for (const { rule, difference } of allowed) {
      const known = byRule.get(rule.id);
      if (known) {
        known.count += 1;
        continue;
      }
      const place = placeOf(scenario.uri, scenario.line);
      const example = difference ? { ...reported(difference), requirement: scenario.requirement, place } : null;
      byRule.set(rule.id, { rule: rule.id, what: rule.what, spec: rule.spec, count: 1, example });
    }
  return [...byRule.values()];
}
