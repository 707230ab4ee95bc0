import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QuestionTable } from './questions.ts';

test('an id is used again only after the Return, canceled or not', () => {
  const questions = new QuestionTable();
  assert.deepEqual([questions.ask(), questions.ask()], [0, 1]);
  assert.equal(questions.cancel(0), true);
  assert.equal(questions.cancel(0), false);
  assert.equal(questions.ask(), 2);
  assert.equal(questions.size, 3);
  assert.deepEqual(questions.return(0), { isAwaited: false });
  assert.equal(questions.return(0), undefined);
  assert.equal(questions.cancel(0), false);
  assert.equal(questions.ask(), 0);
  assert.deepEqual(questions.return(1), { isAwaited: true });
  assert.equal(questions.return(9), undefined);
  assert.equal(questions.cancel(9), false);
});
