// Single messages, right and wrong: features/opaque/messages.feature.
import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome } from '../src/node/node-scenario.ts';
import { finishRegistration, opaqueReady, startLogin, startRegistration } from '../src/node/opaque-client.ts';
import { applyOpaqueFault } from '../src/node/opaque-faults.ts';
import { type OpaqueMethod, type OpaqueParams, OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';

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
  expectEqual('length of the response', resultsOf(lastOutcome(this)).response?.length, length);
});

When('{user} sends the first message of a registration', async function (user: User) {
  await opaqueReady;
  const scenario = OpaqueScenario.of(this);
  const { request } = startRegistration(scenario.user(user).password);
  const { username } = scenario.user(user);
  scenario.requireOpen(await scenario.call(user, 'opaqueRegisterStart', { username, request }));
});

Then('no token is returned', function () {
  const outcome = lastOutcome(this);
  const token = outcome.kind === 'results' ? outcome.results.sessionToken : undefined;
  assert.ok(token === undefined || token.length === 0, `${outcome.method} returned a token, expected it to be refused`);
});
