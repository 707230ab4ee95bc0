import { UnreachableError } from '../errors.ts';
import { type PlannedScenario, placeOf } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { batchesOf } from '../run/batches.ts';
import { runScenarios } from '../run/run.ts';
import type { TargetData } from '../target/target.ts';
import { allowedBecause, type Circumstances, isOtherVerdict, RULES, type Rule } from './allowed.ts';
import { type Comparison, compare, contentsOf, type Difference, type Pair } from './compare.ts';
import { takeObservation } from './kept.ts';

/** A difference must be there so many times more, each time with other payloads: what is a matter of time is none. */
const REPEATS = 2;

/** A difference that the specification leaves open, and which rule says so. */
interface Allowed {
  rule: Rule;
  difference: Difference | undefined;
}

/** What came of one scenario. `equal`: but for what is allowed. `uncompared`: it did not run on both. */
export interface PairResult {
  scenario: PlannedScenario;
  status: 'equal' | 'differs' | 'uncompared';
  results: Pair<ScenarioResult>;
  /** The first message in which they differ; undefined when all are the same, and only what the scenario makes of them differs. */
  first: Difference | undefined;
  /** Further ones. */
  more: Difference[];
  allowed: Allowed[];
  /** Why it was not compared. */
  reason?: string | undefined;
}

export interface PairRun {
  results: PairResult[];
  /** What is wrong with the suite, a line each. */
  faults: string[];
}

interface Ran {
  results: Pair<ScenarioResult>;
  circumstances: Circumstances | undefined;
  comparison: Comparison | undefined;
}

/** Runs scenarios on two servers, a few on one and then on the other, and compares what came back. */
export class PairRunner {
  readonly #targets: Pair<TargetData>;
  readonly #support: string[] | undefined;
  readonly #people: Pair<Uint8Array>[];
  readonly #earlier: Pair<Set<string>>;
  readonly #faults: string[] = [];

  constructor(targets: Pair<TargetData>, support: string[] | undefined) {
    this.#targets = targets;
    this.#support = support;
    this.#people = samePeople(targets);
    // Two ways to one server meet what the other has left there.
    const isOneServer = addresses(targets.a) === addresses(targets.b);
    const a = new Set<string>();
    this.#earlier = { a, b: isOneServer ? a : new Set() };
  }

  /** @throws UnreachableError when one of the servers goes away, SuiteError */
  async run(scenarios: PlannedScenario[], onResult: (result: PairResult) => void): Promise<PairRun> {
    const results: PairResult[] = [];
    for (const batch of batchesOf(scenarios)) {
      for (const result of await this.#judge(batch.scenarios)) {
        results.push(result);
        onResult(result);
      }
    }
    return { results, faults: this.#faults };
  }

  async #judge(scenarios: PlannedScenario[]): Promise<PairResult[]> {
    const first = await this.#once(scenarios, 1);
    const again: Map<PlannedScenario, Ran>[] = [];
    let doubtful = scenarios.filter((scenario) => isDoubtful(first.get(scenario)));
    for (let repeat = 0; repeat < REPEATS && doubtful.length > 0; repeat += 1) {
      const ran = await this.#once(doubtful, repeat + 2);
      again.push(ran);
      doubtful = doubtful.filter((scenario) => isDoubtful(ran.get(scenario)));
    }
    return scenarios.flatMap((scenario) => {
      const ran = first.get(scenario);
      return ran
        ? [
            judge(
              scenario,
              ran,
              again.flatMap((one) => one.get(scenario) ?? []),
            ),
          ]
        : [];
    });
  }

  async #once(scenarios: PlannedScenario[], attempt: number): Promise<Map<PlannedScenario, Ran>> {
    const a = await this.#on('a', scenarios, attempt);
    const b = await this.#on('b', scenarios, attempt);
    const all = new Map<PlannedScenario, Ran>();
    for (const scenario of scenarios) {
      const results = { a: a.get(scenario), b: b.get(scenario) };
      if (!results.a || !results.b) continue;
      const place = placeOf(scenario.uri, scenario.line);
      const observed = { a: takeObservation('a', place), b: takeObservation('b', place) };
      const pair = { a: results.a, b: results.b };
      if (!observed.a || !observed.b) {
        all.set(scenario, { results: pair, circumstances: undefined, comparison: undefined });
        continue;
      }
      const both = { a: observed.a, b: observed.b };
      const comparison = compare(both, this.#people, this.#earlier);
      all.set(scenario, { results: pair, circumstances: { scenario, results: pair, observed: both }, comparison });
      for (const side of ['a', 'b'] as const) for (const id of contentsOf(both[side])) this.#earlier[side].add(id);
    }
    return all;
  }

  async #on(
    side: 'a' | 'b',
    scenarios: PlannedScenario[],
    attempt: number,
  ): Promise<ReadonlyMap<PlannedScenario, ScenarioResult>> {
    const of = this.#targets[side];
    const target = { ...of, side, inputSeed: `${of.inputSeed}${attempt === 1 ? '' : ` again ${attempt}`}` };
    const run = await runScenarios({ target, scenarios, support: this.#support, onResult: () => {} });
    this.#faults.push(...run.faults);
    if (run.gone !== undefined) throw new UnreachableError(`${side.toUpperCase()}: ${run.gone}`);
    return new Map(run.results.map((result) => [result.scenario, result]));
  }
}

const isDoubtful = (ran: Ran | undefined): boolean =>
  ran !== undefined && (hasOtherVerdict(ran) || (ran.comparison?.differences.length ?? 0) > 0);

/** A scenario that one of them gives no way to test is no difference between them. */
const hasRun = ({ results: { a, b } }: Ran): boolean => a.status !== 'skipped' && b.status !== 'skipped';
const hasOtherVerdict = (ran: Ran): boolean => hasRun(ran) && isOtherVerdict(ran.results);

/** What is the same of a difference when the scenario runs again. */
const keyOf = ({ who, session, index, path, kinds }: Difference): string =>
  [who, session, index, path, kinds.a, kinds.b].join('|');

function judge(scenario: PlannedScenario, ran: Ran, again: readonly Ran[]): PairResult {
  const { results, circumstances, comparison } = ran;
  const result: PairResult = { scenario, status: 'equal', results, first: undefined, more: [], allowed: [] };
  const skipped = (['a', 'b'] as const).find((side) => results[side].status === 'skipped');
  if (skipped !== undefined || !circumstances || !comparison) {
    const reason = skipped === undefined ? 'nothing was seen of it' : results[skipped].reason;
    const where = results.a.status === results.b.status ? '' : `on ${skipped?.toUpperCase()}: `;
    return { ...result, status: 'uncompared', reason: `${where}${reason}` };
  }
  const allow = (rule: Rule, difference?: Difference): void => void result.allowed.push({ rule, difference });
  const isSettled = again.length === REPEATS;
  const stable = (difference: Difference): boolean =>
    isSettled &&
    again.every((one) => one.comparison?.differences.some((other) => keyOf(other) === keyOf(difference)) ?? false);
  const findings: Difference[] = [];
  for (const difference of comparison.differences) {
    const rule = stable(difference) ? allowedBecause(difference, circumstances) : RULES.notRepeated;
    if (rule === undefined) findings.push(difference);
    else allow(rule, difference);
  }
  for (let i = 0; i < comparison.texts; i += 1) allow(RULES.text);
  // After a difference it is no wonder.
  if (comparison.differences.length === 0) for (let i = 0; i < comparison.left; i += 1) allow(RULES.otherWay);
  for (let i = 0; i < comparison.steps; i += 1) allow(RULES.steps);
  const isOneAccused = hasOtherVerdict(ran) && isSettled && again.every(hasOtherVerdict);
  if (hasOtherVerdict(ran) && !isOneAccused) allow(RULES.notRepeated);
  else if (!isOneAccused && results.a.status !== results.b.status) allow(RULES.optional);
  if (findings.length === 0 && !isOneAccused) return result;
  // Where every run accuses one of them, but not by the same message, that of the first run is shown.
  const [first, ...more] = findings.length > 0 ? findings : comparison.differences;
  return { ...result, status: 'differs', first, more };
}

const addresses = (target: TargetData): string => target.addresses.map(({ host, port }) => `${host} ${port}`).join();

/** Identity keys, tokens and devices of the people who play the same parts on both. */
function samePeople({ a, b }: Pair<TargetData>): Pair<Uint8Array>[] {
  return a.accounts.flatMap((account, i) => {
    const other = b.accounts[i];
    if (!other) return [];
    const fields = ['identityKey', 'token', 'deviceId'] as const;
    return fields.flatMap((field) => {
      const [one, same] = [account[field], other[field]];
      return one && same ? [{ a: Buffer.from(one, 'hex'), b: Buffer.from(same, 'hex') }] : [];
    });
  });
}
