// Calls of several people at the same time, on several connections: nobody may get what is another's.
import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import {
  createChannelsInTurn,
  fetchInTurn,
  fetchPackagesInTurn,
  lookUpInTurn,
  lookUpManyInTurn,
  publishAtOnce,
  putBatchesInTurn,
  putInTurn,
  uploadHybridKeysAtOnce,
  uploadPackagesInTurn,
} from '../src/node/at-once.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { describe, digest, sameBytes } from '../src/node/queue-model.ts';

When(
  '{person} puts {int} messages each into {queue} and {queue} at once',
  async function (sender: Person, count: number, one: QueueName, other: QueueName) {
    await putInTurn(scenarioOf(this), sender, [one, other], count);
  },
);

When(
  '{person} puts {int} messages each into {queue} and {queue} at once, on streams of one connection',
  async function (sender: Person, count: number, one: QueueName, other: QueueName) {
    await putInTurn(scenarioOf(this), sender, [one, other], count, 'one for all');
  },
);

Then('{people} get what is theirs by {int} fetches each at once', async function (owners: Person[], count: number) {
  await fetchInTurn(scenarioOf(this), owners, count);
});

When(
  '{person} puts {int} batches each into the queues of {people}, and of {people}, at once',
  async function (sender: Person, count: number, some: Person[], others: Person[]) {
    await putBatchesInTurn(scenarioOf(this), sender, [some, others], count);
  },
);

When(
  '{person} puts {int} batches into the queues of {people} while {person} puts {int} messages each into theirs',
  async function (sender: Person, batches: number, owners: Person[], other: Person, count: number) {
    const scenario = scenarioOf(this);
    const queues = owners.map((owner): QueueName => ({ owner, peer: undefined }));
    await Promise.all([
      putBatchesInTurn(scenario, sender, [owners], batches),
      putInTurn(scenario, other, queues, count),
    ]);
  },
);

const uploads = new WeakMap<NodeScenario, Awaited<ReturnType<typeof uploadPackagesInTurn>>>();

When('{people} upload {int} KeyPackages each at once', async function (owners: Person[], count: number) {
  const scenario = scenarioOf(this);
  uploads.set(scenario, await uploadPackagesInTurn(scenario, owners, count));
});

Then('each fingerprint is the SHA-256 of its package', function () {
  const uploaded = uploads.get(scenarioOf(this)) ?? [];
  assert.ok(uploaded.length > 1, 'fewer than two packages were uploaded before this step');
  for (const { keyPackage, fingerprint } of uploaded)
    expectEqual('the fingerprint', Buffer.from(fingerprint).toString('hex'), digest(keyPackage));
});

Then(
  '{person} gets the KeyPackages of {people} by {int} fetches each at once',
  async function (caller: Person, owners: Person[], count: number) {
    const scenario = scenarioOf(this);
    const left = new Map((uploads.get(scenario) ?? []).map(({ owner, keyPackage }) => [digest(keyPackage), owner]));
    for (const { owner, got } of await fetchPackagesInTurn(scenario, caller, owners, count)) {
      if (got.length === 0) throw new Error(`${caller} fetched none of ${owner}'s KeyPackages, and some were left`);
      const whose = left.get(digest(got));
      if (whose === undefined) throw new Error(`${describe(got)} came back, which was not there, or a second time`);
      expectEqual(`owner of the KeyPackage that came for ${owner}`, whose, owner);
      left.delete(digest(got));
    }
  },
);

When('{people} upload hybrid keys at once', async function (owners: Person[]) {
  await uploadHybridKeysAtOnce(scenarioOf(this), owners);
});

When('{people} publish endpoints at once', async function (owners: Person[]) {
  await publishAtOnce(scenarioOf(this), owners);
});

function requireOf(what: string, owner: Person, got: Uint8Array | undefined, known: Map<Person, Uint8Array>): void {
  const expected = known.get(owner);
  assert.ok(expected && got, `${owner} has published none, or nothing came`);
  if (sameBytes(got, expected)) return;
  const [whose] = [...known].find(([, other]) => sameBytes(got, other)) ?? [];
  throw new Error(
    `${describe(got)} came as ${owner}'s ${what}${whose ? `, which is ${whose}'s` : ''}, expected ${describe(expected)}`,
  );
}

Then(
  '{person} finds the hybrid keys of {people} by {int} look-ups each at once',
  async function (caller: Person, owners: Person[], count: number) {
    const scenario = scenarioOf(this);
    for (const { owner, got } of await lookUpInTurn(scenario, caller, 'fetchHybridKey', owners, count))
      requireOf('hybrid key', owner, got, scenario.hybridKeys);
  },
);

Then(
  '{person} finds the endpoints of {people} by {int} look-ups each at once',
  async function (caller: Person, owners: Person[], count: number) {
    const scenario = scenarioOf(this);
    for (const { owner, got } of await lookUpInTurn(scenario, caller, 'resolveEndpoint', owners, count))
      requireOf('endpoint', owner, got, scenario.endpoints);
  },
);

Then(
  '{person} finds the hybrid keys of {people}, in either order, by {int} calls each at once',
  async function (caller: Person, owners: Person[], count: number) {
    const scenario = scenarioOf(this);
    const orders = [owners, [...owners].reverse()];
    for (const { owners: asked, keys } of await lookUpManyInTurn(scenario, caller, orders, count)) {
      expectEqual('entries that were returned', keys.length, asked.length);
      for (const [index, owner] of asked.entries()) requireOf('hybrid key', owner, keys[index], scenario.hybridKeys);
    }
  },
);

Then(
  'each two of {people} get a channel of their own by {int} calls each at once',
  async function (people: Person[], count: number) {
    const ids = new Map<string, Set<string>>();
    for (const { pair, id } of await createChannelsInTurn(scenarioOf(this), people, count))
      ids.set(pair, (ids.get(pair) ?? new Set()).add(id));
    const owners = new Map<string, string>();
    for (const [pair, own] of ids) {
      for (const id of own) {
        const other = owners.get(id);
        if (other !== undefined) throw new Error(`${id} was returned as the channel of ${other}, and of ${pair}`);
        owners.set(id, pair);
      }
      expectEqual(`different ids that the calls of ${pair} got`, own.size, 1);
    }
  },
);
