import packageJson from '../../package.json' with { type: 'json' };
import type { ReportedFrame } from '../frames/reported.ts';
import { byRequirement, type LedgerEntry, OUTCOMES, type Outcome, outcomeOf, specDigest } from '../ledger/ledger.ts';
import type { PlannedScenario } from '../plan/features.ts';
import { type ScenarioResult, type Status, type Totals, totalsOf } from '../result.ts';
import type { Requirement } from '../spec/spec.ts';
import type { ExchangeEntry } from '../world/exchange.ts';

/** Of the form of the report: a reader of another one need not go on. */
export const FORMAT_VERSION = 1;

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
  /** Of several runs (--repeat): how often each status came out. */
  runs?: Partial<Record<Status, number>> | undefined;
  reason?: string | undefined;
  failure?: { step: string; message: string } | undefined;
  /** What was sent and what came back, of scenarios that did not pass. */
  exchange?: ExchangeEntry[] | undefined;
  /** What passed on the streams, of scenarios that failed. */
  frames?: ReportedFrame[] | undefined;
  /** The command that runs it again, of scenarios that did not pass. */
  again?: string | undefined;
}

/** A requirement in a report: how it is tested, and what the run says about it. The tests are counts. */
export interface ReportedRequirement {
  requirement: string;
  title: string;
  area: string;
  level: Requirement['level'];
  profile: string;
  source: Requirement['source'];
  spec: string;
  outcome: Outcome;
  tests: { scenarios: number; vectors: number; properties: number; mutants: number; unit: string | null };
  /** Why it is not testable. */
  untested: string | null;
}

/** What was tested. */
export interface ReportedTarget {
  /** Given with `--label`. */
  label: string | null;
  kind: 'embedded' | 'remote' | 'command' | 'client';
  /** HOST:PORT, or the command of a server or client. */
  address: string;
  profiles: readonly string[];
  /** SHA-256 of its certificate (DER), hex. */
  certificateSha256: string | null;
  /** What its `health` says. */
  health: string | null;
}

type Verdict = 'conformant' | 'not conformant' | 'unreachable' | 'suite broken';

/** The record of a run; the other reports are made of it. Holds no token. */
export interface JsonReport {
  formatVersion: typeof FORMAT_VERSION;
  suite: { name: string; version: string };
  /** `digest`: SHA-256, hex, over the requirements. `url`: where the pages are on the web. */
  spec: { digest: string; requirements: number; url: string | null };
  target: ReportedTarget;
  options: Record<string, unknown>;
  /** Of a random order; null: in the order of the features. */
  seed: string | null;
  startedAt: string;
  durationMs: number;
  exitCode: number;
  verdict: Verdict;
  totals: Totals;
  /** What fails the run beside its scenarios, a line each. */
  problems: readonly string[];
  /** Requirements by outcome, and each of them. */
  ledger: { totals: Record<Outcome, number>; requirements: ReportedRequirement[] };
  scenarios: ReportedScenario[];
}

/** What a report says about the run, beside its results. */
export interface RunFacts
  extends Pick<JsonReport, 'target' | 'options' | 'problems' | 'seed' | 'startedAt' | 'durationMs' | 'exitCode'> {
  specUrl: string | undefined;
  again(scenario: PlannedScenario): string;
}

const VERDICTS: Record<number, Verdict> = { 0: 'conformant', 1: 'not conformant', 3: 'unreachable', 4: 'suite broken' };

export function makeReport(
  results: readonly ScenarioResult[],
  spec: ReadonlyMap<string, Requirement>,
  ledger: readonly LedgerEntry[],
  { specUrl, again, ...run }: RunFacts,
): JsonReport {
  return {
    formatVersion: FORMAT_VERSION,
    suite: { name: 'quicnprotochat conformance', version: packageJson.version },
    spec: { digest: specDigest(spec), requirements: spec.size, url: specUrl ?? null },
    ...run,
    verdict: VERDICTS[run.exitCode] ?? 'suite broken',
    totals: totalsOf(results),
    ledger: reportedLedger(ledger, results),
    scenarios: results.map((result) =>
      reported(result, spec.get(result.scenario.requirement) as Requirement, again(result.scenario)),
    ),
  };
}

function reportedLedger(ledger: readonly LedgerEntry[], results: readonly ScenarioResult[]): JsonReport['ledger'] {
  const of = byRequirement(results);
  const requirements = ledger.map((entry): ReportedRequirement => {
    const { requirement, tests, untested } = entry;
    const { id, title, area, level, profile, source, place } = requirement;
    const { scenarios, vectors, properties, mutants, unit } = tests;
    return {
      ...{ requirement: id, title, area, level, profile, source, spec: place },
      outcome: outcomeOf(entry, of.get(id) ?? []),
      tests: {
        scenarios: scenarios.length,
        vectors: vectors.length,
        properties: properties.length,
        mutants: mutants.length,
        unit,
      },
      untested,
    };
  });
  const count = (outcome: Outcome): number => requirements.filter((entry) => entry.outcome === outcome).length;
  const totals = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, count(outcome)])) as Record<Outcome, number>;
  return { totals, requirements };
}

function reported(
  { scenario, status, durationMs, runs, reason, failure, exchange, frames }: ScenarioResult,
  requirement: Requirement,
  again: string,
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
    runs,
    reason,
    failure,
    exchange: status === 'passed' ? undefined : exchange,
    frames: status === 'passed' ? undefined : frames,
    again: status === 'passed' ? undefined : again,
  };
}

export const toJson = (report: JsonReport): string => `${JSON.stringify(report, null, 2)}\n`;
