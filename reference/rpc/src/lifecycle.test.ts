import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ANSWER,
  type AnswerEvent,
  type AnswerState,
  QUESTION,
  type QuestionEvent,
  type QuestionState,
  transition,
} from './lifecycle.ts';

// Every pair of state and event; undefined: cannot happen by the rules.

const question: Record<QuestionState, Record<QuestionEvent, QuestionState | undefined>> = {
  asked: { return: 'gone', cancel: 'canceled' },
  canceled: { return: 'gone', cancel: undefined },
  gone: { return: undefined, cancel: undefined },
};
const answer: Record<AnswerState, Record<AnswerEvent, AnswerState | undefined>> = {
  running: { answer: 'answered', finish: 'finished' },
  finished: { answer: 'gone', finish: undefined },
  answered: { answer: undefined, finish: 'gone' },
  gone: { answer: undefined, finish: undefined },
};

for (const [state, events] of Object.entries(question) as [QuestionState, (typeof question)[QuestionState]][]) {
  for (const [event, next] of Object.entries(events) as [QuestionEvent, QuestionState | undefined][]) {
    test(`a question that is ${state}: ${event} makes it ${next ?? 'a violation'}`, () =>
      assert.equal(transition(QUESTION, state, event), next));
  }
}
for (const [state, events] of Object.entries(answer) as [AnswerState, (typeof answer)[AnswerState]][]) {
  for (const [event, next] of Object.entries(events) as [AnswerEvent, AnswerState | undefined][]) {
    test(`an answer that is ${state}: ${event} makes it ${next ?? 'a violation'}`, () =>
      assert.equal(transition(ANSWER, state, event), next));
  }
}

test('the tables hold nothing else', () => {
  assert.deepEqual(Object.keys(QUESTION), Object.keys(question));
  assert.deepEqual(Object.keys(ANSWER), Object.keys(answer));
});
