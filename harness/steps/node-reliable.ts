import { Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { rightCall } from '../src/node/calls.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { fetchParams } from '../src/node/queue-calls.ts';

const SESSIONS_AT_ONCE = 3;
const GREATEST_NUMBER = 2n ** 64n - 1n;

async function peek(scenario: NodeScenario, caller: Person, queue: QueueName, limit: number): Promise<void> {
  scenario.fetchedFrom = queue;
  await scenario.callAndRemember(caller, 'peek', fetchParams(scenario, caller, queue, limit));
}

When('{person} peeks at {queue}', async function (caller: Person, queue: QueueName) {
  await peek(scenarioOf(this), caller, queue, 0);
});

When('{person} peeks at {queue} with limit {int}', async function (caller: Person, queue: QueueName, limit: number) {
  await peek(scenarioOf(this), caller, queue, limit);
});

/** Acknowledges and, unless refused, takes the messages out of the queue's model. The outcome is remembered. */
async function ack(scenario: NodeScenario, caller: Person, queue: QueueName, seqUpTo: bigint): Promise<Outcome> {
  const params = { ...fetchParams(scenario, caller, queue, 0), seqUpTo };
  const outcome = await scenario.callAndRemember(caller, 'ack', params);
  if (outcome.kind === 'results') scenario.queue(queue).ack(seqUpTo);
  return outcome;
}

/** The number of a message that is in the queue; the first is 1. */
function numberOf(scenario: NodeScenario, queue: QueueName, place: number): bigint {
  const { messages, name } = scenario.queue(queue);
  const message = messages[place - 1];
  if (!message) throw new Error(`${name} holds ${messages.length} messages; the scenario speaks of message ${place}`);
  return message.seq;
}

When('{person} acks {queue} up to message {int}', async function (caller: Person, queue: QueueName, place: number) {
  const scenario = scenarioOf(this);
  await ack(scenario, caller, queue, numberOf(scenario, queue, place));
});

When(
  '{person} acks {queue} up to the number before message {int}',
  async function (caller: Person, queue: QueueName, place: number) {
    const scenario = scenarioOf(this);
    const number = numberOf(scenario, queue, place);
    if (number === 0n) scenario.target.skip('the target gives the number 0, and there is none before it');
    await ack(scenario, caller, queue, number - 1n);
  },
);

When('{person} acks {queue} up to the same number again', async function (caller: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  const { sent, outcome } = scenario;
  if (!sent || outcome?.method !== 'ack') throw new Error('no ack was sent before this step');
  await ack(scenario, caller, queue, sent.seqUpTo);
});

When('{person} acks {queue} up to the greatest number there is', async function (caller: Person, queue: QueueName) {
  await ack(scenarioOf(this), caller, queue, GREATEST_NUMBER);
});

When(
  '{person} acks {queue} up to {int} more than its last number',
  async function (caller: Person, queue: QueueName, more: number) {
    const scenario = scenarioOf(this);
    const last = scenario.queue(queue).numbers.at(-1);
    if (last === undefined) throw new Error(`${scenario.queue(queue).name} was given no message before this step`);
    await ack(scenario, caller, queue, last + BigInt(more));
  },
);

When(
  '{person} acks {queue} up to the next multiple of {biginteger}',
  async function (caller: Person, queue: QueueName, unit: bigint) {
    const scenario = scenarioOf(this);
    const last = scenario.queue(queue).numbers.at(-1);
    if (last === undefined) throw new Error(`${scenario.queue(queue).name} was given no message before this step`);
    const next = (last / unit + 1n) * unit;
    if (next > GREATEST_NUMBER) scenario.target.skip(`the numbers have come to ${last}`);
    await ack(scenario, caller, queue, next);
  },
);

When('{person} acks {queue} up to 0', async function (caller: Person, queue: QueueName) {
  await ack(scenarioOf(this), caller, queue, 0n);
});

When(
  '{person} acks with the greatest number under a channelId of {int} bytes',
  async function (caller: Person, length: number) {
    const scenario = scenarioOf(this);
    const channelId = new Uint8Array(length).fill(7);
    const params = { ...rightCall(scenario, caller, 'ack'), channelId, seqUpTo: GREATEST_NUMBER };
    await scenario.callAndRemember(caller, 'ack', params);
  },
);

Then('{person} gets all messages of {queue} by peek and ack', async function (caller: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  const model = scenario.queue(queue);
  for (;;) {
    await peek(scenario, caller, queue, 0);
    const answer = resultsOf(scenario.outcome as Outcome).payloads as Delivery[];
    const last = answer.at(-1);
    if (!last) break;
    model.check(answer);
    resultsOf(await ack(scenario, caller, queue, last.seq));
  }
  expectEqual(`${model.name}: messages that were enqueued and did not come back`, model.messages.length, 0);
});

When(
  '{person} peeks at {queue} by {int} calls while it is fetched by {int} calls with limit {int}',
  async function (caller: Person, queue: QueueName, peeks: number, fetches: number, limit: number) {
    const scenario = scenarioOf(this);
    const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `at once ${index}`);
    await scenario.target.openAll(sessions);
    const ask = async (method: 'peek' | 'fetch', index: number): Promise<Delivery[]> => {
      const params = fetchParams(scenario, caller, queue, method === 'peek' ? 0 : limit);
      const outcome = await scenario.call(sessions[index % SESSIONS_AT_ONCE] as string, method, params);
      return resultsOf(outcome).payloads as Delivery[];
    };
    const all = (method: 'peek' | 'fetch', count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => ask(method, index)));
    const [peeked, fetched] = await Promise.all([all('peek', peeks), all('fetch', fetches)]);
    scenario.peeked = peeked;
    scenario.answers.push(...fetched);
  },
);

Then('each peek showed messages of {queue} that follow each other', function (queue: QueueName) {
  const scenario = scenarioOf(this);
  if (scenario.peeked.length === 0) throw new Error('nothing was peeked at before this step');
  for (const answer of scenario.peeked) scenario.queue(queue).checkRun(answer);
});
