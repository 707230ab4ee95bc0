// Questions and answers: their ids, Return and Finish.
import { writeMessage } from '@quicnprotochat/rpc';
import { mutantsOf } from '../../fault.ts';
import { changesReturns, endsAt, ignores, isResults, onIncoming, onOutgoing } from '../../seams/messages.ts';
import { inMessages } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

export const QUESTIONS = [
  mutant(
    'RPC-007',
    'twice',
    'returns every answer twice',
    onOutgoing(
      () =>
        ({ message, bytes }) =>
          isResults(message) ? [bytes, bytes] : undefined,
    ),
  ),
  mutant(
    'RPC-007',
    'ids-of-16-bits',
    'keeps question ids in 16 bits',
    changesReturns(() => (message, at) => void message.writeUInt16LE(0, at + 2)),
  ),
  mutant(
    'RPC-007',
    'own-ids',
    'counts its answers instead of giving the question’s id',
    changesReturns(() => {
      let count = 0;
      return (message, at) => {
        message.writeUInt32LE(count, at);
        count += 1;
      };
    }),
  ),
  mutant(
    'RPC-007',
    'swallows-some',
    'forgets the answer of every fifth call',
    onOutgoing(() => {
      let count = 0;
      return ({ message }) => {
        if (message.kind !== 'return') return undefined;
        count += 1;
        return count % 5 === 0 ? [] : undefined;
      };
    }),
  ),
  mutant('RPC-007', 'id-zero-is-none', 'takes question id 0 for none', {
    ...ignores(({ message }) => message.kind === 'call' && message.questionId === 0),
  }),
  mutant('RPC-011', 'finish-must-release', 'overlooks a Finish that keeps capabilities', {
    ...ignores(({ message }) => message.kind === 'finish' && !message.releaseResultCaps),
  }),
  mutant('RPC-007', 'ids-are-signed', 'takes question ids of more than 31 bits for malformed', {
    ...endsAt(({ message }) => message.kind === 'call' && message.questionId > 0x7fff_ffff),
  }),
  mutant(
    'RPC-011',
    'ids-once',
    'takes every question id once',
    onIncoming(() => {
      const seen = new Set<number>();
      return ({ message }, { reset }) => {
        if (message.kind !== 'call' && message.kind !== 'bootstrap') return undefined;
        if (seen.has(message.questionId)) reset();
        seen.add(message.questionId);
        return undefined;
      };
    }),
  ),
  mutant('RPC-012', 'early-finish-ends', 'takes a Finish before the Return for an offence', {
    ...inMessages(({ reset }) => {
      const open = new Set<number>();
      return {
        incoming: ({ message, bytes }) => {
          if (message.kind === 'call') open.add(message.questionId);
          if (message.kind === 'finish' && open.has(message.questionId)) reset();
          return [bytes];
        },
        outgoing: ({ message, bytes }) => {
          if (message.kind === 'return') open.delete(message.answerId);
          return [bytes];
        },
      };
    }),
  }),
  mutant(
    'RPC-025',
    'id-in-use-is-ignored',
    'ignores a question under an id in use',
    onIncoming(() => {
      const open = new Set<number>();
      return ({ message }) => {
        if (message.kind === 'finish') open.delete(message.questionId);
        if (message.kind !== 'call' && message.kind !== 'bootstrap') return undefined;
        if (open.has(message.questionId)) return [];
        open.add(message.questionId);
        return undefined;
      };
    }),
  ),
  mutant(
    'RPC-026',
    'unknown-finish-is-ignored',
    'ignores a Finish of nothing',
    onIncoming(() => {
      const known = new Set<number>();
      return ({ message }) => {
        if (message.kind === 'call' || message.kind === 'bootstrap') known.add(message.questionId);
        if (message.kind === 'finish' && !known.delete(message.questionId)) return [];
        return undefined;
      };
    }),
  ),
  mutant(
    'RPC-040',
    'unknown-finish-is-for-all',
    'takes a Finish of nothing for one of every call',
    onIncoming(() => {
      const known = new Set<number>();
      return ({ message }) => {
        if (message.kind === 'call' || message.kind === 'bootstrap') known.add(message.questionId);
        if (message.kind !== 'finish' || known.delete(message.questionId)) return undefined;
        return [...known].map((questionId) => writeMessage({ ...message, questionId }));
      };
    }),
  ),
  mutant(
    'RPC-028',
    'returns-are-ignored',
    'ignores every Return',
    ignores(({ message }) => message.kind === 'return'),
  ),
  mutant('RPC-036', 'no-return-after-finish', 'sends no Return for a call that was finished early', {
    ...inMessages(() => {
      const finished = new Set<number>();
      return {
        incoming: ({ message, bytes }) => {
          if (message.kind === 'finish') finished.add(message.questionId);
          if (message.kind === 'call') finished.delete(message.questionId);
          return [bytes];
        },
        outgoing: ({ message, bytes }) => (message.kind === 'return' && finished.has(message.answerId) ? [] : [bytes]),
      };
    }),
  }),
];
