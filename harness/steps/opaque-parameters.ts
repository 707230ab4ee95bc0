// What the OPAQUE steps take between their words.
import { defineParameterType } from '@cucumber/cucumber';
import { OPAQUE_FAULT_PATTERN } from '../src/node/opaque-faults.ts';
import { OPAQUE_METHODS, type OpaqueMethod, USERS, type User } from '../src/node/opaque-scenario.ts';
import { RECORDS, type RecordName } from '../src/node/records.ts';
import { TOKEN_CHANGES } from '../src/node/tokens.ts';
import { NAME_CHANGES, NAME_CHARACTERS } from '../src/node/user-names.ts';

defineParameterType({
  name: 'user',
  regexp: new RegExp(USERS.join('|')),
  transformer: (name: string) => name as User,
});

defineParameterType({
  name: 'record',
  regexp: new RegExp(Object.keys(RECORDS).join('|')),
  transformer: (name: string) => name as RecordName,
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

const oneOf = (names: Readonly<Record<string, unknown>>): RegExp => new RegExp(Object.keys(names).join('|'));
const itself = (name: string): string => name;

defineParameterType({ name: 'nameCharacters', regexp: oneOf(NAME_CHARACTERS), transformer: itself });
defineParameterType({ name: 'nameChange', regexp: oneOf(NAME_CHANGES), transformer: itself });
defineParameterType({ name: 'tokenChange', regexp: oneOf(TOKEN_CHANGES), transformer: itself });
