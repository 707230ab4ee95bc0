import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { rightCall } from '../src/node/calls.ts';
import { changedId, type IdChange, KEY_CHANGES, type KeyChange } from '../src/node/channel-ids.ts';
import { derivedIds } from '../src/node/digests.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayload, drain, fetchParams } from '../src/node/queue-calls.ts';
import { describe, sameBytes } from '../src/node/queue-model.ts';

const SESSIONS_AT_ONCE = 4;
/** The peer of the last channel that was made. */
const lastPeer = new WeakMap<NodeScenario, Uint8Array>();

async function create(scenario: NodeScenario, person: Person, peerKey: Uint8Array, session?: string): Promise<Outcome> {
  const params = { ...rightCall(scenario, person, 'createChannel'), peerKey };
  lastPeer.set(scenario, peerKey);
  scenario.outcome = await scenario.call(session ?? scenario.sessionOf(person), 'createChannel', params);
  if (scenario.outcome.kind === 'results') scenario.channelIds.push(scenario.outcome.results.channelId as Uint8Array);
  return scenario.outcome;
}

Given('a channel between {person} and {person}', async function (one: Person, other: Person) {
  const scenario = scenarioOf(this);
  const { channelId } = resultsOf(await create(scenario, one, scenario.identity(other)));
  scenario.setChannel(one, other, channelId as Uint8Array);
  await drain(scenario, { owner: one, peer: other });
  await drain(scenario, { owner: other, peer: one });
});

When('{person} creates a channel with {person}', async function (person: Person, peer: Person) {
  const scenario = scenarioOf(this);
  await create(scenario, person, scenario.identity(peer));
});

When(
  '{person} and {person} create their channel with {int} calls at once',
  async function (one: Person, other: Person, calls: number) {
    const scenario = scenarioOf(this);
    const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `creating ${index}`);
    await scenario.target.openAll(sessions);
    await Promise.all(
      Array.from({ length: calls }, async (_, index) => {
        const [caller, peer] = index % 2 ? [one, other] : [other, one];
        resultsOf(await create(scenario, caller, scenario.identity(peer), sessions[index % SESSIONS_AT_ONCE]));
      }),
    );
  },
);

When(
  '{person} creates a channel with a stranger with {int} calls at once',
  async function (person: Person, calls: number) {
    const scenario = scenarioOf(this);
    const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `creating ${index}`);
    await scenario.target.openAll(sessions);
    const stranger = scenario.stranger();
    const outcomes = await Promise.all(
      Array.from({ length: calls }, (_, index) =>
        create(scenario, person, stranger, sessions[index % SESSIONS_AT_ONCE]),
      ),
    );
    if (outcomes.every((outcome) => outcome.kind === 'refused' && outcome.code !== undefined)) {
      scenario.target.skip('the target makes no channel with an identity that it does not know');
    }
    for (const outcome of outcomes) resultsOf(outcome);
  },
);

When(
  "{person} creates a channel with somebody whose key is {person}'s {keyChange}",
  async function (person: Person, peer: Person, change: KeyChange) {
    const scenario = scenarioOf(this);
    const key = KEY_CHANGES[change](scenario.identity(peer));
    if (!key) return scenario.target.skip('no byte of that key may change without a change of its lossy text');
    const outcome = await create(scenario, person, key);
    if (outcome.kind === 'refused')
      scenario.target.skip(`the target makes no channel with an identity that it does not know: ${outcome.reason}`);
  },
);

Given('{person} has a channel with a stranger', async function (person: Person) {
  const scenario = scenarioOf(this);
  const outcome = await create(scenario, person, scenario.stranger());
  if (outcome.kind === 'refused')
    scenario.target.skip(`the target makes no channel with an identity that it does not know: ${outcome.reason}`);
});

When('{person} creates that channel again', async function (person: Person) {
  const scenario = scenarioOf(this);
  const peer = lastPeer.get(scenario);
  assert.ok(peer, 'no channel was created before this step');
  await create(scenario, person, peer);
});

Given('{person} has channels with {int} strangers', async function (person: Person, count: number) {
  const scenario = scenarioOf(this);
  const outcomes = Array.from({ length: count }, () => {
    const params = { ...rightCall(scenario, person, 'createChannel'), peerKey: scenario.stranger() };
    return scenario.call(scenario.sessionOf(person), 'createChannel', params);
  });
  const refused = (await Promise.all(outcomes)).find(({ kind }) => kind === 'refused');
  if (refused) scenario.target.skip(`the target does not make ${count} channels with identities that it does not know`);
});

const ids = (scenario: NodeScenario): string[] => {
  assert.ok(scenario.channelIds.length > 1, 'fewer than two channels were created before this step');
  return scenario.channelIds.map((id) => Buffer.from(id).toString('hex'));
};

Then('all of them get the same id', function () {
  const scenario = scenarioOf(this);
  if (scenario.outcome) resultsOf(scenario.outcome);
  const different = new Set(ids(scenario));
  expectEqual(`different ids that the calls got (${[...different].join(', ')})`, different.size, 1);
});

Then('all of them get different ids', function () {
  const all = ids(scenarioOf(this));
  expectEqual(`different ids that the calls got (${all.join(', ')})`, new Set(all).size, all.length);
});

const lastId = (scenario: NodeScenario): Uint8Array => {
  if (!scenario.outcome) throw new Error('no channel was created before this step');
  return resultsOf(scenario.outcome).channelId as Uint8Array;
};

Then('the returned channelId has 16 bytes', function () {
  expectEqual('length of the channelId', lastId(scenarioOf(this)).length, 16);
});

Then('the returned channelId is no digest of the keys of {person} and {person}', function (one: Person, other: Person) {
  const scenario = scenarioOf(this);
  const way = derivedIds(scenario.identity(one), scenario.identity(other)).get(
    Buffer.from(lastId(scenario)).toString('hex'),
  );
  if (way) throw new Error(`the channelId is ${way}`);
});

Then('the returned ids differ in at least {int} bytes', function (count: number) {
  const { channelIds } = scenarioOf(this);
  assert.ok(channelIds.length > 1, 'fewer than two channels were created before this step');
  for (const [index, one] of channelIds.entries()) {
    for (const other of channelIds.slice(index + 1)) {
      const different = one.filter((byte, at) => byte !== other[at]).length;
      assert.ok(different >= count, `two channelIds differ in ${different} bytes only`);
    }
  }
});

async function putUnderOddId(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  id: Uint8Array,
  method: 'enqueue' | 'batchEnqueue' = 'enqueue',
): Promise<void> {
  // A queue of that name may be left from an earlier run.
  await scenario.call(scenario.sessionOf(queue.owner), 'fetch', {
    ...fetchParams(scenario, queue.owner, queue, 0),
    channelId: id,
  });
  const params = { ...rightCall(scenario, sender, method), channelId: id, payload: anyPayload(scenario.random) };
  params.recipientKey = scenario.identity(queue.owner);
  params.recipientKeys = [params.recipientKey];
  await scenario.callAndRemember(sender, method, params);
  scenario.fetchedFrom = queue;
}

When(
  '{person} puts a message into {queue} under a channelId of {int} bytes',
  async function (sender: Person, queue: QueueName, length: number) {
    const scenario = scenarioOf(this);
    await putUnderOddId(scenario, sender, queue, scenario.random.bytes(length));
  },
);

When(
  '{person} puts a message into {queue} under its id {idChange}',
  async function (sender: Person, queue: QueueName, change: IdChange) {
    const scenario = scenarioOf(this);
    await putUnderOddId(scenario, sender, queue, changedId(scenario.channelId(queue), change, scenario.random));
  },
);

When(
  '{person} puts a message into {queue} by a batch under a channelId of {int} bytes',
  async function (sender: Person, queue: QueueName, length: number) {
    const scenario = scenarioOf(this);
    await putUnderOddId(scenario, sender, queue, scenario.random.bytes(length), 'batchEnqueue');
  },
);

async function lookUnderOddId(
  scenario: NodeScenario,
  person: Person,
  method: 'fetch' | 'fetchWait' | 'peek',
  length: number,
) {
  const params = { ...rightCall(scenario, person, method), channelId: scenario.random.bytes(length) };
  await scenario.callAndRemember(person, method, params);
}

When('{person} fetches under a channelId of {int} bytes', async function (person: Person, length: number) {
  await lookUnderOddId(scenarioOf(this), person, 'fetch', length);
});

When('{person} waits under a channelId of {int} bytes', async function (person: Person, length: number) {
  await lookUnderOddId(scenarioOf(this), person, 'fetchWait', length);
});

When('{person} peeks under a channelId of {int} bytes', async function (person: Person, length: number) {
  await lookUnderOddId(scenarioOf(this), person, 'peek', length);
});

Then('it is refused with E020, or nothing is returned', function () {
  const outcome = lastOutcome(this);
  if (outcome.kind === 'refused') return requireE020(outcome);
  expectEqual('messages in the answer', outcome.results.payloads?.length ?? 0, 0);
});

Then('it is refused with E020, or kept in a queue of its own', async function () {
  const scenario = scenarioOf(this);
  const { outcome, sent, fetchedFrom: queue } = scenario;
  assert.ok(outcome && sent && queue, 'no call was made before this step');
  const elsewhere = (await drain(scenario, queue)).flat().length;
  expectEqual(`${scenario.queue(queue).name}: messages that came back`, elsewhere, 0);
  if (outcome.kind === 'refused') return requireE020(outcome);
  const fetched = await scenario.call(scenario.sessionOf(queue.owner), 'fetch', {
    ...fetchParams(scenario, queue.owner, queue, 0),
    channelId: sent.channelId,
  });
  const [message, ...more] = resultsOf(fetched).payloads as Delivery[];
  expectEqual('further messages under that id', more.length, 0);
  if (!message) throw new Error('the message that was accepted did not come back under its id');
  assert.ok(sameBytes(message.payload, sent.payload), `${describe(message.payload)} came back, not what was enqueued`);
});

function requireE020(outcome: Extract<Outcome, { kind: 'refused' }>): void {
  if (outcome.code !== 'E020') throw new Error(`${outcome.method} was refused with "${outcome.reason}", expected E020`);
}
