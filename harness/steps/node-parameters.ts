// What the NodeService steps take between their words.
import { defineParameterType } from '@cucumber/cucumber';
import { type ErrorCode, parseReason } from '@quicnprotochat/proto';
import { ID_CHANGES, type IdChange, KEY_CHANGES, type KeyChange } from '../src/node/channel-ids.ts';
import { CONTENT_NAMES } from '../src/node/contents.ts';
import { DEVICE_NAMES } from '../src/node/devices.ts';
import { FAULT_PATTERN } from '../src/node/faults.ts';
import { CALLED_METHODS, type CalledMethod } from '../src/node/methods.ts';
import { PEOPLE, type Person, type QueueName } from '../src/node/people.ts';

const person = PEOPLE.join('|');

defineParameterType({ name: 'person', regexp: new RegExp(person), transformer: (name: string) => name as Person });

const several = (one: string): RegExp => new RegExp(`(?:${one})(?:(?:, | and )(?:${one}))*`);

defineParameterType({
  name: 'people',
  regexp: several(person),
  transformer: (names: string) => names.split(/, | and /) as Person[],
});

/** undefined is a stranger. */
defineParameterType({
  name: 'anybody',
  regexp: several(`${person}|a stranger`),
  transformer: (names: string) =>
    names.split(/, | and /).map((name) => (name === 'a stranger' ? undefined : (name as Person))),
});

defineParameterType({
  name: 'queue',
  regexp: new RegExp(`(${person})'s queue(?: in the channel with (${person}))?`),
  transformer: (owner: string, peer?: string): QueueName => ({
    owner: owner as Person,
    peer: (peer || undefined) as Person | undefined,
  }),
});

defineParameterType({
  name: 'method',
  regexp: new RegExp(CALLED_METHODS.map((name) => `${name}\\b`).join('|')),
  transformer: (name: string) => name as CalledMethod,
});

defineParameterType({
  name: 'device',
  regexp: new RegExp(DEVICE_NAMES.join('|')),
  transformer: (name: string) => name,
});

defineParameterType({ name: 'fault', regexp: new RegExp(FAULT_PATTERN), transformer: (name: string) => name });

defineParameterType({
  name: 'content',
  regexp: new RegExp(CONTENT_NAMES.join('|')),
  transformer: (name: string) => name,
});

defineParameterType({
  name: 'idChange',
  regexp: new RegExp(ID_CHANGES.join('|')),
  transformer: (name: string) => name as IdChange,
});

defineParameterType({
  name: 'keyChange',
  regexp: new RegExp(Object.keys(KEY_CHANGES).join('|')),
  transformer: (name: string) => name as KeyChange,
});

defineParameterType({
  name: 'codes',
  regexp: /E\d{3}(?: or E\d{3})*/,
  transformer: (codes: string): ErrorCode[] =>
    codes.split(' or ').map((text) => {
      const code = parseReason(text);
      if (!code) throw new Error(`no such code: ${text}`);
      return code;
    }),
});
