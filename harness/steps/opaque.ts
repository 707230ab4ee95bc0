import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import type { ErrorCode } from '@quicnprotochat/proto';
import { expectEqual } from '../src/node/expect-equal.ts';
import { CALLED_METHODS } from '../src/node/methods.ts';
import { scenarioOf } from '../src/node/node-scenario.ts';
import {
  finishRegistration,
  OPAQUE_LENGTHS,
  opaqueReady,
  startLogin,
  startRegistration,
} from '../src/node/opaque-client.ts';
import { applyOpaqueFault } from '../src/node/opaque-faults.ts';
import { type OpaqueMethod, type OpaqueParams, OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { describe, sameBytes } from '../src/node/queue-model.ts';
import { find, publish, type RecordName } from '../src/node/records.ts';
import { newCredentials } from '../src/target/access.ts';

const TOKEN_CODES: readonly ErrorCode[] = ['E001', 'E002', 'E003', 'E016', 'E017'];

const last = (world: unknown): Outcome => {
  const { outcome } = scenarioOf(world);
  if (!outcome) throw new Error('no call was made before this step');
  return outcome;
};

Given('{user} has registered', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.mustRegister(user, scenario.user(user));
});

Given("{user}'s password is not ASCII", function (user: User) {
  const scenario = OpaqueScenario.of(this);
  scenario.setUser(user, { ...scenario.user(user), password: 'pässwörd, 密碼 🔑' });
});

When('{user} tries to register', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.register(user, scenario.user(user));
});

When('somebody registers as {user} with another password and identity', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const { username } = scenario.user(user);
  await scenario.register('somebody', { ...newCredentials(), username });
});

When("{user} registers with {person}'s identity key", async function (user: User, person: Person) {
  const scenario = OpaqueScenario.of(this);
  const identityKey = scenarioOf(this).identity(person);
  await scenario.register(user, { ...scenario.user(user), identityKey });
});

When("{user} registers with {user}'s identity key", async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  const { identityKey } = scenario.user(other);
  await scenario.register(user, { ...scenario.user(user), identityKey });
});

When('{int} people register as {user} at once', async function (count: number, user: User) {
  const scenario = OpaqueScenario.of(this);
  const { username } = scenario.user(user);
  const people = Array.from({ length: count }, () => ({ ...newCredentials(), username }));
  // Stretching the passwords blocks this process: it comes before, so that the last calls really are sent at once.
  const begun = await Promise.all(people.map((person, i) => scenario.beginRegistration(`at once ${i}`, person)));
  scenario.outcomes = await Promise.all(begun.map((last) => (typeof last === 'function' ? last() : last)));
  const winner = people[scenario.outcomes.findIndex(({ kind }) => kind === 'results')];
  if (winner) scenario.setUser(user, winner);
});

Then('one of them is registered, and the others are refused with E018', function () {
  const { outcomes, world } = OpaqueScenario.of(this);
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  if (refused.length === outcomes.length && refused.every(({ code }) => code !== 'E018') && !world.target.mustRegister)
    world.skip(`the target registers no users: ${refused[0]?.reason}`);
  expectEqual('registrations of one username that succeeded', outcomes.length - refused.length, 1);
  for (const outcome of refused) expectEqual('code of the others', outcome.code, 'E018');
});

async function logIn(scenario: OpaqueScenario, user: User, session: string): Promise<void> {
  resultsOf(await scenario.beginLogin(session, user));
  resultsOf(await scenario.finishLogin(session, user));
}

When('{user} logs in', async function (user: User) {
  await logIn(OpaqueScenario.of(this), user, user);
});

When('{user} logs in on a new connection', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  scenario.forget(user);
  await logIn(scenario, user, user);
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

/** What the client would send is of no use when it cannot open the answer: then 64 bytes of its own take its place. */
async function finishWith(scenario: OpaqueScenario, user: User, fault: string): Promise<void> {
  const isMadeUp = /of random bytes|of zeros/.test(fault);
  const right = isMadeUp ? new Uint8Array(OPAQUE_LENGTHS.ke3) : scenario.finalization(user);
  const params = { finalization: right, identityKey: scenario.user(user).identityKey };
  applyOpaqueFault(fault, 'opaqueLoginFinish', params, scenario.world.random);
  await scenario.finishLogin(user, user, params);
}

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

When("{user} finishes the login with {user}'s identity key", async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  await scenario.finishLogin(user, user, { identityKey: scenario.user(other).identityKey });
});

When('{user} finishes a login that was not begun', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const finalization = scenario.world.random.bytes(OPAQUE_LENGTHS.ke3);
  await scenario.finishLogin(user, user, { finalization });
});

/** The parameters of a right call, after the calls that come before it. */
async function rightParams(scenario: OpaqueScenario, user: User, method: OpaqueMethod): Promise<Partial<OpaqueParams>> {
  await opaqueReady;
  const { username, password, identityKey } = scenario.user(user);
  if (method === 'opaqueLoginStart') return { username, request: startLogin(password).request };
  if (method === 'opaqueLoginFinish') {
    resultsOf(await scenario.beginLogin(user, user));
    return { username, identityKey, finalization: scenario.finalization(user) };
  }
  const started = startRegistration(password);
  const { request } = started;
  // Also before a wrong one: a target that registers nobody may refuse both alike.
  const answer = await scenario.call(user, 'opaqueRegisterStart', { username, request });
  scenario.requireOpen(answer);
  if (method === 'opaqueRegisterStart') return { username, request };
  const upload = finishRegistration(password, started, resultsOf(answer).response as Uint8Array);
  return { username, identityKey, upload };
}

When(
  '{user} calls {opaqueMethod} with {opaqueFault}',
  async function (user: User, method: OpaqueMethod, fault: string) {
    const scenario = OpaqueScenario.of(this);
    const params = await rightParams(scenario, user, method);
    applyOpaqueFault(fault, method, params, scenario.world.random);
    await scenario.call(user, method, params);
  },
);

Then('the returned response has {int} bytes', function (length: number) {
  expectEqual('length of the response', resultsOf(last(this)).response?.length, length);
});

When('{user} sends the first message of a registration', async function (user: User) {
  await opaqueReady;
  const scenario = OpaqueScenario.of(this);
  const { request } = startRegistration(scenario.user(user).password);
  const { username } = scenario.user(user);
  scenario.requireOpen(await scenario.call(user, 'opaqueRegisterStart', { username, request }));
});

Then('{user} is registered, or registrations are not offered', function (_user: User) {
  const outcome = last(this);
  if (outcome.kind === 'refused' && outcome.type === 'unimplemented') return;
  expectEqual('success that opaqueRegisterFinish returned', String(resultsOf(outcome).success), 'true');
});

Then('no token is returned', function () {
  const outcome = last(this);
  const token = outcome.kind === 'results' ? outcome.results.sessionToken : undefined;
  assert.ok(token === undefined || token.length === 0, `${outcome.method} returned a token, expected it to be refused`);
});

Then("{user}'s token opens {user}'s queue", async function (user: User, owner: User) {
  const scenario = OpaqueScenario.of(this);
  resultsOf(await scenario.fetch(scenario.token(user), scenario.user(owner).identityKey));
});

When('{user} leaves', async function (user: User) {
  await OpaqueScenario.of(this).leave(user);
});

Then("{user}'s token is taken by every method that is offered", async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  for (const method of CALLED_METHODS.filter((name) => name !== 'health')) {
    const { outcome } = await scenario.callWithToken(user, method);
    // A refusal for another reason is not the token's.
    if (
      outcome.kind === 'refused' &&
      (outcome.code === undefined || TOKEN_CODES.includes(outcome.code)) &&
      outcome.type !== 'unimplemented'
    )
      throw new Error(`${method} with ${user}'s session token was refused: ${outcome.reason}`);
  }
});

When("{person} looks for {user}'s {record}", async function (person: Person, user: User, record: RecordName) {
  const found = await find(OpaqueScenario.of(this), person, user, record);
  expectEqual(`length of ${user}'s ${record}, which was never published`, found.length, 0);
});

When('{user} publishes her {record}', async function (user: User, record: RecordName) {
  const scenario = OpaqueScenario.of(this);
  const { outcome, bytes } = await publish(scenario, user, record);
  resultsOf(outcome);
  scenario.records.set(`${user} ${record}`, bytes);
});

Then("{person} finds {user}'s {record}", async function (person: Person, user: User, record: RecordName) {
  const scenario = OpaqueScenario.of(this);
  const right = scenario.records.get(`${user} ${record}`);
  assert.ok(right, `${user} has published no ${record} in this scenario`);
  const found = await find(scenario, person, user, record);
  assert.ok(sameBytes(found, right), `${person} found ${describe(found)} as ${user}'s ${record}: ${describe(right)}`);
});

Then("{user}'s first token still opens {user}'s queue", async function (user: User, owner: User) {
  const scenario = OpaqueScenario.of(this);
  const [token] = scenario.tokens.get(user) ?? [];
  if (!token) throw new Error(`${user} was given no session token before this step`);
  resultsOf(await scenario.fetch(token, scenario.user(owner).identityKey));
});

Then("{user}'s token does not open {user}'s queue", async function (user: User, owner: User) {
  const scenario = OpaqueScenario.of(this);
  const outcome = await scenario.fetch(scenario.token(user), scenario.user(owner).identityKey);
  if (outcome.kind === 'results') throw new Error(`${user}'s session token opens ${owner}'s queue`);
  expectEqual('code of the refusal', outcome.code, 'E016');
});

Then("nothing was returned that opens {user}'s queue", async function (owner: User) {
  const scenario = OpaqueScenario.of(this);
  const outcome = last(this);
  if (outcome.kind === 'refused') return;
  const fetched = await scenario.fetch(outcome.results.sessionToken as Uint8Array, scenario.user(owner).identityKey);
  if (fetched.kind === 'results') throw new Error(`the session token that was returned opens ${owner}'s queue`);
});

Then("{user}'s tokens are {int} different ones of {int} bytes", function (user: User, count: number, length: number) {
  const tokens = OpaqueScenario.of(this).tokens.get(user) ?? [];
  for (const token of tokens) expectEqual('length of a session token', token.length, length);
  expectEqual(
    'different session tokens',
    new Set(tokens.map((token) => Buffer.from(token).toString('hex'))).size,
    count,
  );
});

Then('the two answers begin with the same {int} bytes', function (count: number) {
  const [one, other] = OpaqueScenario.of(this).responses.slice(-2);
  assert.ok(one && other, 'fewer than two logins were begun before this step');
  assert.ok(sameBytes(one.subarray(0, count), other.subarray(0, count)), `the first ${count} bytes differ`);
});

Then('the reason is noted', function () {
  const outcome = last(this);
  if (outcome.kind === 'results') throw new Error(`${outcome.method} succeeded, expected it to be refused`);
  OpaqueScenario.of(this).reasons.push(outcome.reason);
});

Then('the noted reasons are the same', function () {
  const { reasons } = OpaqueScenario.of(this);
  assert.ok(reasons.length > 1, 'fewer than two reasons were noted');
  expectEqual('different reasons', new Set(reasons).size, 1);
});
