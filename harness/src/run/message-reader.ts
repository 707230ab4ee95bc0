import type { Envelope, GherkinDocument, Pickle, TestCase, TestStepResult } from '@cucumber/messages';
import { markExpected } from '../frames/expect.ts';
import type { ReportedFrame } from '../frames/reported.ts';
import { linesOf, type PlannedScenario, placeOf } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import type { ExchangeEntry } from '../world/exchange.ts';
import type { RunOutcome } from './outcome.ts';

/** Media types of what a scenario attaches. */
export const SKIP_REASON = 'text/x.skip-reason';
export const EXCHANGE = 'application/x.exchange+json';
export const FRAMES = 'application/x.frames+json';
export const TARGET_GONE = 'text/x.target-gone';
export const SERVER_DIED = 'text/x.server-died';

interface Running {
  pickle: Pickle;
  testCase: TestCase;
  startedMs: number;
  results: { stepId: string; result: TestStepResult }[];
  skipReason: string | undefined;
  exchange: ExchangeEntry[];
  frames: ReportedFrame[];
  /** The server ended by itself: that is no question of levels. */
  hasDied: boolean;
}

/** Errors of our own making: no server can cause them. */
const OWN_FAULTS = new Set(['TypeError', 'ReferenceError', 'SyntaxError']);
/** Characters of an error that are kept: a server may say as much as it likes. */
const MAX_MESSAGE = 2_000;
const toMs = ({ seconds, nanos }: { seconds: number; nanos: number }): number => seconds * 1000 + nanos / 1e6;

/** Makes results of cucumber's message stream, and notices what did not run. */
export class MessageReader {
  readonly #planned: ReadonlyMap<string, PlannedScenario>;
  readonly #onResult: (result: ScenarioResult) => void;
  readonly #redact: (text: string) => string;
  readonly #documents = new Map<string, Map<string, number>>();
  readonly #pickles = new Map<string, Pickle>();
  readonly #testCases = new Map<string, TestCase>();
  readonly #running = new Map<string, Running>();
  readonly #results = new Map<string, ScenarioResult>();
  readonly #faults: string[] = [];
  #gone: string | undefined;
  #hasEnded = false;

  /** @param redact takes secrets out of what the target said */
  constructor(
    planned: ReadonlyMap<string, PlannedScenario>,
    onResult: (result: ScenarioResult) => void,
    redact: (text: string) => string,
  ) {
    this.#planned = planned;
    this.#onResult = onResult;
    this.#redact = redact;
  }

  take(envelope: Envelope): void {
    if (envelope.gherkinDocument) this.#takeDocument(envelope.gherkinDocument);
    else if (envelope.pickle) this.#pickles.set(envelope.pickle.id, envelope.pickle);
    else if (envelope.testCase) this.#testCases.set(envelope.testCase.id, envelope.testCase);
    else if (envelope.parseError) this.#faults.push(envelope.parseError.message);
    else if (envelope.undefinedParameterType)
      this.#faults.push(`undefined parameter type ${envelope.undefinedParameterType.name}`);
    else if (envelope.testCaseStarted) {
      const { id, testCaseId, timestamp } = envelope.testCaseStarted;
      const testCase = this.#testCases.get(testCaseId) as TestCase;
      const pickle = this.#pickles.get(testCase.pickleId) as Pickle;
      this.#running.set(id, {
        pickle,
        testCase,
        startedMs: toMs(timestamp),
        results: [],
        skipReason: undefined,
        exchange: [],
        frames: [],
        hasDied: false,
      });
    } else if (envelope.attachment) {
      const running = this.#running.get(envelope.attachment.testCaseStartedId ?? '');
      if (running && envelope.attachment.mediaType === SKIP_REASON) running.skipReason = envelope.attachment.body;
      if (running && envelope.attachment.mediaType === EXCHANGE)
        running.exchange = JSON.parse(envelope.attachment.body);
      if (running && envelope.attachment.mediaType === FRAMES) running.frames = JSON.parse(envelope.attachment.body);
      if (running && envelope.attachment.mediaType === SERVER_DIED) running.hasDied = true;
      if (running && envelope.attachment.mediaType === TARGET_GONE) this.#gone = envelope.attachment.body;
    } else if (envelope.testStepFinished) {
      const { testCaseStartedId, testStepId, testStepResult } = envelope.testStepFinished;
      this.#running.get(testCaseStartedId)?.results.push({ stepId: testStepId, result: testStepResult });
    } else if (envelope.testCaseFinished) {
      const { testCaseStartedId, timestamp } = envelope.testCaseFinished;
      this.#finishCase(this.#running.get(testCaseStartedId) as Running, toMs(timestamp));
      this.#running.delete(testCaseStartedId);
    } else if (envelope.testRunHookFinished) {
      const { result } = envelope.testRunHookFinished;
      if (result.status !== 'PASSED') this.#faults.push(`a hook of the run failed: ${messageOf(result)}`);
    } else if (envelope.testRunFinished) this.#hasEnded = true;
  }

  /** What ran, in the order of the plan, and what should have. */
  finish(): RunOutcome {
    if (!this.#hasEnded) this.#faults.push('cucumber did not run to its end');
    const missing = [...this.#planned.keys()].filter((place) => !this.#results.has(place));
    for (const place of missing) this.#faults.push(`${place} was planned and did not run`);
    return {
      results: [...this.#planned.keys()].flatMap((place) => this.#results.get(place) ?? []),
      faults: this.#faults,
      gone: this.#gone,
    };
  }

  #takeDocument(document: GherkinDocument): void {
    this.#documents.set(document.uri ?? '', linesOf(document));
  }

  #finishCase(
    { pickle, testCase, startedMs, results, skipReason, exchange, frames, hasDied }: Running,
    finishedMs: number,
  ): void {
    const line = this.#documents.get(pickle.uri)?.get(pickle.astNodeIds.at(-1) as string) ?? 0;
    const place = placeOf(pickle.uri, line);
    const scenario = this.#planned.get(place);
    if (!scenario) {
      this.#faults.push(`${place} ran and was not planned`);
      return;
    }
    const worst = worstOf(results);
    const judged = judge(worst?.result, results.length, skipReason);
    const isOptional = scenario.level !== 'MUST' && !hasDied;
    const step = worst && stepText(pickle, testCase, worst.stepId);
    if (step !== undefined) markExpected(frames, step);
    const result: ScenarioResult = {
      scenario,
      status: judged.status === 'failed' && isOptional ? 'warned' : judged.status,
      durationMs: Math.round(finishedMs - startedMs),
      reason: judged.reason && this.#shown(judged.reason),
      failure:
        judged.status === 'failed' && worst
          ? { step: step ?? '', message: this.#shown(messageOf(worst.result)) }
          : undefined,
      exchange,
      frames,
    };
    this.#results.set(place, result);
    this.#onResult(result);
  }

  #shown(text: string): string {
    const redacted = this.#redact(text);
    return redacted.length <= MAX_MESSAGE ? redacted : `${redacted.slice(0, MAX_MESSAGE)}… (${text.length} characters)`;
  }
}

/** A step that nobody defined is a fault of the suite also in a scenario that failed before it. */
const SEVERITY = ['UNKNOWN', 'PASSED', 'SKIPPED', 'PENDING', 'FAILED', 'UNDEFINED', 'AMBIGUOUS'];

function worstOf(results: Running['results']): Running['results'][number] | undefined {
  return results.toSorted((a, b) => SEVERITY.indexOf(b.result.status) - SEVERITY.indexOf(a.result.status))[0];
}

function judge(
  result: TestStepResult | undefined,
  steps: number,
  skipReason: string | undefined,
): { status: Status; reason?: string } {
  if (!result || steps === 0) return { status: 'broken', reason: 'no step was run' };
  switch (result.status) {
    case 'PASSED':
      return { status: 'passed' };
    case 'FAILED': {
      const kind = result.exception?.type ?? '';
      return OWN_FAULTS.has(kind) ? { status: 'broken', reason: messageOf(result) } : { status: 'failed' };
    }
    case 'SKIPPED':
      return skipReason === undefined
        ? { status: 'broken', reason: 'skipped without a reason' }
        : { status: 'skipped', reason: skipReason };
    default:
      return {
        status: 'broken',
        reason: `a step is ${result.status.toLowerCase()}${result.message ? `: ${result.message}` : ''}`,
      };
  }
}

/** The error's own words, without the stack: that is of the suite, not of the target. */
function messageOf(result: TestStepResult): string {
  return (result.exception?.message ?? result.message ?? '').split(/\n\s+at /)[0]?.trim() ?? '';
}

function stepText(pickle: Pickle, testCase: TestCase, stepId: string): string {
  const { pickleStepId } = testCase.testSteps.find(({ id }) => id === stepId) ?? {};
  return pickle.steps.find(({ id }) => id === pickleStepId)?.text ?? 'after the last step';
}
