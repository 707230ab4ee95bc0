import type { RpcMessage } from '@quicnprotochat/rpc';
import { finish, health, promise } from './messages.ts';
import { named } from './named.ts';
import type { WireScenario } from './scenario.ts';
import { MALFORMED_QUESTION } from './surgery.ts';

/** A server numbers its capabilities as it likes, but for chance not with this. */
const NOBODYS = 0x5ca1_ab1e;

/**
 * Messages that break the rules of questions, answers and references, after a Bootstrap under question 0, by the names
 * that features use: the client has asked nothing under 77.
 */
const VIOLATIONS: Readonly<Record<string, (scenario: WireScenario) => RpcMessage[]>> = {
  'calls under the id of the Bootstrap': () => [health(0)],
  'calls twice under one id': (scenario) => [scenario.waiting(5, 1_000n), health(5)],
  'finishes question 77': () => [finish(77)],
  'finishes the Bootstrap twice': () => [finish(0), finish(0)],
  'releases a capability of nobody': () => [{ kind: 'release', id: NOBODYS, referenceCount: 1 }],
  'answers question 77': () => [
    { kind: 'return', answerId: 77, releaseParamCaps: true, noFinishNeeded: false, value: { kind: 'canceled' } },
  ],
  'calls a capability of nobody': () => [health(MALFORMED_QUESTION, { kind: 'importedCap', id: NOBODYS })],
  'calls the promise of question 77': () => [health(MALFORMED_QUESTION, promise(77))],
  'calls the promise of its own question': () => [health(MALFORMED_QUESTION, promise(MALFORMED_QUESTION))],
  'calls what a waiting call will give': (scenario) => [
    scenario.waiting(5, 400n),
    health(MALFORMED_QUESTION, promise(5)),
  ],
  'finishes the Bootstrap and calls its promise': () => [finish(0), health(MALFORMED_QUESTION, promise(0))],
  'calls what the first field of the Bootstrap leads to': () => [health(MALFORMED_QUESTION, promise(0, [0]))],
};

/** @throws TypeError for a name that is not there: a fault of the feature */
export const violation = (name: string, scenario: WireScenario): RpcMessage[] => named(VIOLATIONS, name)(scenario);
