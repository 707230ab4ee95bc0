import { strict as assert } from 'node:assert';
import { performance } from 'node:perf_hooks';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { contentNamed, isTooLong } from '../src/node/contents.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import {
  anyPayload,
  anyPayloads,
  drain,
  fetchParams,
  MAX_ANY_PAYLOAD,
  mustPut,
  needRoom,
  put,
  putAtOnce,
  putFlood,
  requireSome,
} from '../src/node/queue-calls.ts';

const MIB = 1024 * 1024;
const BIG_MESSAGE_BYTES = 4 * MIB;
const MAX_BIG_MESSAGES = 40;
/** What is put beside big messages. */
const SMALL_BYTES = 1024;
/** In bytes; a server may write long ones elsewhere, or later. */
const LONG_AND_SHORT = [150_000, 20, 40_000, 20, 20, 300_000, 20, 5_000, 20, 80_000, 20];
const SESSIONS_AT_ONCE = 4;
/** How many enqueues are under way at once while a queue is filled. */
const FILL_WINDOW = 200;
/** A queue that takes longer to fill is not filled. */
const MAX_FILL_MS = 12_000;

Given("the target's queues hold {int} messages at most", function (count: number) {
  const { target } = scenarioOf(this);
  const { queueMessages } = target.limits;
  if (queueMessages > count)
    target.skip(`a queue of the target holds ${queueMessages} messages, too many to fill here`);
});

Given('{queue} is empty', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  await drain(scenario, queue);
  scenario.queue(queue).messages = [];
});

Given(
  '{person} has put {int} message(s) into {queue}',
  async function (sender: Person, count: number, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    for (let number = 0; number < count; number += 1)
      await mustPut(scenario, sender, queue, anyPayload(scenario.random));
  },
);

Given('{person} has put {int} MiB into {queue}', async function (sender: Person, mebibytes: number, queue: QueueName) {
  const scenario = scenarioOf(this);
  const bytes = mebibytes * MIB;
  const count = Math.ceil(bytes / Math.min(scenario.target.limits.payloadBytes, BIG_MESSAGE_BYTES));
  const size = Math.ceil(bytes / count);
  if (count > MAX_BIG_MESSAGES)
    scenario.target.skip(`payloads of ${size} bytes are too small to fill ${mebibytes} MiB`);
  needRoom(scenario, count + 4);
  const { queueBytes } = scenario.target.limits;
  if (size * count + SMALL_BYTES > queueBytes)
    scenario.target.skip(`a queue of the target holds ${queueBytes} bytes, not ${mebibytes} MiB and more`);
  for (let number = 0; number < count; number += 1) {
    await mustPut(scenario, sender, queue, scenario.random.bytes(size));
  }
});

When('{person} puts {content} into {queue}', async function (sender: Person, content: string, queue: QueueName) {
  const scenario = scenarioOf(this);
  const { payloadBytes } = scenario.target.limits;
  const payload = scenario.sized(
    contentNamed(content, payloadBytes, scenario.random),
    payloadBytes,
    isTooLong(content),
  );
  await put(scenario, sender, queue, payload);
});

When(
  '{person} puts {int} messages into {queue} without waiting for the answers',
  async function (sender: Person, count: number, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    await putAtOnce(scenario, sender, queue, anyPayloads(scenario.random, count));
  },
);

When(
  '{person} puts long and short messages into {queue} without waiting for the answers',
  async function (sender: Person, queue: QueueName) {
    const scenario = scenarioOf(this);
    const { random, target } = scenario;
    needRoom(scenario, LONG_AND_SHORT.length);
    const sizes = LONG_AND_SHORT.map((size) => Math.min(size, target.limits.payloadBytes));
    await putAtOnce(
      scenario,
      sender,
      queue,
      sizes.map((size) => random.bytes(size)),
    );
  },
);

When(
  '{person} and {person} put {int} messages each into {queue} at once',
  async function (one: Person, other: Person, count: number, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count * 2);
    const payloads = (): Uint8Array[] => anyPayloads(scenario.random, count);
    await Promise.all([one, other].map((sender) => putAtOnce(scenario, sender, queue, payloads())));
    scenario.queue(queue).sort();
  },
);

When(
  '{person} puts messages into {queue} up to the limit and one more',
  { timeout: -1 },
  async function (sender: Person, queue: QueueName) {
    const scenario = scenarioOf(this);
    const { queueMessages, queueBytes } = scenario.target.limits;
    if (queueMessages * MAX_ANY_PAYLOAD > queueBytes)
      scenario.target.skip(
        `a queue of the target holds ${queueBytes} bytes: it is full before it has all its messages`,
      );
    const startedAt = performance.now();
    for (let filled = 0; filled < queueMessages; ) {
      const count = Math.min(FILL_WINDOW, queueMessages - filled);
      if (!(await putFlood(scenario, sender, queue, anyPayloads(scenario.random, count)))) return;
      filled += count;
      const expectedMs = ((performance.now() - startedAt) / filled) * queueMessages;
      if (filled >= FILL_WINDOW * 3 && expectedMs > MAX_FILL_MS) {
        const seconds = Math.round(expectedMs / 1000);
        await drain(scenario, queue);
        scenario.target.skip(`to fill a queue of ${queueMessages} messages would take the target about ${seconds} s`);
      }
    }
    await put(scenario, sender, queue, anyPayload(scenario.random));
  },
);

Then('{queue} took as many messages as its limit', function (queue: QueueName) {
  const scenario = scenarioOf(this);
  expectEqual('messages accepted', scenario.queue(queue).numbers.length, scenario.target.limits.queueMessages);
});

async function fetchOnce(scenario: NodeScenario, caller: Person, queue: QueueName, limit: number): Promise<void> {
  await scenario.callAndRemember(caller, 'fetch', fetchParams(scenario, caller, queue, limit));
}

When('{person} fetches from {queue}', async function (caller: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  scenario.fetchedFrom = queue;
  await fetchOnce(scenario, caller, queue, 0);
});

When(
  '{person} fetches from {queue} with limit {int}',
  async function (caller: Person, queue: QueueName, limit: number) {
    const scenario = scenarioOf(this);
    scenario.fetchedFrom = queue;
    await fetchOnce(scenario, caller, queue, limit);
  },
);

/** Fetches over several sessions, on each one after the other. @returns the answers */
async function fetchMany(scenario: NodeScenario, caller: Person, queue: QueueName, calls: number, limit: number) {
  const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `fetching ${index}`);
  await scenario.target.openAll(sessions);
  const params = fetchParams(scenario, caller, queue, limit);
  const outcomes = Array.from({ length: calls }, (_, index) =>
    scenario.call(sessions[index % SESSIONS_AT_ONCE] as string, 'fetch', params),
  );
  return (await Promise.all(outcomes)).map((outcome) => resultsOf(outcome).payloads as Delivery[]);
}

When(
  '{person} fetches from {queue} by {int} calls at once with limit {int}',
  async function (caller: Person, queue: QueueName, calls: number, limit: number) {
    const scenario = scenarioOf(this);
    scenario.answers.push(...(await fetchMany(scenario, caller, queue, calls, limit)));
  },
);

When(
  '{person} puts {int} messages into {queue} while {person} fetches from it by {int} calls',
  async function (sender: Person, count: number, queue: QueueName, caller: Person, calls: number) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    const payloads = anyPayloads(scenario.random, count);
    const rounds = Math.ceil(calls / SESSIONS_AT_ONCE);
    const fetching = (async () => {
      for (let round = 0; round < rounds; round += 1) {
        scenario.answers.push(...(await fetchMany(scenario, caller, queue, SESSIONS_AT_ONCE, 0)));
      }
    })();
    const putting = (async () => {
      for (let at = 0; at < count; at += 4) await putAtOnce(scenario, sender, queue, payloads.slice(at, at + 4));
    })();
    await Promise.all([fetching, putting]);
  },
);

Then('each message of {queue} is in exactly one answer', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  for (const wait of scenario.waits) {
    const outcome = await wait.outcome;
    if (outcome !== 'cancelled') scenario.answers.push(resultsOf(outcome).payloads as Delivery[]);
  }
  scenario.waits = [];
  const left = await drain(scenario, queue);
  scenario.queue(queue).takeFromMany([...scenario.answers.splice(0), ...left]);
});

Then('{queue} still holds its messages', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  const model = scenario.queue(queue);
  for (const answer of await drain(scenario, queue)) model.take(answer);
  expectEqual(`${model.name}: messages that were enqueued and did not come back`, model.messages.length, 0);
});

Then('nothing is in {queue}', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  const count = (await drain(scenario, queue)).flat().length;
  expectEqual(`${scenario.queue(queue).name}: messages that came back`, count, 0);
});

Then('the numbers of {queue} have only risen', function (queue: QueueName) {
  const { numbers, name } = scenarioOf(this).queue(queue);
  assert.ok(numbers.length > 1, `${name} was given fewer than two messages`);
  for (const [index, number] of numbers.entries()) {
    const before = numbers[index - 1];
    if (before !== undefined && number <= before)
      throw new Error(`${name}: number ${number} was given after ${before}`);
  }
});

/**
 * The answer of the last fetch or peek, the model of the queue that it was made on, and how to hold one against the
 * other: what a fetch returns is taken out of the model.
 */
function lastAnswer(scenario: NodeScenario) {
  const { outcome, fetchedFrom: queue } = scenario;
  if (!outcome || !queue) throw new Error('nothing was fetched before this step');
  const answer = resultsOf(outcome).payloads as Delivery[];
  const model = scenario.queue(queue);
  const compare = () => (outcome.method === 'peek' ? model.check(answer) : model.take(answer));
  return { answer, model, compare };
}

Then('it is answered with no messages', function () {
  const outcome = lastOutcome(this);
  expectEqual('messages in the answer', resultsOf(outcome).payloads?.length, 0);
});

Then('the answer is empty', function () {
  const { answer } = lastAnswer(scenarioOf(this));
  expectEqual('messages in the answer', answer.length, 0);
});

Then('the answer holds all its messages', function () {
  const { answer, model, compare } = lastAnswer(scenarioOf(this));
  expectEqual('messages in the answer', answer.length, model.messages.length);
  compare();
});

Then('the answer holds all its messages in rising order', function () {
  const { answer, model, compare } = lastAnswer(scenarioOf(this));
  expectEqual('messages in the answer', answer.length, model.messages.length);
  compare();
  for (const [index, { seq }] of answer.entries()) {
    const before = answer[index - 1];
    assert.ok(!before || before.seq < seq, `message ${seq} comes after ${before?.seq} in the answer`);
  }
});

Then('the answer holds its first {int} message(s)', function (count: number) {
  const { answer, compare } = lastAnswer(scenarioOf(this));
  expectEqual('messages in the answer', answer.length, count);
  compare();
});

Then('the answer holds all its messages under the numbers that enqueue returned', function () {
  const { answer, model, compare } = lastAnswer(scenarioOf(this));
  expectEqual('messages in the answer', answer.length, model.messages.length);
  const numbers = (messages: readonly { seq: bigint }[]): string => messages.map(({ seq }) => seq).join(', ');
  expectEqual('numbers in the answer', numbers(answer), numbers(compare()));
});

Then('the answer holds some of its messages', function () {
  const { answer, compare } = lastAnswer(scenarioOf(this));
  requireSome(answer);
  compare();
});

Then('the answer holds some of its messages and no more bytes than it should', function () {
  const scenario = scenarioOf(this);
  const { answer, compare } = lastAnswer(scenario);
  compare();
  requireSome(answer, scenario.target.limits.answerBytes);
});
