import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import { scenarioOf } from '../src/node/node-scenario.ts';
import type { Credentials } from '../src/node/opaque-client.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import { type Issued, originOf, varyingBits } from '../src/node/token-origin.ts';
import { TOKEN_CHANGES } from '../src/node/tokens.ts';
import { newCredentials } from '../src/target/access.ts';

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
