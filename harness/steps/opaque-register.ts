// Registrations: features/opaque/register.feature.
import { Given, Then, When } from '@cucumber/cucumber';
import { expectEqual } from '../src/node/expect-equal.ts';
import { lastOutcome, scenarioOf } from '../src/node/node-scenario.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { newCredentials } from '../src/target/access.ts';

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

When('{user} and {user} register at once', async function (one: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  const users = [one, other].map((user) => scenario.user(user));
  const begun = await Promise.all(users.map((user) => scenario.beginRegistration(user.username, user)));
  for (const outcome of await Promise.all(begun.map((last) => (typeof last === 'function' ? last() : last)))) {
    scenario.requireOpen(outcome);
    expectEqual('success that opaqueRegisterFinish returned', String(resultsOf(outcome).success), 'true');
  }
});

Then('one of them is registered, and the others are refused with E018', function () {
  const { outcomes, world } = OpaqueScenario.of(this);
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  if (refused.length === outcomes.length && refused.every(({ code }) => code !== 'E018') && !world.target.mustRegister)
    world.skip(`the target registers no users: ${refused[0]?.reason}`);
  expectEqual('registrations of one username that succeeded', outcomes.length - refused.length, 1);
  for (const outcome of refused) expectEqual('code of the others', outcome.code, 'E018');
});

Then('{user} is registered, or registrations are not offered', function (_user: User) {
  const outcome = lastOutcome(this);
  if (outcome.kind === 'refused' && outcome.type === 'unimplemented') return;
  expectEqual('success that opaqueRegisterFinish returned', String(resultsOf(outcome).success), 'true');
});
