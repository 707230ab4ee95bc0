import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { type Difference, type Pair, returnedBy, showAnswer, subjectsOf } from './compare.ts';
import type { Observation, Question } from './observation.ts';

/** Why two right servers may differ so. */
export interface Rule {
  id: string;
  what: string;
  /** Where the specification leaves it open. */
  spec: string;
}

const rule = (id: string, what: string, spec: string): Rule => ({ id, what, spec });

/** What the specification leaves open. A difference of these is listed, and no finding. */
export const RULES = {
  text: rule('text', 'texts after the code of an error, and of health', 'spec/errors.md (ERR-003)'),
  steps: rule('steps', 'by how much sequence numbers rise', 'spec/README.md, "Free"'),
  otherWay: rule(
    'other-way',
    'sessions compared up to where the scenario asked each for something else',
    'spec/README.md',
  ),
  notRepeated: rule('not-repeated', 'not there when the scenario ran again: a matter of time', 'spec/README.md'),
  alternatives: rule(
    'alternatives',
    'the requirement names more than one right answer',
    'the scenario’s step with "or"',
  ),
  codes: rule('codes', 'which of two faults of a call is told', 'spec/README.md, "One fault a call"'),
  overloaded: rule('overloaded', 'E014 and E015 also as exception of type overloaded', 'spec/errors.md (ERR-001)'),
  smaller: rule('smaller', 'answers with fewer messages than there are', 'spec/delivery.md (DS-016)'),
  concurrent: rule('concurrent', 'which of several calls at once gets what', 'spec/delivery.md'),
  givenUp: rule('given-up', 'what a call is answered with that was finished before', 'spec/rpc.md (RPC-012, RPC-036)'),
  late: rule('late', 'whether an answer came before the scenario was over', 'spec/README.md, "Time"'),
  session: rule('session', 'how the end of a session is told', 'spec/rpc.md'),
  optional: rule('optional', 'the requirement is no MUST', 'spec/README.md, "Level"'),
} as const satisfies Record<string, Rule>;

/** What is known of the scenario in which servers differ. */
export interface Circumstances {
  scenario: PlannedScenario;
  results: Pair<ScenarioResult>;
  observed: Pair<Observation>;
}

/** Whether one of them does what the requirement says, and the other does not; what is no MUST is a warning, and counts for nothing here. */
export const isOtherVerdict = ({ a, b }: Pair<ScenarioResult>): boolean =>
  (a.status === 'failed') !== (b.status === 'failed');

/** @returns why a difference is none of a right server; undefined when it is a finding */
export function allowedBecause(difference: Difference, circumstances: Circumstances): Rule | undefined {
  const { results, observed, scenario } = circumstances;
  const { path, question } = difference;
  // One that does not do what the requirement says is not excused by anything.
  if (isOtherVerdict(results)) return undefined;
  if (scenario.level !== 'MUST') return RULES.optional;
  if (path === 'session') return RULES.session;
  if (question?.a.isGivenUp || question?.b.isGivenUp) return RULES.givenUp;
  if (isMatterOfOrder(question, observed)) return RULES.concurrent;
  const steps = observed.a.steps.join('\n');
  if (path === 'exception.reason') {
    const areCodes = [difference.shown.a, difference.shown.b].every((code) => /^E\d{3}$/.test(code));
    return areCodes ? RULES.codes : undefined;
  }
  if (path === 'exception.type') {
    const codes = both(question, ({ answer }) => (answer?.kind === 'exception' ? answer.code : undefined));
    const isFull = codes.a === codes.b && (codes.a === 'E014' || codes.a === 'E015');
    return isFull && !Object.values(difference.shown).includes('unimplemented') ? RULES.overloaded : undefined;
  }
  if (path === 'answer') {
    if (Object.values(difference.shown).includes('no answer')) return RULES.late;
    return / or /.test(steps) ? RULES.alternatives : undefined;
  }
  if (question && isSmaller(question)) return RULES.smaller;
  return / or /.test(steps) ? RULES.alternatives : undefined;
}

const both = <T>(
  question: Pair<Question> | undefined,
  get: (question: Question) => T | undefined,
): Pair<T | undefined> => ({
  a: question && get(question.a),
  b: question && get(question.b),
});

/** One answer holds what the other begins with, and the whole is big. */
function isSmaller({ a, b }: Pair<Question>): boolean {
  const [shorter, longer] = [returnedBy(a), returnedBy(b)].sort((one, other) => one.length - other.length) as [
    string[],
    string[],
  ];
  const bytes = Math.max(a.answer?.frame.length ?? 0, b.answer?.frame.length ?? 0);
  const isPart = shorter.length > 0 && shorter.length < longer.length && shorter.every((id, i) => id === longer[i]);
  return isPart && bytes > BIG_ANSWER_BYTES;
}

/** An answer that small fits anywhere. */
const BIG_ANSWER_BYTES = 64 << 10;

/** Calls of several sessions were under way at once on that queue, and together they had the same from both servers. */
function isMatterOfOrder(question: Pair<Question> | undefined, { a, b }: Pair<Observation>): boolean {
  if (question === undefined) return false;
  const calls = { a: callsOn(a, subjectsOf(question.a)), b: callsOn(b, subjectsOf(question.b)) };
  return hasOverlap(calls.a) && hasOverlap(calls.b) && contents(calls.a) === contents(calls.b);
}

interface PlacedCall {
  session: number;
  question: Question;
}

const callsOn = ({ sessions }: Observation, subjects: readonly string[]): PlacedCall[] =>
  sessions.flatMap(({ questions }, session) =>
    questions
      .filter((question) => subjectsOf(question).some((subject) => subjects.includes(subject)))
      .map((question) => ({ session, question })),
  );

function hasOverlap(calls: readonly PlacedCall[]): boolean {
  return calls.some(({ session, question }, i) =>
    calls
      .slice(i + 1)
      .some(
        (other) =>
          other.session !== session &&
          other.question.atMs < (question.answer?.atMs ?? Infinity) &&
          question.atMs < (other.question.answer?.atMs ?? Infinity),
      ),
  );
}

/** All that the calls took out, and how many of the others were answered how, in no order; a peek takes nothing. */
const contents = (calls: readonly PlacedCall[]): string =>
  calls
    .map(({ question }) => question)
    .filter(({ method }) => method !== 'peek')
    .flatMap((question) => (TAKING.has(question.method) ? returnedBy(question) : [outcomeOf(question)]))
    .sort()
    .join();

const TAKING = new Set(['fetch', 'fetchWait', 'fetchKeyPackage']);
const outcomeOf = ({ method, answer }: Question): string => `${method} ${showAnswer(answer)}`;
