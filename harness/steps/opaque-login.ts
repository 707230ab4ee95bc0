// Logins, and what their answers tell: features/opaque/login.feature.
import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome } from '../src/node/node-scenario.ts';
import { OPAQUE_LENGTHS, opaqueReady, startLogin } from '../src/node/opaque-client.ts';
import { applyOpaqueFault } from '../src/node/opaque-faults.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import { sameBytes } from '../src/node/queue-model.ts';

async function logIn(scenario: OpaqueScenario, user: User, session: string): Promise<void> {
  resultsOf(await scenario.beginLogin(session, user));
  resultsOf(await scenario.finishLogin(session, user));
}

/** What the client would send is of no use when it cannot open the answer: then 64 bytes of its own take its place. */
async function finishWith(scenario: OpaqueScenario, user: User, fault: string): Promise<void> {
  const isMadeUp = /of random bytes|of zeros/.test(fault);
  const right = isMadeUp ? new Uint8Array(OPAQUE_LENGTHS.ke3) : scenario.finalization(user);
  const params = { finalization: right, identityKey: scenario.user(user).identityKey };
  applyOpaqueFault(fault, 'opaqueLoginFinish', params, scenario.world.random);
  await scenario.finishLogin(user, user, params);
}

When('{user} logs in', async function (user: User) {
  await logIn(OpaqueScenario.of(this), user, user);
});

When('{user} logs in on a new connection', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  scenario.forget(user);
  await logIn(scenario, user, user);
});

When('{user} and {user} log in at once', async function (one: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  const users = [one, other];
  for (const outcome of await Promise.all(users.map((user) => scenario.beginLogin(user, user)))) resultsOf(outcome);
  // Stretching the passwords blocks this process: it comes before, so that the last calls really are sent at once.
  const finalizations = users.map((user) => scenario.finalization(user));
  const finished = users.map((user, i) =>
    scenario.finishLogin(user, user, { finalization: finalizations[i] as Uint8Array }),
  );
  for (const outcome of await Promise.all(finished)) resultsOf(outcome);
});

When('{user} begins a login', async function (user: User) {
  await OpaqueScenario.of(this).beginLogin(user, user);
});

When('{user} begins a login with a wrong password', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.beginLogin(user, user, Buffer.from(scenario.world.random.bytes(9)).toString('hex'));
});

When('{user} begins a login on another connection', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const kept = scenario.logins.get(user);
  resultsOf(await scenario.beginLogin('another connection', user));
  if (kept) scenario.logins.set(user, kept);
});

When('{user} begins a login twice with the same message', async function (user: User) {
  await opaqueReady;
  const scenario = OpaqueScenario.of(this);
  const { username, password } = scenario.user(user);
  const { request } = startLogin(password);
  for (const session of [user, 'another connection']) {
    const outcome = await scenario.call(session, 'opaqueLoginStart', { username, request });
    scenario.responses.push(resultsOf(outcome).response as Uint8Array);
  }
});

When('{user} finishes the login', async function (user: User) {
  await OpaqueScenario.of(this).finishLogin(user, user);
});

When('{user} finishes the login on another connection', async function (user: User) {
  await OpaqueScenario.of(this).finishLogin('another connection', user);
});

When('{user} finishes the login with {opaqueFault}', async function (user: User, fault: string) {
  await finishWith(OpaqueScenario.of(this), user, fault);
});

When('{user} finishes the login with the message of the login before', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const finalization = scenario.finalizations.get(user);
  if (!finalization) throw new Error(`${user} has finished no login before this step`);
  await scenario.finishLogin(user, user, { finalization });
});

When('{user} finishes the login with the message of {user}', async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.finishLogin(user, user, { finalization: scenario.finalization(other) });
});

When('{user} finishes the login of {user}', async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.finishLogin(other, user, { finalization: scenario.finalization(other) });
});

When("{user} finishes the login with {user}'s identity key", async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.finishLogin(user, user, { identityKey: scenario.user(other).identityKey });
});

When('{user} finishes a login that was not begun', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const finalization = scenario.world.random.bytes(OPAQUE_LENGTHS.ke3);
  await scenario.finishLogin(user, user, { finalization });
});

Then('the two answers begin with the same {int} bytes', function (count: number) {
  const [one, other] = OpaqueScenario.of(this).responses.slice(-2);
  assert.ok(one && other, 'fewer than two logins were begun before this step');
  assert.ok(sameBytes(one.subarray(0, count), other.subarray(0, count)), `the first ${count} bytes differ`);
});

Then('the reason is noted', function () {
  const outcome = lastOutcome(this);
  if (outcome.kind === 'results') throw new Error(`${outcome.method} succeeded, expected it to be refused`);
  OpaqueScenario.of(this).reasons.push(outcome.reason);
});

Then('the noted reasons are the same', function () {
  const { reasons } = OpaqueScenario.of(this);
  assert.ok(reasons.length > 1, 'fewer than two reasons were noted');
  expectEqual('different reasons', new Set(reasons).size, 1);
});
