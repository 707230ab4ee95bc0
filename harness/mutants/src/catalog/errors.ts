import { parseEnvelope, parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf, NOTHING, sameBytes } from '../fault.ts';
import { onOutgoing } from '../seams/messages.ts';
import { inErrors, inMethod } from '../seams/methods.ts';
import { inMessages } from '../seams/stream.ts';
import { GUARDED } from './authentication.ts';

const mutant = mutantsOf('errors');

/** Every refusal, in other words. */
const reworded = (change: (reason: string) => string, type?: RpcException['type']): Fault =>
  inErrors(GUARDED, (error) =>
    error instanceof RpcException && parseReason(error.reason)
      ? new RpcException(type ?? error.type, change(error.reason))
      : error,
  );

export const ERRORS = [
  mutant(
    'ERR-001',
    'always-overloaded',
    'refuses everything as overloaded',
    reworded((reason) => reason, 'overloaded'),
  ),
  mutant(
    'ERR-001',
    'disconnected',
    'refuses everything as disconnected',
    reworded((reason) => reason, 'disconnected'),
  ),
  mutant('ERR-005', 'ends-the-session', 'a refusal ends the session', {
    ...inMessages(({ reset }) => ({
      outgoing: ({ message, bytes }) => {
        const isRefusal =
          message.kind === 'return' && message.value.kind === 'exception' && message.value.exception.type === 'failed';
        if (isRefusal) setTimeout(reset, 1);
        return [bytes];
      },
    })),
  }),
  mutant(
    'ERR-002',
    'no-code',
    'gives a text without a code',
    reworded((reason) => reason.replace(/^E\d+: /, '')),
  ),
  mutant(
    'ERR-002',
    'code-at-the-end',
    'puts the code behind the text',
    reworded((reason) => reason.replace(/^(E\d+): (.*)$/, '$2 ($1)')),
  ),
  mutant(
    'ERR-002',
    'prefixed',
    'puts the name of the library in front',
    reworded((reason) => `remote exception: ${reason}`),
  ),
  mutant(
    'ERR-002',
    'lower-case',
    'writes the codes small',
    reworded((reason) => reason.replace(/^E/, 'e')),
  ),
  mutant(
    'ERR-002',
    'two-digits',
    'writes the codes with two digits',
    reworded((reason) => reason.replace(/^E0/, 'E')),
  ),
  mutant(
    'ERR-003',
    'code-alone',
    'gives the code and nothing more',
    reworded((reason) => reason.slice(0, 4)),
  ),
  mutant('ERR-004', 'repeats-the-token', 'says which token is not valid', {
    ...inMethod(GUARDED, async ({ params, next }) => {
      try {
        return await next();
      } catch (error) {
        if (error instanceof RpcException && /^E003/.test(error.reason))
          throw new RpcException('failed', `${error.reason} ${Buffer.from(params.auth.accessToken).toString('hex')}`);
        throw error;
      }
    }),
  }),
  mutant('ERR-004', 'repeats-the-payload', 'says which payload is refused', {
    ...inMethod('enqueue', async ({ params, next }) => {
      try {
        return await next();
      } catch (error) {
        if (!(error instanceof RpcException)) throw error;
        throw new RpcException(
          'failed',
          `${error.reason}: ${Buffer.from(params.payload.subarray(0, 100)).toString('base64')}`,
        );
      }
    }),
  }),
  mutant('ERR-005', 'eight-a-session', 'ends a session after eight refusals', {
    ...onOutgoing(() => {
      let count = 0;
      return ({ message, bytes }, { reset }) => {
        if (message.kind !== 'return' || message.value.kind !== 'exception') return undefined;
        count += 1;
        if (count === 8) setTimeout(reset, 2);
        return [bytes];
      };
    }),
  }),
  mutant('ERR-005', 'session-is-spoilt', 'after a refusal the session answers nothing more', {
    ...inMessages(() => {
      let isSpoilt = false;
      return {
        outgoing: ({ message, bytes }) => {
          if (isSpoilt) return [];
          isSpoilt =
            message.kind === 'return' &&
            message.value.kind === 'exception' &&
            message.value.exception.type === 'failed';
          return [bytes];
        },
      };
    }),
  }),
  mutant('ERR-006', 'ack-then-check', 'removes before it looks at the version', {
    ...inMethod(['fetch'], async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        const isLate = error instanceof RpcException && /^E012|^E004|^E020/.test(error.reason);
        const own = await around.identityOf(params.auth);
        if (isLate && own)
          await around.store.take({ channelId: NOTHING, recipientKey: own }, { messages: 1_000, bytes: 1 << 28 });
        throw error;
      }
    }),
  }),
  mutant('ERR-006', 'endpoint-then-check', 'keeps an endpoint, and then finds it too long', {
    ...inMethod('publishEndpoint', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      if (params.nodeAddr.length > 4_096 && own && sameBytes(own, params.identityKey))
        await around.store.putEndpoint(own, params.nodeAddr);
      return next();
    }),
  }),
  mutant('ERR-006', 'package-then-check', 'a refused fetchKeyPackage uses a package up', {
    ...inMethod('fetchKeyPackage', async ({ params, next, around }) => {
      try {
        return await next();
      } catch (error) {
        if (error instanceof RpcException && /^E004/.test(error.reason) && params.identityKey.length > 32)
          await around.store.takeKeyPackage(params.identityKey.slice(0, 32));
        throw error;
      }
    }),
  }),
  mutant('ENV-008', 'envelopes-only', 'refuses payloads that are no envelope', {
    ...inMethod('enqueue', ({ params, next, around }) => {
      if (around.isKnown(params.auth)) {
        try {
          parseEnvelope(params.payload);
        } catch {
          throw new RpcException('failed', 'E020: BAD_PARAMS: the payload is no envelope');
        }
      }
      return next();
    }),
  }),
];
