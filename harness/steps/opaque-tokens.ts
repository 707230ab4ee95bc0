import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import type { ErrorCode } from '@quicnprotochat/proto';
import { expectEqual } from '../src/node/expect-equal.ts';
import { CALLED_METHODS } from '../src/node/methods.ts';
import { lastOutcome, scenarioOf } from '../src/node/node-scenario.ts';
import type { Credentials } from '../src/node/opaque-client.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import { type Issued, originOf, varyingBits } from '../src/node/token-origin.ts';
import { TOKEN_CHANGES } from '../src/node/tokens.ts';
import { newCredentials } from '../src/target/access.ts';

/** How a server says that a token is none. */
const TOKEN_CODES: readonly ErrorCode[] = ['E001', 'E002', 'E003', 'E016', 'E017'];

/** What an OpaqueScenario remembers of its logins for these steps. */
const registered = new WeakMap<OpaqueScenario, Credentials[]>();
const issued = new WeakMap<OpaqueScenario, Issued[]>();
const SESSION = 'many';

const tokensOf = (world: unknown): Issued[] => {
  const tokens = issued.get(OpaqueScenario.of(world)) ?? [];
  assert.ok(tokens.length > 1, 'fewer than two logins were made before this step');
  return tokens;
};

async function logIn(scenario: OpaqueScenario, session: string, credentials: Credentials): Promise<void> {
  const { username, identityKey } = credentials;
  resultsOf(await scenario.beginLoginAs(session, credentials));
  const finalization = scenario.finalizationAs(session);
  const from = Date.now();
  const outcome = await scenario.call(session, 'opaqueLoginFinish', { username, finalization, identityKey });
  const token = resultsOf(outcome).sessionToken as Uint8Array;
  const all = issued.get(scenario) ?? [];
  all.push({ token, username, identityKey, from, until: Date.now() });
  issued.set(scenario, all);
}

Given('{int} users have registered', async function (count: number) {
  const scenario = OpaqueScenario.of(this);
  const users = Array.from({ length: count }, newCredentials);
  for (const credentials of users) await scenario.mustRegister(SESSION, credentials);
  registered.set(scenario, users);
});

When('each of them logs in', async function () {
  const scenario = OpaqueScenario.of(this);
  for (const credentials of registered.get(scenario) ?? []) await logIn(scenario, SESSION, credentials);
});

When('{user} logs in {int} times', async function (user: User, times: number) {
  const scenario = OpaqueScenario.of(this);
  for (let time = 0; time < times; time += 1) await logIn(scenario, user, scenario.user(user));
});

Then('none of the tokens is made of names, keys, times and counters', function () {
  const tokens = tokensOf(this);
  // To look for the origin of all of them takes seconds, and they are made in one way.
  for (const one of [tokens[0], tokens.at(-1)] as Issued[]) {
    const origin = originOf(one);
    if (origin) throw new Error(`a session token is ${origin}`);
  }
});

function requireVarying(tokens: readonly Issued[], least: number): void {
  const bits = varyingBits(tokens);
  if (bits < least)
    throw new Error(`${tokens.length} session tokens differ in ${bits} bits, names and keys apart, expected ${least}`);
}

Then('the tokens vary in at least {int} bits', function (least: number) {
  requireVarying(tokensOf(this), least);
});

Then('the tokens vary in at least {int} bits, if they are different', function (least: number) {
  const tokens = tokensOf(this);
  // Whether a user gets a new one each time is another question (OPQ-005).
  const different = new Set(tokens.map(({ token }) => Buffer.from(token).toString('hex')));
  if (different.size === tokens.length) requireVarying(tokens, least);
});

When('{user} fetches with {tokenChange}', async function (user: User, change: string) {
  const scenario = OpaqueScenario.of(this);
  const right = scenario.token(user);
  const token = scenarioOf(this).unknownToken(new Uint8Array(TOKEN_CHANGES[change]?.(right) ?? right));
  if (Buffer.from(token).equals(right)) scenario.world.skip('no wrong token can be made of the right one in this way');
  await scenario.fetch(token, scenario.user(user).identityKey);
});

When("the messages of {user}'s login are sent again on another connection", async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const { username, identityKey } = scenario.user(user);
  const login = scenario.logins.get(user);
  const finalization = scenario.finalizations.get(user);
  if (!login || !finalization) throw new Error(`${user} has finished no login before this step`);
  const { request } = login.started;
  resultsOf(await scenario.call('another connection', 'opaqueLoginStart', { username, request }));
  await scenario.call('another connection', 'opaqueLoginFinish', { username, finalization, identityKey });
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
  const outcome = lastOutcome(this);
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

Then("{user}'s token publishes nothing for {user}", async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  const { identityKey } = scenario.user(other);
  for (const method of ['uploadKeyPackage', 'uploadHybridKey'] as const) {
    const { outcome } = await scenario.callWithToken(user, method, { identityKey });
    if (outcome.kind === 'results') throw new Error(`${user}'s token was taken for ${method} of ${other}'s`);
    expectEqual(`code of the refusal of ${method}`, outcome.code, 'E016');
  }
});
