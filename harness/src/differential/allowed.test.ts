import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import { allowedBecause } from './allowed.ts';
import type { Difference, Pair } from './compare.ts';
import type { Answer, ObservedSession, Question } from './observation.ts';
import { Bytes } from './values.ts';

const key = new Bytes(new Uint8Array(32));
const message = (byte: number) => ({ seq: 1n, payload: new Bytes(new Uint8Array(20).fill(byte)) });
const frame = { bytes: new Uint8Array(), fault: undefined, atMs: 0, session: { number: 1, who: 'x' } };

/** A fetch that was under way in that time, and what it got. */
function fetch(from: number, to: number, payloads: number[], length = 200): Question {
  const answer: Answer = {
    ...{ kind: 'results', atMs: to, fields: { payloads: payloads.map(message) } },
    frame: { ...frame, length, direction: 'received' },
  };
  const call = { id: 1, method: 'fetch', params: { recipientKey: key, channelId: new Bytes(new Uint8Array()) } };
  return { ...call, atMs: from, frame: { ...frame, length, direction: 'sent' }, answer, isGivenUp: false };
}

const session = (...questions: Question[]): ObservedSession => ({ who: 'x', number: 1, questions, remarks: [] });

function rule(
  given: Partial<Difference>,
  {
    level = 'MUST' as PlannedScenario['level'],
    status = { a: 'passed', b: 'passed' } as Pair<Status>,
    steps = ['Then it works'],
    sessions = { a: [] as ObservedSession[], b: [] as ObservedSession[] },
  } = {},
): string | undefined {
  const shown = given.shown ?? { a: '1', b: '2' };
  const difference: Difference = {
    ...{ who: 'x', session: 1, question: undefined, index: 0, path: 'package', kinds: shown, atMs: 0 },
    ...{ ...given, shown },
  };
  const scenario = { level } as PlannedScenario;
  const result = (of: Status) => ({ scenario, status: of }) as ScenarioResult;
  return allowedBecause(difference, {
    scenario,
    results: { a: result(status.a), b: result(status.b) },
    observed: { a: { sessions: sessions.a, steps }, b: { sessions: sessions.b, steps } },
  })?.id;
}

test('a difference is none that is allowed, unless a rule says so', () => {
  assert.equal(rule({}), undefined);
  assert.equal(rule({ path: 'answer', shown: { a: 'results', b: 'exception failed E020' } }), undefined);
  assert.equal(rule({ path: 'exception.reason', shown: { a: 'E004', b: 'no code' } }), undefined);
  assert.equal(rule({ path: 'exception.type', shown: { a: 'failed', b: 'unimplemented' } }), undefined);
});

test('what is no MUST is allowed, and what breaks the requirement never is', () => {
  assert.equal(rule({}, { level: 'SHOULD' }), 'optional');
  assert.equal(rule({}, { level: 'SHOULD', status: { a: 'passed', b: 'warned' } }), 'optional');
  const status: Pair<Status> = { a: 'passed', b: 'failed' };
  assert.equal(rule({}, { status }), undefined);
  assert.equal(rule({ path: 'session' }, { status }), undefined);
  assert.equal(rule({ path: 'exception.reason', shown: { a: 'E004', b: 'E020' } }, { status }), undefined);
});

test('the end of a session, two codes that both pass, and answers that the requirement names', () => {
  assert.equal(rule({ path: 'session' }), 'session');
  assert.equal(rule({ path: 'exception.reason', shown: { a: 'E004', b: 'E016' } }), 'codes');
  assert.equal(rule({ path: 'answer', shown: { a: 'results', b: 'no answer' } }), 'late');
  const steps = ['Then it is refused with E020, or nothing is returned'];
  assert.equal(
    rule({ path: 'answer', shown: { a: 'results', b: 'exception failed E020' } }, { steps }),
    'alternatives',
  );
});

test('a call that was given up may be answered with anything, or nothing', () => {
  const question = { a: fetch(0, 1, [1]), b: { ...fetch(0, 1, []), isGivenUp: true } };
  assert.equal(rule({ path: 'answer', question, shown: { a: 'results', b: 'canceled' } }), 'given-up');
});

test('a big answer may hold less', () => {
  const question = (lengthOfOther: number, payloads: number[]) => ({
    a: fetch(0, 1, [1, 2, 3], 100_000),
    b: fetch(0, 1, payloads, lengthOfOther),
  });
  assert.equal(rule({ path: 'payloads', question: question(50_000, [1, 2]) }), 'smaller');
  assert.equal(rule({ path: 'payloads', question: question(50_000, [2, 3]) }), undefined);
  assert.equal(rule({ path: 'payloads', question: { a: fetch(0, 1, [1, 2]), b: fetch(0, 1, [1]) } }), undefined);
});

test('calls at once may share otherwise, but together they get the same', () => {
  const one = { a: fetch(0, 10, [1]), b: fetch(0, 10, [2]) };
  const together = { a: [session(one.a), session(fetch(5, 12, [2]))], b: [session(one.b), session(fetch(5, 12, [1]))] };
  assert.equal(rule({ path: 'payloads[0].payload', question: one }, { sessions: together }), 'concurrent');
  const peeked = { ...together, b: [...together.b, session({ ...fetch(5, 6, [1, 2]), method: 'peek' })] };
  assert.equal(rule({ path: 'payloads[0].payload', question: one }, { sessions: peeked }), 'concurrent');
  const lost = { ...together, b: [session(one.b), session(fetch(5, 12, []))] };
  assert.equal(rule({ path: 'payloads[0].payload', question: one }, { sessions: lost }), undefined);
  const refused = { a: fetch(5, 6, []), b: fetch(5, 6, []) };
  refused.b.answer = { ...(refused.b.answer as Answer), kind: 'exception', type: 'failed', code: 'E020', reason: '' };
  for (const question of [refused.a, refused.b]) question.method = 'enqueue';
  const unlike = { a: [...together.a, session(refused.a)], b: [...together.b, session(refused.b)] };
  assert.equal(rule({ path: 'answer', question: refused }, { sessions: unlike }), undefined);
  const inTurn = { a: [session(one.a), session(fetch(11, 12, [2]))], b: [session(one.b), session(fetch(11, 12, [1]))] };
  assert.equal(rule({ path: 'payloads[0].payload', question: one }, { sessions: inTurn }), undefined);
});
