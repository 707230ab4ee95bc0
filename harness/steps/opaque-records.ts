// What users publish and look for with a session token.
import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import { expectEqual } from '../src/node/expect-equal.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { describe, sameBytes } from '../src/node/queue-model.ts';
import { find, findByBatch, publish, type RecordName } from '../src/node/records.ts';

When("{person} looks for {user}'s {record}", async function (person: Person, user: User, record: RecordName) {
  const found = await find(OpaqueScenario.of(this), person, user, record);
  expectEqual(`length of ${user}'s ${record}, which was never published`, found.length, 0);
});

When("{person} looks for {user}'s hybrid key by a batch", async function (person: Person, user: User) {
  const found = await findByBatch(OpaqueScenario.of(this), person, user);
  expectEqual(`length of ${user}'s hybrid key, which was never published`, found.length, 0);
});

When('{user} publishes her {record}', async function (user: User, record: RecordName) {
  const scenario = OpaqueScenario.of(this);
  const { outcome, bytes } = await publish(scenario, user, record);
  resultsOf(outcome);
  scenario.records.set(`${user} ${record}`, bytes);
});

function requireFound(scenario: OpaqueScenario, user: User, record: RecordName, found: Uint8Array): void {
  const right = scenario.records.get(`${user} ${record}`);
  assert.ok(right, `${user} has published no ${record} in this scenario`);
  assert.ok(sameBytes(found, right), `${describe(found)} was found as ${user}'s ${record}: ${describe(right)}`);
}

Then("{person} finds {user}'s {record}", async function (person: Person, user: User, record: RecordName) {
  const scenario = OpaqueScenario.of(this);
  requireFound(scenario, user, record, await find(scenario, person, user, record));
});

Then("{person} finds {user}'s hybrid key by a batch", async function (person: Person, user: User) {
  const scenario = OpaqueScenario.of(this);
  requireFound(scenario, user, 'hybrid key', await findByBatch(scenario, person, user));
});
