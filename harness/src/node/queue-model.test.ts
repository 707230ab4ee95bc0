import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { QueueModel } from './queue-model.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const delivery = (value: number) => ({ seq: BigInt(value), payload: bytes(value) });

function modelOf(...values: number[]): QueueModel {
  const model = new QueueModel('a queue');
  for (const value of values) model.add(bytes(value), BigInt(value));
  return model;
}

test('an answer takes the first messages out of the queue', () => {
  const model = modelOf(1, 2, 3);
  assert.deepEqual(
    model.take([delivery(1), delivery(2)]).map(({ seq }) => seq),
    [1n, 2n],
  );
  assert.deepEqual(
    model.messages.map(({ seq }) => seq),
    [3n],
  );
});

test('an answer out of order, changed, or longer than the queue is refused', () => {
  assert.throws(() => modelOf(1, 2).take([delivery(2)]), /message 1 is .* \(message 2 of the queue\)/);
  assert.throws(
    () => modelOf(1).take([{ seq: 1n, payload: bytes(1, 0) }]),
    /is 0100 \(2 bytes\), expected 01 \(1 bytes\); they differ from byte 2/,
  );
  assert.throws(() => modelOf(1).take([delivery(1), delivery(2)]), /2 messages came back, 1 were queued/);
});

test('answers of calls at once hold each message once', () => {
  const model = modelOf(1, 2, 3);
  model.takeFromMany([[delivery(2)], [], [delivery(1), delivery(3)]]);
  assert.equal(model.messages.length, 0);
});

test('a message twice, lost, unknown or out of order among answers is refused', () => {
  assert.throws(
    () => modelOf(1, 2).takeFromMany([[delivery(1)], [delivery(1), delivery(2)]]),
    /message 1 was delivered twice/,
  );
  assert.throws(() => modelOf(1, 2).takeFromMany([[delivery(2)]]), /1 of 2 messages were delivered to nobody/);
  assert.throws(() => modelOf(1).takeFromMany([[delivery(9)]]), /was not enqueued/);
  assert.throws(() => modelOf(1, 2).takeFromMany([[delivery(2), delivery(1)]]), /message 1 came after message 2/);
});

test('an answer of a peek is held against the queue and takes nothing', () => {
  const model = modelOf(1, 2, 3);
  assert.equal(model.check([delivery(1), delivery(2)]).length, 2);
  assert.equal(model.messages.length, 3);
  assert.throws(() => model.check([delivery(2)]), /message 1 is .* \(message 2 of the queue\)/);
});

test('an ack takes all messages up to its number, and no other', () => {
  const model = modelOf(1, 3, 5);
  model.ack(4n);
  assert.deepEqual(
    model.messages.map(({ seq }) => seq),
    [5n],
  );
  model.ack(5n);
  assert.equal(model.messages.length, 0);
});

test('a run of messages may begin anywhere, and has no gap, no stranger and no other number', () => {
  const model = modelOf(1, 2, 3);
  model.checkRun([]);
  model.checkRun([delivery(2), delivery(3)]);
  assert.throws(() => model.checkRun([delivery(1), delivery(3)]), /begins with message 1 goes on with .*\(message 3/);
  assert.throws(() => model.checkRun([delivery(9)]), /was not enqueued/);
  assert.throws(() => model.checkRun([delivery(3), delivery(9)]), /goes on with/);
  assert.throws(() => model.checkRun([{ ...delivery(2), seq: 7n }]), /begins with message 2/);
});

test('what was answered is there, in the order in which it was sent; what was not may be', () => {
  const sent = (...values: number[]): QueueModel => {
    const model = modelOf(1, 2);
    model.sent.push(...values.map((value) => bytes(value)));
    return model;
  };
  sent(1, 2, 3, 4).takeAnswered([delivery(1), delivery(2), delivery(4)]);
  sent(1, 3, 2).takeAnswered([delivery(1), { ...delivery(3), seq: 9n }, delivery(2)]);
  const wrong: [{ seq: bigint; payload: Uint8Array }[], RegExp][] = [
    [[delivery(1)], /1 of 2 messages whose enqueue was answered are lost/],
    [[delivery(1), delivery(1), delivery(2)], /message 1 came back twice/],
    [[delivery(2), delivery(1)], /message 1 came back after message 2/],
    [[delivery(1), delivery(2), delivery(7)], /was not enqueued/],
    [[delivery(1), { ...delivery(2), seq: 8n }], /message 2 has number 8; enqueue returned 2/],
  ];
  for (const [there, message] of wrong) assert.throws(() => sent(1, 2, 3).takeAnswered(there), message);
});
