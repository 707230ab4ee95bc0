import { Given, Then, When } from '@cucumber/cucumber';
import { scenarioOf } from '../src/node/node-scenario.ts';
import { OpaqueScenario, type User } from '../src/node/opaque-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import { changedName, NAME_CHARACTERS } from '../src/node/user-names.ts';

Given("{user}'s name has {nameCharacters}", function (user: User, characters: string) {
  const scenario = OpaqueScenario.of(this);
  const credentials = scenario.user(user);
  const make = NAME_CHARACTERS[characters];
  if (!make) throw new TypeError(`no such characters: ${characters}`);
  scenario.setUser(user, { ...credentials, username: make(credentials.username) });
});

Given('{user} has registered, if the target takes such a name', async function (user: User) {
  const scenario = OpaqueScenario.of(this);
  const outcome = await scenario.register(user, scenario.user(user));
  if (outcome.kind === 'refused') scenario.world.skip(`the target does not register such a name: ${outcome.reason}`);
  if (resultsOf(outcome).success !== true) scenario.world.skip('the target does not register such a name');
});

When("{user} registers under {user}'s name {nameChange}", async function (user: User, other: User, change: string) {
  const scenario = OpaqueScenario.of(this);
  const username = changedName(scenario.user(other).username, change);
  scenario.setUser(user, { ...scenario.user(user), username });
  await scenario.register(user, scenario.user(user));
});

Then('{user} is somebody else than {user}, or such a name is not taken', async function (user: User, other: User) {
  const scenario = OpaqueScenario.of(this);
  const { outcome } = scenarioOf(this);
  if (outcome?.kind === 'refused' && outcome.code === 'E020') return;
  if (outcome) resultsOf(outcome);
  for (const one of [user, other]) {
    resultsOf(await scenario.beginLogin(one, one));
    resultsOf(await scenario.finishLogin(one, one));
    resultsOf(await scenario.fetch(scenario.token(one), scenario.user(one).identityKey));
  }
});
