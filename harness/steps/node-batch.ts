import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import {
  needFewKeys,
  needKeys,
  putBatch,
  putBatchesAndMessages,
  putBatchesInEitherOrder,
} from '../src/node/batch-calls.ts';
import { rightCall } from '../src/node/calls.ts';
import { contentNamed, isTooLong } from '../src/node/contents.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayload, drain } from '../src/node/queue-calls.ts';
import { describe, sameBytes } from '../src/node/queue-model.ts';

/** An answer with as many is well within one RPC message. */
const MANY_KEYS = 4_096;

const queuesOf = (owners: readonly Person[]): QueueName[] => owners.map((owner) => ({ owner, peer: undefined }));

Given(
  '{person} has put {int} message(s) into the queues of {people}',
  async function (sender: Person, count: number, owners: Person[]) {
    const scenario = scenarioOf(this);
    for (let number = 0; number < count; number += 1)
      resultsOf(await putBatch(scenario, sender, queuesOf(owners), anyPayload(scenario.random)));
  },
);

When(
  '{person} puts {content} into the queues of {people}',
  async function (sender: Person, content: string, owners: Person[]) {
    const scenario = scenarioOf(this);
    const { payloadBytes } = scenario.target.limits;
    const payload = scenario.sized(
      contentNamed(content, payloadBytes, scenario.random),
      payloadBytes,
      isTooLong(content),
    );
    await putBatch(scenario, sender, queuesOf(owners), payload);
  },
);

When(
  '{person} puts {content} into {queue} by a batch',
  async function (sender: Person, content: string, queue: QueueName) {
    const scenario = scenarioOf(this);
    await putBatch(
      scenario,
      sender,
      [queue],
      contentNamed(content, scenario.target.limits.payloadBytes, scenario.random),
    );
  },
);

When(
  '{person} puts {int} messages into {queue}, every second by a batch for {person} too, without waiting for the answers',
  async function (sender: Person, count: number, queue: QueueName, other: Person) {
    const scenario = scenarioOf(this);
    await putBatchesAndMessages(scenario, sender, count, queue, { owner: other, peer: undefined });
  },
);

When(
  '{person} puts batches into the queues of {people} on 2 connections at once, {int} on each, in either order',
  async function (sender: Person, owners: Person[], count: number) {
    await putBatchesInEitherOrder(scenarioOf(this), sender, queuesOf(owners), count);
  },
);

When('{person} puts some text twice into {queue} by one batch', async function (sender: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  const recipientKey = scenario.identity(queue.owner);
  const params = { ...rightCall(scenario, sender, 'batchEnqueue'), recipientKeys: [recipientKey, recipientKey] };
  await scenario.callAndRemember(sender, 'batchEnqueue', params);
});

Then('it is refused with E020, or a message came under each number that was returned', async function () {
  const scenario = scenarioOf(this);
  const { outcome, sent } = scenario;
  assert.ok(outcome && sent, 'nothing was sent before this step');
  const came = (await drain(scenario, { owner: 'Alice', peer: undefined })).flat();
  if (outcome.kind === 'refused') {
    expectEqual('code of the refusal', outcome.code, 'E020');
    expectEqual('messages that a refused batch left', came.length, 0);
    return;
  }
  expectEqual('numbers that were returned', outcome.results.seqs?.length, 2);
  const returned = [...new Set(outcome.results.seqs)].sort((a, b) => (a < b ? -1 : 1)).join(', ');
  expectEqual('numbers under which messages came', came.map(({ seq }: Delivery) => seq).join(', '), returned);
  for (const { payload } of came) assert.ok(sameBytes(payload, sent.payload), `${describe(payload)} came back`);
});

/** Sends a batch to strangers, to those people before them, and to those after them. */
async function putToStrangers(
  scenario: NodeScenario,
  sender: Person,
  count: number,
  after: Person[],
  before: Person[] = [],
): Promise<void> {
  const right = rightCall(scenario, sender, 'batchEnqueue');
  needFewKeys(scenario.target, count);
  const first = { ...rightCall(scenario, sender, 'enqueue'), recipientKey: scenario.stranger() };
  if ((await scenario.call(scenario.sessionOf(sender), 'enqueue', first)).kind === 'refused')
    scenario.target.skip('the target takes no messages for somebody whom it does not know');
  const recipientKeys = [
    ...before.map((person) => scenario.identity(person)),
    ...Array.from({ length: count }, () => scenario.stranger()),
    ...after.map((person) => scenario.identity(person)),
  ];
  await scenario.callAndRemember(sender, 'batchEnqueue', { ...right, recipientKeys, payload: Uint8Array.of(1) });
}

When('{person} sends a batch to as many strangers as are allowed', async function (sender: Person) {
  const scenario = scenarioOf(this);
  await putToStrangers(scenario, sender, scenario.target.limits.batchRecipients, []);
});

When(
  '{person} sends a batch to as many strangers as are allowed and to {person}',
  async function (sender: Person, also: Person) {
    const scenario = scenarioOf(this);
    await putToStrangers(scenario, sender, scenario.target.limits.batchRecipients, [also]);
  },
);

When(
  '{person} sends a batch to {person} and to as many strangers as are allowed',
  async function (sender: Person, first: Person) {
    const scenario = scenarioOf(this);
    await putToStrangers(scenario, sender, scenario.target.limits.batchRecipients, [], [first]);
  },
);

When(
  '{person} sends a batch to many strangers, and {person} is the last that is allowed',
  async function (sender: Person, last: Person) {
    const scenario = scenarioOf(this);
    await putToStrangers(scenario, sender, scenario.target.limits.batchRecipients - 1, [last]);
    requireTaken(scenario);
    const seq = resultsOf(scenario.outcome as Outcome).seqs?.at(-1);
    if (seq === undefined) throw new Error('batchEnqueue returned no number');
    scenario.queue({ owner: last, peer: undefined }).add(Uint8Array.of(1), seq);
  },
);

/** How many a server takes is its own affair (BAT-004, BAT-013). */
function requireTaken({ outcome, target }: NodeScenario): void {
  if (outcome?.kind === 'refused' && outcome.code === 'E020') target.skip('the target takes fewer in one call');
}

Then('nothing is in {queue}, unless the batch was accepted', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  const { outcome } = scenario;
  assert.ok(outcome, 'nothing was sent before this step');
  const came = (await drain(scenario, queue)).flat();
  if (outcome.kind === 'refused') expectEqual('messages that a refused batch left', came.length, 0);
});

Then('a number is returned for each recipient', function () {
  const { outcome, sent } = scenarioOf(this);
  assert.ok(outcome && sent, 'nothing was sent before this step');
  expectEqual('numbers that were returned', resultsOf(outcome).seqs?.length, sent.recipientKeys.length);
});

Then('it is refused with E020, or an empty list is returned', function () {
  const outcome = lastOutcome(this);
  if (outcome.kind === 'refused') return expectEqual('code of the refusal', outcome.code, 'E020');
  expectEqual('entries that were returned', (outcome.results.keys ?? outcome.results.seqs)?.length, 0);
});

/** Asks for all of them by one call; a stranger has no key. */
Then(
  '{person} fetches the last hybrid keys of {anybody} by one call',
  async function (caller: Person, people: (Person | undefined)[]) {
    const scenario = scenarioOf(this);
    needKeys(scenario, 'fetchHybridKeys', people.length);
    const identityKeys = people.map((person) => (person ? scenario.identity(person) : scenario.stranger()));
    const params = { ...rightCall(scenario, caller, 'fetchHybridKeys'), identityKeys };
    const keys = resultsOf(await scenario.callAndRemember(caller, 'fetchHybridKeys', params)).keys as Uint8Array[];
    expectEqual('entries that were returned', keys.length, people.length);
    for (const [index, person] of people.entries()) {
      const expected = person ? scenario.hybridKeys.get(person) : new Uint8Array();
      assert.ok(expected, `${person} has uploaded no hybrid key in this scenario`);
      const got = keys[index] as Uint8Array;
      if (!sameBytes(got, expected))
        throw new Error(
          `entry ${index + 1}, of ${person ?? 'a stranger'}, is ${describe(got)}, expected ${describe(expected)}`,
        );
    }
  },
);

async function askForKeys(scenario: NodeScenario, caller: Person, count: number, last: Person[] = []): Promise<void> {
  needFewKeys(scenario.target, count);
  const identityKeys = [
    ...Array.from({ length: count - last.length }, () => scenario.stranger()),
    ...last.map((person) => scenario.identity(person)),
  ];
  const params = { ...rightCall(scenario, caller, 'fetchHybridKeys'), identityKeys };
  await scenario.callAndRemember(caller, 'fetchHybridKeys', params);
}

When('{person} asks for as many hybrid keys as are allowed', async function (caller: Person) {
  const scenario = scenarioOf(this);
  await askForKeys(scenario, caller, scenario.target.limits.batchKeys);
});

When('{person} asks for one hybrid key more than is allowed', async function (caller: Person) {
  const scenario = scenarioOf(this);
  await askForKeys(scenario, caller, scenario.target.limits.batchKeys + 1);
});

When(
  "{person} asks for many hybrid keys, and {person}'s is the last that is allowed",
  async function (caller: Person, last: Person) {
    const scenario = scenarioOf(this);
    await askForKeys(scenario, caller, scenario.target.limits.batchKeys, [last]);
    requireTaken(scenario);
  },
);

When("{person} asks for {person}'s hybrid key as often as is allowed", async function (caller: Person, owner: Person) {
  const scenario = scenarioOf(this);
  const { batchKeys } = scenario.target.limits;
  needFewKeys(scenario.target, batchKeys);
  const identityKeys = Array.from({ length: Math.min(batchKeys, MANY_KEYS) }, () => scenario.identity(owner));
  await scenario.callAndRemember(caller, 'fetchHybridKeys', {
    ...rightCall(scenario, caller, 'fetchHybridKeys'),
    identityKeys,
  });
  requireTaken(scenario);
});

Then("each entry is {person}'s last hybrid key", function (owner: Person) {
  const { outcome, sent, hybridKeys } = scenarioOf(this);
  const keys = resultsOf(outcome as Outcome).keys ?? [];
  const key = hybridKeys.get(owner);
  assert.ok(sent && key, `nothing was asked for, or ${owner} has uploaded no hybrid key`);
  expectEqual('entries that were returned', keys.length, sent.identityKeys.length);
  for (const [index, got] of keys.entries())
    assert.ok(sameBytes(got, key), `entry ${index + 1} is ${describe(got)}, ${owner}'s key is ${describe(key)}`);
});

Then("the last entry is {person}'s last hybrid key", function (owner: Person) {
  const { outcome, hybridKeys } = scenarioOf(this);
  const got = resultsOf(outcome as Outcome).keys?.at(-1);
  const key = hybridKeys.get(owner);
  assert.ok(got && key, `nothing was asked for, or ${owner} has uploaded no hybrid key`);
  assert.ok(sameBytes(got, key), `${owner}'s key is ${describe(key)}, and ${describe(got)} was returned`);
});

Then('an entry is returned for each key that was asked for', function () {
  const { outcome, sent } = scenarioOf(this);
  assert.ok(outcome && sent, 'nothing was asked for before this step');
  expectEqual('entries that were returned', resultsOf(outcome).keys?.length, sent.identityKeys.length);
});
