import { type Delivery, type ErrorCode, type NodeServiceMethod, parseReason } from '@quicnprotochat/proto';
import type { ExceptionType } from '@quicnprotochat/rpc';
import type { Outcome as Answer } from '../world/world.ts';

/** How a call ended: with results, or refused with an exception. */
export type Outcome =
  | { kind: 'results'; method: NodeServiceMethod; results: Results }
  | { kind: 'refused'; method: NodeServiceMethod; code: ErrorCode | undefined; type: ExceptionType; reason: string };

/** The result fields of the methods that these steps call; each has those of its own. */
export interface Results {
  fingerprint?: Uint8Array;
  package?: Uint8Array;
  seq?: bigint;
  payloads?: Delivery[];
  status?: string;
  hybridPublicKey?: Uint8Array;
  nodeAddr?: Uint8Array;
  keys?: Uint8Array[];
  seqs?: bigint[];
  channelId?: Uint8Array;
  response?: Uint8Array;
  success?: boolean;
  sessionToken?: Uint8Array;
}

/** @param answer as the World has it */
export function outcomeOf(method: NodeServiceMethod, answer: Answer<Results>): Outcome {
  const { results, exception } = answer;
  if (!exception) return { kind: 'results', method, results };
  return {
    kind: 'refused',
    method,
    code: parseReason(exception.reason),
    type: exception.type,
    reason: exception.reason,
  };
}

/** Whether a call was refused for its rate. */
export const isForRate = (outcome: Outcome): boolean => outcome.kind === 'refused' && outcome.code === 'E014';

/** The results of a call that had to succeed. @throws with the reason when it was refused */
export function resultsOf(outcome: Outcome): Results {
  if (outcome.kind === 'results') return outcome.results;
  throw new Error(`${outcome.method} was refused: ${outcome.type}: ${outcome.reason}`);
}
