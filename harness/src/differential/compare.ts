import { Names, Numbers } from './names.ts';
import type { Answer, Observation, ObservedSession, Question, Remark } from './observation.ts';
import { Bytes, type Fields, fieldOf, kindOf, showValue, type Value } from './values.ts';

/** Two messages that should say the same. */
export interface Difference {
  /** Whose stream, and which of theirs. */
  who: string;
  session: number;
  /** The call that it is about; undefined when it is about the session. */
  question: Pair<Question> | undefined;
  /** Place of the question on its session. */
  index: number;
  /** Where in the answer: `payloads[0].seq`, `reason`, or `answer` for all of it. */
  path: string;
  shown: Pair<string>;
  /** What is said of the values once more when the scenario runs again with other payloads. */
  kinds: Pair<string>;
  /** Milliseconds in A's run. */
  atMs: number;
}

export interface Pair<T> {
  a: T;
  b: T;
}

/** What is found in one scenario. */
export interface Comparison {
  /** In the order in which the messages came to A. */
  differences: Difference[];
  /** Exceptions, and answers of health, that differ in their text alone. */
  texts: number;
  /** Queues whose sequence numbers rise by other steps. */
  steps: number;
  /** Sessions that were compared up to where the scenario asked each server for something else. */
  left: number;
}

/** What of earlier scenarios may turn up in this one: payloads and KeyPackages that were sent then. */
export type Earlier = Pair<ReadonlySet<string>>;

/** Results that a server makes up; compared up to renaming. */
const MADE_UP = new Set(['channelId', 'sessionToken']);
/** Of an OPAQUE message only the length can be compared. */
const OPAQUE = /^opaque/;
/** What a scenario may send differently to each server: secrets, what OPAQUE makes, and what stands for such values. */
const OWN = new Set(['accessToken', 'deviceId', 'channelId', 'request', 'upload', 'finalization']);

/** Compares what two servers answered to the same scenario. @param people identity keys and tokens of the same people */
export function compare(
  observed: Pair<Observation>,
  people: readonly Pair<Uint8Array>[] = [],
  earlier: Earlier = { a: new Set(), b: new Set() },
): Comparison {
  return new Comparer(people, earlier).run(observed);
}

type Report = (path: string, a: Value, b: Value, remark?: string) => void;

class Comparer {
  readonly #names = new Names();
  readonly #numbers = new Map<string, Numbers>();
  readonly #earlier: Earlier;
  #sent: Pair<ReadonlySet<string>> = { a: new Set(), b: new Set() };
  readonly #differences: Difference[] = [];
  #texts = 0;

  constructor(people: readonly Pair<Uint8Array>[], earlier: Earlier) {
    this.#earlier = earlier;
    for (const { a, b } of people) this.#names.pair(new Bytes(a).id, new Bytes(b).id);
  }

  run({ a, b }: Pair<Observation>): Comparison {
    this.#sent = { a: contentsOf(a), b: contentsOf(b) };
    const pairs = pairSessions(a, b);
    const questions = pairs.flatMap((sessions) => this.#pairQuestions(sessions));
    // What the scenario sent later may depend on what came earlier, on another session too.
    questions.sort((one, other) => one.question.a.atMs - other.question.a.atMs);
    const left = new Set<Pair<ObservedSession>>();
    for (const { sessions, question, index } of questions) {
      // Once a session goes another way there is nothing to hold against each other.
      if (left.has(sessions)) continue;
      if (this.#isSameRequest(question)) this.#compareAnswers(sessions, question, index);
      else left.add(sessions);
    }
    for (const sessions of pairs) if (!left.has(sessions)) this.#compareRemarks(sessions);
    this.#differences.sort((one, other) => one.atMs - other.atMs);
    const steps = [...this.#numbers.values()].filter(({ hasOtherSteps }) => hasOtherSteps).length;
    return { differences: this.#differences, texts: this.#texts, steps, left: left.size };
  }

  /** Calls refused for their rate were made again; answers that hold nothing but what earlier scenarios left are no matter of this one. */
  #pairQuestions(sessions: Pair<ObservedSession>) {
    const counted = { a: this.#counted('a', sessions.a), b: this.#counted('b', sessions.b) };
    const count = Math.min(counted.a.length, counted.b.length);
    return Array.from({ length: count }, (_, index) => ({
      ...{ sessions, index },
      question: { a: counted.a[index] as Question, b: counted.b[index] as Question },
    }));
  }

  #counted(side: 'a' | 'b', { questions }: ObservedSession): Question[] {
    const cameBefore = new Set<string>();
    return questions.filter((question) => {
      const contents = returnedBy(question);
      // What comes twice is a matter of this one: it was not removed.
      const isLeftOver = contents.length > 0 && contents.every((id) => this.#isOld(side, id) && !cameBefore.has(id));
      for (const id of contents) cameBefore.add(id);
      return !isLeftOver && !isToBeRepeated(question);
    });
  }

  /** Whether an earlier scenario sent it, and this one does not. */
  #isOld(side: 'a' | 'b', id: string): boolean {
    return this.#earlier[side].has(id) && !this.#sent[side].has(id);
  }

  #isSameRequest({ a, b }: Pair<Question>): boolean {
    return a.method === b.method && this.#isSameInput(a.params, b.params, '', a.method);
  }

  #isSameInput(a: Value, b: Value, path: string, method: string): boolean {
    if (a instanceof Bytes && b instanceof Bytes) {
      if (a.id === b.id) return true;
      const isOwn = OWN.has(fieldOf(path)) || (OPAQUE.test(method) && fieldOf(path) === 'identityKey');
      return isOwn ? this.#names.pair(a.id, b.id) || a.length === b.length : this.#names.areSame(a.id, b.id);
    }
    if (Array.isArray(a) && Array.isArray(b))
      return a.length === b.length && a.every((one, i) => this.#isSameInput(one, b[i] as Value, path, method));
    if (isFields(a) && isFields(b))
      return Object.keys(a).every((name) =>
        this.#isSameInput(a[name] as Value, (b[name] ?? '') as Value, name, method),
      );
    // A number that a server gave, or one made of it.
    if (fieldOf(path) === 'seqUpTo' || fieldOf(path) === 'username') return true;
    return a === b;
  }

  #compareAnswers(sessions: Pair<ObservedSession>, question: Pair<Question>, index: number): void {
    const { a, b } = { a: question.a.answer, b: question.b.answer };
    const found = (path: string, shown: Pair<string>, kinds: Pair<string> = shown): void => {
      const atMs = a?.atMs ?? question.a.atMs;
      const { who, number: session } = sessions.a;
      this.#differences.push({ who, session, question, index, path, shown, kinds, atMs });
    };
    if (a === undefined || b === undefined) {
      // Whether an answer comes before it is given up is a matter of time.
      if (a !== b && !question.a.isGivenUp && !question.b.isGivenUp) found('answer', both({ a, b }, showAnswer));
    } else if (a.kind === 'results' && b.kind === 'results')
      this.#compareFields(question.a, { a: a.fields, b: b.fields }, found);
    else if (a.kind === 'exception' && b.kind === 'exception') {
      if (a.type !== b.type) found('exception.type', { a: a.type, b: b.type });
      else if (a.code !== b.code) found('exception.reason', { a: a.code ?? 'no code', b: b.code ?? 'no code' });
      else if (a.reason !== b.reason) this.#texts += 1;
    } else if (a.kind !== b.kind || showAnswer(a) !== showAnswer(b)) found('answer', both({ a, b }, showAnswer));
  }

  #compareFields(
    question: Question,
    { a, b }: Pair<Fields>,
    found: (path: string, shown: Pair<string>, kinds: Pair<string>) => void,
  ): void {
    const report: Report = (path, one, other, remark = '') => {
      const values = { a: one, b: other };
      const shown = both(values, (value) => showValue(value, path));
      found(path, { a: shown.a, b: shown.b + remark }, both(values, kindOf));
    };
    for (const name of Object.keys(a)) {
      const [one, other] = [this.#news(a[name] as Value, 'a'), this.#news(b[name] as Value, 'b')];
      this.#compareValue(question, name, one, other, report);
    }
  }

  #compareValue(question: Question, path: string, a: Value, b: Value, report: Report): void {
    if (Array.isArray(a) && Array.isArray(b)) {
      if (a.length !== b.length) report(path, a, b);
      const count = Math.min(a.length, b.length);
      for (let i = 0; i < count; i += 1)
        this.#compareValue(question, `${path}[${i}]`, a[i] as Value, b[i] as Value, report);
    } else if (isFields(a) && isFields(b)) {
      for (const name of Object.keys(a))
        this.#compareValue(question, `${path}.${name}`, a[name] as Value, b[name] as Value, report);
    } else if (a instanceof Bytes && b instanceof Bytes) {
      if (!this.#areSameBytes(question, path, a, b)) report(path, a, b);
    } else if (typeof a === 'bigint' && typeof b === 'bigint') {
      const numbers = this.#numbersOf(question, path);
      const same = numbers.counterpart(a);
      if (!numbers.pair(a, b))
        report(path, a, b, same === undefined || same === String(b) ? '' : ` instead of ${same}`);
    } else if (path === 'status') {
      if (a !== b) this.#texts += 1;
    } else if (a !== b) report(path, a, b);
  }

  #areSameBytes({ method }: Question, path: string, a: Bytes, b: Bytes): boolean {
    if (a.id === b.id) return true;
    const field = fieldOf(path);
    if (OPAQUE.test(method) && field === 'response') return a.length === b.length;
    const isLengthFree = field === 'sessionToken' && a.length > 0 && b.length > 0;
    if (MADE_UP.has(field)) return (isLengthFree || a.length === b.length) && this.#names.pair(a.id, b.id);
    return this.#names.areSame(a.id, b.id);
  }

  /** Of the queue that the number counts in. */
  #numbersOf({ params, method }: Question, path: string): Numbers {
    const index = Number(/\[(\d+)\]$/.exec(path)?.[1] ?? 0);
    const key = method === 'batchEnqueue' ? (params.recipientKeys as Bytes[])[index] : params.recipientKey;
    const queue = queueName(key, params.channelId);
    const numbers = this.#numbers.get(queue) ?? new Numbers();
    this.#numbers.set(queue, numbers);
    return numbers;
  }

  /** A list of messages without those that earlier scenarios left. */
  #news(value: Value, side: 'a' | 'b'): Value {
    if (!Array.isArray(value)) return value;
    // All of them, or those that are new: a list of old ones alone came a second time.
    const news = value.filter((element) => {
      const payload = isFields(element) ? element.payload : undefined;
      return !(payload instanceof Bytes && this.#isOld(side, payload.id));
    });
    return news.length > 0 ? news : value;
  }

  #compareRemarks(sessions: Pair<ObservedSession>): void {
    const kinds = ({ remarks }: ObservedSession): string[] => remarks.map(({ kind }) => kind);
    const [a, b] = [kinds(sessions.a), kinds(sessions.b)];
    const index = a.findIndex((kind, i) => kind !== b[i]);
    const at = index >= 0 ? index : a.length < b.length ? a.length : undefined;
    if (at === undefined) return;
    const shown = { a: a[at] ?? 'nothing', b: b[at] ?? 'nothing' };
    const atMs = (sessions.a.remarks[at] as Remark | undefined)?.atMs ?? sessions.a.remarks.at(-1)?.atMs ?? 0;
    const { who, number: session } = sessions.a;
    this.#differences.push({
      who,
      session,
      question: undefined,
      index: at,
      path: 'session',
      shown,
      kinds: shown,
      atMs,
    });
  }
}

/** Streams of the same person, in the order in which they were opened. */
function pairSessions(a: Observation, b: Observation): Pair<ObservedSession>[] {
  return a.sessions.flatMap((session) => {
    const other = b.sessions.find(({ who, number }) => who === session.who && number === session.number);
    return other ? [{ a: session, b: other }] : [];
  });
}

const isFields = (value: Value): value is Fields =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Bytes);

const isToBeRepeated = ({ answer }: Question): boolean => answer?.kind === 'exception' && answer.code === 'E014';

/** Payloads, or the KeyPackage, that came back. */
export function returnedBy({ answer }: Question): string[] {
  if (answer?.kind !== 'results') return [];
  const { payloads, package: keyPackage } = answer.fields;
  if (!Array.isArray(payloads)) return idOf(keyPackage);
  return payloads.flatMap((one) => (isFields(one) ? idOf(one.payload) : []));
}

/** Payloads and KeyPackages that the scenario sends. */
export function contentsOf({ sessions }: Observation): Set<string> {
  const params = sessions.flatMap(({ questions }) => questions.map((question) => question.params));
  return new Set(params.flatMap(({ payload, package: keyPackage }) => [payload, keyPackage].flatMap(idOf)));
}

const idOf = (value: Value | undefined): string[] => (value instanceof Bytes && value.length > 0 ? [value.id] : []);

const both = <T>({ a, b }: Pair<T>, show: (value: T) => string): Pair<string> => ({ a: show(a), b: show(b) });

export function showAnswer(answer: Answer | undefined): string {
  if (answer === undefined) return 'no answer';
  if (answer.kind === 'results') return 'results';
  return answer.kind === 'exception' ? `exception ${answer.type} ${answer.code ?? 'without a code'}` : answer.what;
}

const queueName = (recipientKey: Value | undefined, channelId: Value | undefined): string =>
  [recipientKey, channelId].map((value) => (value instanceof Bytes ? value.id : '')).join('/');

/** What a call puts something into or takes something out of: queues, KeyPackages, an endpoint, a user. */
export function subjectsOf({ method, params }: Pick<Question, 'method' | 'params'>): string[] {
  const { recipientKey, recipientKeys, identityKey, channelId, username } = params;
  if (typeof username === 'string') return [`user ${username}`];
  if (Array.isArray(recipientKeys)) return recipientKeys.map((key) => queueName(key, channelId));
  if (recipientKey instanceof Bytes) return [queueName(recipientKey, channelId)];
  return identityKey instanceof Bytes ? [`${method.replace(/^(upload|fetch)/, '')} ${identityKey.id}`] : [];
}
