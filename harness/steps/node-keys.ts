import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import { rightCall } from '../src/node/calls.ts';
import { contentNamed, hybridPublicKey, isTooLong } from '../src/node/contents.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { describe, difference, digest, sameBytes } from '../src/node/queue-model.ts';

/** The same package so many times in a row: the server does not remove what it returns. */
const MAX_REPEATS = 20;
const SESSIONS_AT_ONCE = 4;

const expected = (scenario: NodeScenario, owner: Person): Uint8Array[] => {
  const packages = scenario.keyPackages.get(owner) ?? [];
  scenario.keyPackages.set(owner, packages);
  return packages;
};

/** @returns the package, empty when none is left */
async function fetchPackage(
  scenario: NodeScenario,
  caller: Person,
  owner: Person,
  session?: string,
): Promise<Uint8Array> {
  const params = { ...rightCall(scenario, caller, 'fetchKeyPackage'), identityKey: scenario.identity(owner) };
  const outcome = await scenario.call(session ?? scenario.sessionOf(caller), 'fetchKeyPackage', params);
  return resultsOf(outcome).package as Uint8Array;
}

Given('{person} has no KeyPackages', async function (owner: Person) {
  const scenario = scenarioOf(this);
  let last: Uint8Array = new Uint8Array(0);
  for (let repeats = 0; repeats < MAX_REPEATS; ) {
    const next = await fetchPackage(scenario, owner, owner);
    if (next.length === 0) {
      scenario.keyPackages.set(owner, []);
      return;
    }
    repeats = sameBytes(next, last) ? repeats + 1 : 0;
    last = next;
  }
  throw new Error(`fetchKeyPackage returned ${describe(last)} ${MAX_REPEATS + 1} times: it does not remove it`);
});

Given('{person} has uploaded {int} KeyPackage(s)', async function (owner: Person, count: number) {
  const scenario = scenarioOf(this);
  const { keyPackages } = scenario.target.limits;
  if (keyPackages !== undefined && keyPackages < count)
    scenario.target.skip(`the target keeps ${keyPackages} KeyPackages`);
  for (let number = 0; number < count; number += 1) {
    const params = rightCall(scenario, owner, 'uploadKeyPackage');
    const outcome = await scenario.callAndRemember(owner, 'uploadKeyPackage', params);
    requireRoom(scenario, outcome);
    resultsOf(outcome);
    expected(scenario, owner).push(params.package);
  }
});

/** A target may keep fewer packages of an identity than a scenario needs (KP-011). */
function requireRoom(scenario: NodeScenario, outcome: Outcome): void {
  if (outcome.kind === 'refused' && outcome.code === 'E015')
    scenario.target.skip('the target keeps fewer KeyPackages of an identity (E015)');
}

When('{person} uploads as KeyPackage {content}', async function (owner: Person, content: string) {
  const scenario = scenarioOf(this);
  const { packageBytes } = scenario.target.limits;
  const bytes = scenario.sized(contentNamed(content, packageBytes, scenario.random), packageBytes, isTooLong(content));
  const params = { ...rightCall(scenario, owner, 'uploadKeyPackage'), package: bytes };
  const outcome = await scenario.callAndRemember(owner, 'uploadKeyPackage', params);
  if (outcome.kind === 'results') expected(scenario, owner).push(bytes);
});

Then('the fingerprint is the SHA-256 of the package', function () {
  const scenario = scenarioOf(this);
  assert.ok(scenario.outcome && scenario.sent, 'no package was uploaded before this step');
  const fingerprint = resultsOf(scenario.outcome).fingerprint as Uint8Array;
  expectEqual('the fingerprint', Buffer.from(fingerprint).toString('hex'), digest(scenario.sent.package));
});

async function fetchNext(scenario: NodeScenario, caller: Person, owner: Person): Promise<void> {
  const next = expected(scenario, owner).shift();
  const got = await fetchPackage(scenario, caller, owner);
  const wanted = next ? describe(next) : 'none';
  if (!sameBytes(got, next ?? new Uint8Array(0))) {
    const text = `${caller} fetched ${describe(got)} as ${owner}'s next KeyPackage, expected ${wanted}`;
    throw new Error(next ? text + difference(got, next) : text);
  }
}

Then("{person} fetches {person}'s next KeyPackage", async function (caller: Person, owner: Person) {
  const scenario = scenarioOf(this);
  assert.ok(expected(scenario, owner).length > 0, `the scenario left no KeyPackage of ${owner}`);
  await fetchNext(scenario, caller, owner);
});

Then("{person} fetches {person}'s KeyPackages in order", async function (caller: Person, owner: Person) {
  const scenario = scenarioOf(this);
  assert.ok(expected(scenario, owner).length > 0, `the scenario left no KeyPackage of ${owner}`);
  while (expected(scenario, owner).length > 0) await fetchNext(scenario, caller, owner);
  await fetchNext(scenario, caller, owner);
});

Then('no KeyPackage of {person} is left', async function (owner: Person) {
  const got = await fetchPackage(scenarioOf(this), owner, owner);
  if (got.length > 0) throw new Error(`${describe(got)} came back as a KeyPackage of ${owner}, expected none`);
});

When(
  "{person} and {person} fetch {person}'s KeyPackages with {int} calls at once",
  async function (one: Person, other: Person, owner: Person, calls: number) {
    const scenario = scenarioOf(this);
    const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `fetching ${index}`);
    await scenario.target.openAll(sessions);
    scenario.fetchedPackages = await Promise.all(
      Array.from({ length: calls }, (_, index) =>
        fetchPackage(scenario, index % 2 ? one : other, owner, sessions[index % SESSIONS_AT_ONCE]),
      ),
    );
  },
);

/** Over several sessions. @returns when all are answered */
async function uploadAtOnce(scenario: NodeScenario, owner: Person, count: number): Promise<void> {
  const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `uploading ${index}`);
  await scenario.target.openAll(sessions);
  const uploads = Array.from({ length: count }, async (_, index) => {
    const params = rightCall(scenario, owner, 'uploadKeyPackage');
    const session = sessions[index % SESSIONS_AT_ONCE] as string;
    return { params, outcome: await scenario.call(session, 'uploadKeyPackage', params) };
  });
  for (const { params, outcome } of await Promise.all(uploads)) {
    requireRoom(scenario, outcome);
    resultsOf(outcome);
    expected(scenario, owner).push(params.package);
  }
}

When('{person} uploads {int} KeyPackages at once', async function (owner: Person, count: number) {
  await uploadAtOnce(scenarioOf(this), owner, count);
});

When(
  '{person} uploads {int} KeyPackages at once while {person} fetches them with {int} calls',
  async function (owner: Person, count: number, caller: Person, calls: number) {
    const scenario = scenarioOf(this);
    await scenario.target.openAll([scenario.sessionOf(caller)]);
    const fetches = (async () => {
      for (let call = 0; call < calls; call += 1)
        scenario.fetchedPackages.push(await fetchPackage(scenario, caller, owner));
    })();
    await Promise.all([uploadAtOnce(scenario, owner, count), fetches]);
  },
);

Then("each of {person}'s KeyPackages is given out once", async function (owner: Person) {
  const scenario = scenarioOf(this);
  const most = expected(scenario, owner).length;
  for (let more = 0; more <= most; more += 1) {
    const next = await fetchPackage(scenario, owner, owner);
    if (next.length === 0) break;
    scenario.fetchedPackages.push(next);
  }
  requireEachOnce(scenario, owner);
});

Then("each of {person}'s KeyPackages is in exactly one answer", function (owner: Person) {
  requireEachOnce(scenarioOf(this), owner);
});

/** @throws unless what was fetched is what was uploaded, each package once */
function requireEachOnce(scenario: NodeScenario, owner: Person): void {
  const uploaded = expected(scenario, owner).splice(0).map(digest);
  const fetched = scenario.fetchedPackages.filter((bytes) => bytes.length > 0).map(digest);
  for (const one of fetched) assert.ok(uploaded.includes(one), `a package came back that ${owner} did not upload`);
  expectEqual('different packages among those given out', new Set(fetched).size, fetched.length);
  expectEqual('packages given out', fetched.length, uploaded.length);
}

Then('the returned package is empty', function () {
  const outcome = lastOutcome(this);
  expectEqual('length of the returned package', resultsOf(outcome).package?.length, 0);
});

async function uploadHybridKey(scenario: NodeScenario, owner: Person, key: Uint8Array): Promise<void> {
  const params = { ...rightCall(scenario, owner, 'uploadHybridKey'), hybridPublicKey: key };
  resultsOf(await scenario.callAndRemember(owner, 'uploadHybridKey', params));
  scenario.hybridKeys.set(owner, key);
}

Given('{person} has uploaded a hybrid key', async function (owner: Person) {
  const scenario = scenarioOf(this);
  await uploadHybridKey(scenario, owner, hybridPublicKey(scenario.random));
});

Given('{person} has uploaded a hybrid key that ends in zeros', async function (owner: Person) {
  const scenario = scenarioOf(this);
  await uploadHybridKey(scenario, owner, hybridPublicKey(scenario.random, 'zeros'));
});

Then("{person} fetches {person}'s last hybrid key", async function (caller: Person, owner: Person) {
  const scenario = scenarioOf(this);
  const key = scenario.hybridKeys.get(owner);
  assert.ok(key, `${owner} has uploaded no hybrid key in this scenario`);
  const params = { ...rightCall(scenario, caller, 'fetchHybridKey'), identityKey: scenario.identity(owner) };
  const outcome = await scenario.call(scenario.sessionOf(caller), 'fetchHybridKey', params);
  const got = resultsOf(outcome).hybridPublicKey as Uint8Array;
  if (!sameBytes(got, key)) {
    throw new Error(
      `${caller} fetched ${describe(got)} as ${owner}'s hybrid key, expected ${describe(key)}${difference(got, key)}`,
    );
  }
});

Then('the returned hybrid key is empty', function () {
  const outcome = lastOutcome(this);
  expectEqual('length of the returned hybrid key', resultsOf(outcome).hybridPublicKey?.length, 0);
});
