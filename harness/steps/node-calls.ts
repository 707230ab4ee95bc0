import { strict as assert } from 'node:assert';
import { Given, Then, When } from '@cucumber/cucumber';
import type { ErrorCode } from '@quicnprotochat/proto';
import { needKeys } from '../src/node/batch-calls.ts';
import { rightCall } from '../src/node/calls.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { applyFault } from '../src/node/faults.ts';
import type { CalledMethod } from '../src/node/methods.ts';
import { lastOutcome, type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { isForRate, type Outcome } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';

Given('everyone shares one session', function () {
  scenarioOf(this).sharedSession = true;
});

Given('{person} connects anew', async function (person: Person) {
  const scenario = scenarioOf(this);
  await scenario.target.endConnection(scenario.sessionOf(person));
});

When('{person} leaves', async function (person: Person) {
  const scenario = scenarioOf(this);
  await scenario.target.leave(scenario.sessionOf(person));
});

async function call(scenario: NodeScenario, person: Person, method: CalledMethod, ...faults: string[]): Promise<void> {
  const params = rightCall(scenario, person, method);
  for (const fault of faults) applyFault(fault, params, scenario, person);
  if (method === 'fetchHybridKeys') needKeys(scenario, method, params.identityKeys.length);
  if (method === 'batchEnqueue') needKeys(scenario, method, params.recipientKeys.length);
  await scenario.callAndRemember(person, method, params);
}

When('{person} calls {method}', async function (person: Person, method: CalledMethod) {
  await call(scenarioOf(this), person, method);
});

When('{person} calls {method} with {fault}', async function (person: Person, method: CalledMethod, fault: string) {
  await call(scenarioOf(this), person, method, fault);
});

When(
  '{person} calls {method} with {fault}, {int} times',
  async function (person: Person, method: CalledMethod, fault: string, times: number) {
    for (let time = 0; time < times; time += 1) await call(scenarioOf(this), person, method, fault);
  },
);

When(
  '{person} calls {method} with {fault}, {int} times at once',
  async function (person: Person, method: CalledMethod, fault: string, times: number) {
    const scenario = scenarioOf(this);
    const params = rightCall(scenario, person, method);
    applyFault(fault, params, scenario, person);
    const calls = Array.from({ length: times }, () => scenario.callInFlood(scenario.sessionOf(person), method, params));
    const outcomes = await scenario.target.inTime(Promise.all(calls));
    if (outcomes.some(isForRate)) scenario.skipForRate();
    scenario.outcome = outcomes.find(({ kind }) => kind === 'results') ?? outcomes.at(-1);
  },
);

When(
  '{person} calls {method} with {fault} and {fault}',
  async function (person: Person, method: CalledMethod, first: string, second: string) {
    await call(scenarioOf(this), person, method, first, second);
  },
);

Then('the call succeeds', function () {
  const outcome = lastOutcome(this);
  if (outcome.kind === 'refused') throw new Error(`${outcome.method} was refused: ${outcome.type}: ${outcome.reason}`);
});

Then('the call fails with {codes}', function (codes: ErrorCode[]) {
  const outcome = refused(this);
  if (outcome.code && codes.includes(outcome.code)) return;
  throw new Error(`${outcome.method} was refused with "${outcome.reason}", expected ${codes.join(' or ')}`);
});

Then('the call fails with any code', function () {
  const outcome = refused(this);
  assert.ok(outcome.code, `${outcome.method} was refused with "${outcome.reason}", which begins with no code`);
});

Then('the call is answered with an exception of type failed', function () {
  const outcome = refused(this);
  expectEqual(`type of the exception that ${outcome.method} was refused with`, outcome.type, 'failed');
});

Then('the reason begins with {codes}', function (codes: ErrorCode[]) {
  const outcome = refused(this);
  const right = codes.some((code) => new RegExp(`^${code}(?![\\p{L}\\p{N}])`, 'u').test(outcome.reason));
  assert.ok(right, `the reason is "${outcome.reason}", expected it to begin with ${codes.join(' or ')}`);
});

Then('the reason goes on with a text', function () {
  const { reason } = refused(this);
  assert.match(
    reason,
    /^E\d{3}[^\p{L}\p{N}]+[\p{L}\p{N}].{2,}/su,
    `the reason is "${reason}", expected a text after the code`,
  );
});

Then('the reason repeats neither token nor payload', function () {
  const scenario = scenarioOf(this);
  const { reason } = refused(this);
  const { auth, payload } = scenario.sent as NonNullable<typeof scenario.sent>;
  for (const [what, bytes] of [['token', auth.accessToken] as const, ['payload', payload] as const]) {
    const secret = Buffer.from(bytes);
    if (secret.length < 8) continue;
    const spellings = [secret.toString('latin1'), secret.toString('utf8'), secret.toString('hex')];
    spellings.push(secret.toString('base64').replace(/=+$/, ''), secret.toString('base64url'), [...secret].join(', '));
    const found = spellings.some((spelling) => reason.toLowerCase().includes(spelling.toLowerCase()));
    assert.ok(!found, `the reason of ${scenario.outcome?.method} repeats the ${what}`);
  }
});

function refused(world: unknown): Extract<Outcome, { kind: 'refused' }> {
  const outcome = lastOutcome(world);
  if (outcome.kind === 'refused') return outcome;
  throw new Error(`${outcome.method} succeeded, expected it to be refused`);
}
