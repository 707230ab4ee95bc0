import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerTable } from './answers.ts';
import { ProtocolError } from './errors.ts';

const imported = { kind: 'importedCap', id: 0 } as const;
const promised = (questionId: number, ...transform: number[]) =>
  ({ kind: 'promisedAnswer', questionId, transform }) as const;

test('the bootstrap answer owns the capability, whatever is released', () => {
  const answers = new AnswerTable(10);
  answers.answerBootstrap(0, true);
  assert.equal(answers.faultOf(imported), undefined);
  answers.release(0, 1);
  assert.equal(answers.faultOf(promised(0)), undefined);
  assert.throws(() => answers.faultOf(imported), ProtocolError);
  assert.throws(() => answers.release(0, 1), ProtocolError);
  answers.finish(0, false);
  assert.throws(() => answers.faultOf(promised(0)), ProtocolError);
});

test('references are counted over several bootstraps', () => {
  const answers = new AnswerTable(10);
  answers.answerBootstrap(0, true);
  answers.answerBootstrap(1, true);
  answers.finish(0, true);
  assert.equal(answers.faultOf(imported), undefined);
  answers.finish(1, false);
  assert.equal(answers.faultOf(imported), undefined);
  assert.throws(() => answers.release(0, 2), ProtocolError);
  assert.throws(() => answers.release(1, 0), ProtocolError);
  answers.release(0, 1);
  assert.throws(() => answers.faultOf(imported), ProtocolError);
  answers.answerBootstrap(0, true);
  assert.equal(answers.faultOf(imported), undefined);
});

test('a reference that was released early is not given back once more by Finish', () => {
  const answers = new AnswerTable(10);
  answers.answerBootstrap(0, true);
  answers.release(0, 1);
  answers.finish(0, true);
  answers.answerBootstrap(1, true);
  assert.equal(answers.faultOf(imported), undefined);
});

test('an end without bootstrap capability gives none', () => {
  const answers = new AnswerTable(10);
  answers.answerBootstrap(0, false);
  assert.throws(() => answers.faultOf(imported), /^ProtocolError: capability 0 is not exported/);
  assert.throws(() => answers.release(0, 1), ProtocolError);
  assert.match(String(answers.faultOf(promised(0))), /no capability/);
});

test('an answer holds no capability but the bootstrap, at its root', () => {
  const answers = new AnswerTable(10);
  answers.answerBootstrap(0, true);
  answers.startCall(1);
  assert.match(String(answers.faultOf(promised(0, 0))), /no capability/);
  assert.match(String(answers.faultOf(promised(1))), /no capability/);
  assert.equal(answers.answerCall(1), 'answer');
  assert.match(String(answers.faultOf(promised(1))), /no capability/);
  answers.startCall(2);
  answers.finish(2, true);
  assert.throws(() => answers.faultOf(promised(2)), ProtocolError);
});

test('a call is answered once, and its id is free after Return and Finish', () => {
  const answers = new AnswerTable(10);
  answers.startCall(1);
  assert.throws(() => answers.startCall(1), ProtocolError);
  assert.equal(answers.running, 1);
  assert.equal(answers.answerCall(1), 'answer');
  assert.equal(answers.running, 0);
  assert.equal(answers.answerCall(1), undefined);
  assert.throws(() => answers.startCall(1), ProtocolError);
  assert.equal(answers.finish(1, true), false);
  assert.throws(() => answers.finish(1, true), ProtocolError);

  answers.startCall(1);
  assert.equal(answers.isRunning(1), true);
  assert.equal(answers.finish(1, true), true);
  assert.equal(answers.isRunning(1), false);
  assert.equal(answers.running, 1, 'it is still being worked on');
  assert.throws(() => answers.startCall(1), ProtocolError);
  assert.throws(() => answers.finish(1, true), ProtocolError);
  assert.equal(answers.answerCall(1), 'canceled');
  answers.startCall(1);
});

test('answers that are not finished are bounded, calls under way not among them', () => {
  const answers = new AnswerTable(2);
  answers.answerBootstrap(0, true);
  answers.startCall(1);
  answers.startCall(2);
  answers.answerCall(1);
  assert.throws(() => answers.startCall(3), /too many/);
  answers.finish(1, true);
  answers.startCall(3);
});
