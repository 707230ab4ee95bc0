import { defineParameterType, Given, Then } from '@cucumber/cucumber';
import { CAPABILITIES, type Capability } from '../../src/layering/capabilities.ts';
import * as find from '../../src/layering/findings.ts';
import { ROLES, type Role } from '../../src/layering/model.ts';
import { LayeringScenario } from '../../src/layering/scenario.ts';

const role = `(?:${ROLES.join('|')})`;
defineParameterType({
  name: 'roles',
  regexp: new RegExp(`${role}(?:(?:, | and | or )${role})*`),
  transformer: (names: string) => names.split(/, | and | or /) as Role[],
});
defineParameterType({
  name: 'capability',
  regexp: new RegExp(CAPABILITIES.join('|')),
  transformer: (name: string) => name as Capability,
});

Given('the workspace', function () {
  LayeringScenario.of(this);
});

Then('{roles} depend(s) on nothing of the system', function (roles: Role[]) {
  LayeringScenario.of(this).eachOf(roles, (workspace, one) => find.dependenciesOn(workspace, one, () => true));
});

Then('{roles} depend(s) on nothing of the system but {roles}', function (roles: Role[], allowed: Role[]) {
  LayeringScenario.of(this).eachOf(roles, (workspace, one) =>
    find.dependenciesOn(workspace, one, (other) => !allowed.includes(other)),
  );
});

Then('{roles} do/does not depend on {roles}', function (roles: Role[], forbidden: Role[]) {
  LayeringScenario.of(this).eachOf(roles, (workspace, one) =>
    find.dependenciesOn(workspace, one, (other) => forbidden.includes(other)),
  );
});

Then('no package depends on {roles}', function (forbidden: Role[]) {
  LayeringScenario.of(this).eachPackage((workspace, one) =>
    find.dependenciesOn(workspace, one, (other) => forbidden.includes(other)),
  );
});

Then('{roles} use(s) no {capability}', function (roles: Role[], capability: Capability) {
  LayeringScenario.of(this).eachOf(roles, (workspace, one) => find.usesOf(workspace, one, capability));
});

Then("{roles} take(s) nothing of the server's storage", function (roles: Role[]) {
  LayeringScenario.of(this).eachOf(roles, find.serverStorageOf);
});

Then('no package reaches past a door of another', function () {
  LayeringScenario.of(this).nowhere(find.reachesPast);
});

Then('nothing that is shipped goes through a door for tests', function () {
  LayeringScenario.of(this).nowhere(find.testDoorsUsed);
});

Then('every import is declared', function () {
  LayeringScenario.of(this).nowhere(find.undeclaredImports);
});
