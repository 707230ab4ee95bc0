// The bootstrap capability: asked for, called, promised, released, embargoed.
import { type MessageTarget, type ReturnValue, writeMessage } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf } from '../../fault.ts';
import { callPlaces } from '../../seams/call-bytes.ts';
import {
  changesReturns,
  EMPTY_RESULTS,
  failed,
  ignores,
  onIncoming,
  onOutgoing,
  returned,
} from '../../seams/messages.ts';
import { inMessages } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

/** The answer to Bootstrap, which is a session's first Return, becomes something else. */
const firstReturnBecomes = (value: ReturnValue): Fault =>
  onOutgoing(() => {
    let isFirst = true;
    return ({ message }) => {
      if (!isFirst || message.kind !== 'return') return undefined;
      isFirst = false;
      return [returned(message.answerId, value)];
    };
  });

const refusesCallsOn = (target: MessageTarget['kind']): Fault =>
  onIncoming(() => ({ message }, { send }) => {
    if (message.kind !== 'call' || message.target.kind !== target) return undefined;
    send(returned(message.questionId, failed));
    return [];
  });

/** A call on a promise that `isIt` picks becomes one on the server's capability. */
const callsAnyway = (isIt: (promised: number, finished: ReadonlySet<number>) => boolean): Fault =>
  onIncoming(() => {
    const finished = new Set<number>();
    return ({ message }) => {
      if (message.kind === 'finish') {
        finished.add(message.questionId);
        return [writeMessage({ ...message, releaseResultCaps: false })];
      }
      if (message.kind === 'bootstrap') finished.delete(message.questionId);
      if (message.kind !== 'call' || message.target.kind !== 'promisedAnswer') return undefined;
      if (!isIt(message.target.questionId, finished)) return undefined;
      return [writeMessage({ ...message, target: { kind: 'importedCap', id: 0 } })];
    };
  });

export const CAPABILITIES = [
  mutant(
    'RPC-029',
    'promises-after-finish',
    'knows a promised answer after its Finish',
    callsAnyway((promised, finished) => finished.has(promised)),
  ),
  mutant('RPC-029', 'never-forgets', 'knows a capability after its last Release', {
    ...onIncoming(
      () =>
        ({ message }) =>
          message.kind === 'finish' && message.releaseResultCaps
            ? [writeMessage({ ...message, releaseResultCaps: false })]
            : undefined,
    ),
  }),
  mutant(
    'RPC-004',
    'ten-bootstraps',
    'answers ten Bootstraps a session',
    onIncoming(() => {
      let count = 0;
      return ({ message }, { send }) => {
        if (message.kind !== 'bootstrap') return undefined;
        count += 1;
        if (count <= 10) return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant('RPC-033', 'embargo-ids-of-16-bits', 'keeps the ids of embargoes in 16 bits', {
    ...onOutgoing(
      () =>
        ({ message }) =>
          message.kind === 'disembargo' && 'id' in message.context
            ? [writeMessage({ ...message, context: { ...message.context, id: message.context.id & 0xffff } })]
            : undefined,
    ),
  }),
  mutant('RPC-003', 'null-capability', 'answers Bootstrap without a capability', firstReturnBecomes(EMPTY_RESULTS)),
  mutant('RPC-003', 'refused', 'answers Bootstrap with an exception', firstReturnBecomes(failed)),
  mutant(
    'RPC-004',
    'bootstrap-once',
    'answers one Bootstrap a session',
    onIncoming(() => {
      let count = 0;
      return ({ message }, { send }) => {
        if (message.kind !== 'bootstrap') return undefined;
        count += 1;
        if (count === 1) return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-004',
    'bootstrap-after-finish',
    'refuses a Bootstrap while the last one is not finished',
    onIncoming(() => {
      let open: number | undefined;
      return ({ message }, { send }) => {
        if (message.kind === 'finish' && message.questionId === open) open = undefined;
        if (message.kind !== 'bootstrap') return undefined;
        if (open === undefined) {
          open = message.questionId;
          return undefined;
        }
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant('RPC-005', 'no-promises', 'refuses calls on a promised answer', refusesCallsOn('promisedAnswer')),
  mutant('RPC-005', 'promises-until-the-return', 'knows a promised answer only until it is there', {
    ...inMessages(({ send }) => {
      let isAnswered = false;
      return {
        incoming: ({ message, bytes }) => {
          if (!isAnswered || message.kind !== 'call' || message.target.kind !== 'promisedAnswer') return [bytes];
          send(returned(message.questionId, failed));
          return [];
        },
        outgoing: ({ message, bytes }) => {
          if (message.kind === 'return') isAnswered = true;
          return [bytes];
        },
      };
    }),
  }),
  mutant('RPC-006', 'no-imports', 'refuses calls on the capability itself', refusesCallsOn('importedCap')),
  mutant(
    'RPC-006',
    'one-release-for-all',
    'forgets a capability at its first Release, however often it was given',
    onIncoming(() => {
      const released = new Set<number>();
      return ({ message }, { send }) => {
        if (message.kind === 'release') released.add(message.id);
        if (message.kind !== 'call' || message.target.kind !== 'importedCap') return undefined;
        if (!released.has(message.target.id)) return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-013',
    'release-takes-all',
    'forgets the capability at its Release, promise and all',
    onIncoming(() => {
      let isReleased = false;
      return ({ message }, { send }) => {
        if (message.kind === 'release') isReleased = true;
        if (!isReleased || message.kind !== 'call') return undefined;
        send(returned(message.questionId, failed));
        return [];
      };
    }),
  ),
  mutant(
    'RPC-027',
    'releases-are-ignored',
    'ignores every Release',
    ignores(({ message }) => message.kind === 'release'),
  ),
  mutant(
    'RPC-029',
    'any-import',
    'takes every capability for its only one',
    onIncoming(() => ({ message, bytes }) => {
      if (message.kind !== 'call' || message.target.kind !== 'importedCap') return undefined;
      const at = callPlaces(bytes)?.target;
      if (at === undefined) return undefined;
      const changed = Buffer.from(bytes);
      changed.writeUInt32LE(0, at);
      return [changed];
    }),
  ),
  mutant(
    'RPC-032',
    'keeps-capabilities',
    'keeps capabilities that come with parameters',
    changesReturns(() => (message, at) => {
      message[at + 4] = (message[at + 4] ?? 0) | 1;
    }),
  ),
  mutant(
    'RPC-033',
    'no-loopback',
    'does not send embargoes back',
    onOutgoing(
      () =>
        ({ message }) =>
          message.kind === 'disembargo' ? [] : undefined,
    ),
  ),
];
