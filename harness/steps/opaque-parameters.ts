// What the OPAQUE steps take between their words.
import { defineParameterType } from '@cucumber/cucumber';
import { OPAQUE_FAULT_PATTERN } from '../src/node/opaque-faults.ts';
import { OPAQUE_METHODS, type OpaqueMethod, USERS, type User } from '../src/node/opaque-scenario.ts';

defineParameterType({
  name: 'user',
  regexp: new RegExp(USERS.join('|')),
  transformer: (name: string) => name as User,
});

defineParameterType({
  name: 'opaqueMethod',
  regexp: new RegExp(OPAQUE_METHODS.join('|')),
  transformer: (name: string) => name as OpaqueMethod,
});

defineParameterType({
  name: 'opaqueFault',
  regexp: new RegExp(OPAQUE_FAULT_PATTERN),
  transformer: (name: string) => name,
});
