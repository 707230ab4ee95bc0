import { defineParameterType } from '@cucumber/cucumber';
import { type ErrorCode, parseReason } from '@quicnprotochat/proto';
import { CONTENT_NAMES } from './contents.ts';

export const PEOPLE = ['Alice', 'Bob', 'Mallory'] as const;
/** An account of the run, by the part it plays. */
export type Person = (typeof PEOPLE)[number];

/** A queue as a scenario names it: a recipient's default queue, or the one in its channel with `peer`. */
export interface QueueName {
  owner: Person;
  peer: Person | undefined;
}

const person = PEOPLE.join('|');

defineParameterType({ name: 'person', regexp: new RegExp(person), transformer: (name: string) => name as Person });

defineParameterType({
  name: 'queue',
  regexp: new RegExp(`(${person})'s queue(?: in the channel with (${person}))?`),
  transformer: (owner: string, peer?: string): QueueName => ({
    owner: owner as Person,
    peer: (peer || undefined) as Person | undefined,
  }),
});

defineParameterType({
  name: 'content',
  regexp: new RegExp(CONTENT_NAMES.join('|')),
  transformer: (name: string) => name,
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
