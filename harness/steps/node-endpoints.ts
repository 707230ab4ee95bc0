import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import { rightCall } from '../src/node/calls.ts';
import { contentNamed, isTooLong } from '../src/node/contents.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { describe, difference, sameBytes } from '../src/node/queue-model.ts';

async function publish(scenario: NodeScenario, owner: Person, nodeAddr?: Uint8Array): Promise<void> {
  const right = rightCall(scenario, owner, 'publishEndpoint');
  const params = { ...right, nodeAddr: nodeAddr ?? right.nodeAddr };
  const outcome = await scenario.callAndRemember(owner, 'publishEndpoint', params);
  if (outcome.kind === 'results') scenario.endpoints.set(owner, params.nodeAddr);
}

Given('{person} has published an endpoint', async function (owner: Person) {
  const scenario = scenarioOf(this);
  await publish(scenario, owner);
  if (scenario.outcome) resultsOf(scenario.outcome);
});

When('{person} publishes {content} as endpoint', async function (owner: Person, content: string) {
  const scenario = scenarioOf(this);
  const { nodeAddrBytes } = scenario.target.limits;
  const bytes = contentNamed(content, nodeAddrBytes, scenario.random);
  await publish(scenario, owner, scenario.sized(bytes, nodeAddrBytes, isTooLong(content)));
});

Then("{person} resolves {person}'s last endpoint", async function (caller: Person, owner: Person) {
  const scenario = scenarioOf(this);
  const expected = scenario.endpoints.get(owner);
  assert.ok(expected, `${owner} has published no endpoint in this scenario`);
  const params = { ...rightCall(scenario, caller, 'resolveEndpoint'), identityKey: scenario.identity(owner) };
  const outcome = await scenario.call(scenario.sessionOf(caller), 'resolveEndpoint', params);
  const got = resultsOf(outcome).nodeAddr as Uint8Array;
  if (!sameBytes(got, expected)) {
    const text = `${caller} resolved ${owner}'s endpoint as ${describe(got)}, expected ${describe(expected)}`;
    throw new Error(text + difference(got, expected));
  }
});

Then('no endpoint is returned', function () {
  const { outcome } = scenarioOf(this);
  assert.ok(outcome, 'no call was made before this step');
  // Whoever has none may also be refused (EP-005).
  if (outcome.kind === 'refused' && outcome.code !== undefined) return;
  expectEqual('length of the returned endpoint', resultsOf(outcome).nodeAddr?.length, 0);
});

Then('the returned endpoint is empty', function () {
  const outcome = lastOutcome(this);
  expectEqual('length of the returned endpoint', resultsOf(outcome).nodeAddr?.length, 0);
});
