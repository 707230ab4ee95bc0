import packageJson from '../../package.json' with { type: 'json' };
import type { ExchangeEntry } from '../exchange.ts';
import { type ScenarioResult, type Status, type Totals, totalsOf } from '../result.ts';
import type { Requirement } from '../spec.ts';

/** One scenario in a report. */
export interface ReportedScenario {
  requirement: string;
  title: string;
  sentence: string;
  /** Page and anchor in spec/. */
  spec: string;
  area: string;
  level: Requirement['level'];
  source: Requirement['source'];
  profiles: string[];
  name: string;
  uri: string;
  line: number;
  status: Status;
  durationMs: number;
  reason?: string | undefined;
  failure?: { step: string; message: string } | undefined;
  /** What was sent and what came back, of scenarios that did not pass. */
  exchange?: ExchangeEntry[] | undefined;
}

/** The record of a run; the other reports are made of it. Holds no token. */
export interface JsonReport {
  suite: { name: string; version: string };
  target: { address: string; profiles: string[] };
  options: Record<string, unknown>;
  startedAt: string;
  durationMs: number;
  exitCode: number;
  totals: Totals;
  scenarios: ReportedScenario[];
}

export function makeReport(
  results: readonly ScenarioResult[],
  spec: ReadonlyMap<string, Requirement>,
  run: Pick<JsonReport, 'target' | 'options' | 'startedAt' | 'durationMs' | 'exitCode'>,
): JsonReport {
  return {
    suite: { name: 'quicnprotochat conformance', version: packageJson.version },
    ...run,
    totals: totalsOf(results),
    scenarios: results.map((result) => reported(result, spec.get(result.scenario.requirement) as Requirement)),
  };
}

function reported(
  { scenario, status, durationMs, reason, failure, exchange }: ScenarioResult,
  requirement: Requirement,
): ReportedScenario {
  return {
    requirement: requirement.id,
    title: requirement.title,
    sentence: requirement.sentence,
    spec: requirement.place,
    area: requirement.area,
    level: requirement.level,
    source: requirement.source,
    profiles: scenario.profiles,
    name: scenario.name,
    uri: scenario.uri,
    line: scenario.line,
    status,
    durationMs,
    reason,
    failure,
    exchange: status === 'passed' ? undefined : exchange,
  };
}

export const toJson = (report: JsonReport): string => `${JSON.stringify(report, null, 2)}\n`;
