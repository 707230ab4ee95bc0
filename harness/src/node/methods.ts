import type { Auth } from '@quicnprotochat/proto';

/** The methods that have an `auth`, and health: those that a step can call by name. */
export const CALLED_METHODS = [
  'uploadKeyPackage',
  'fetchKeyPackage',
  'enqueue',
  'fetch',
  'fetchWait',
  'health',
  'uploadHybridKey',
  'fetchHybridKey',
  'publishEndpoint',
  'resolveEndpoint',
  'peek',
  'ack',
  'fetchHybridKeys',
  'batchEnqueue',
  'createChannel',
] as const;
export type CalledMethod = (typeof CALLED_METHODS)[number];

/** Every parameter that any of the methods has; a call takes those that are its own. */
export interface CallParams {
  identityKey: Uint8Array;
  identityKeys: Uint8Array[];
  package: Uint8Array;
  recipientKey: Uint8Array;
  recipientKeys: Uint8Array[];
  payload: Uint8Array;
  channelId: Uint8Array;
  version: number;
  timeoutMs: bigint;
  limit: number;
  seqUpTo: bigint;
  hybridPublicKey: Uint8Array;
  nodeAddr: Uint8Array;
  peerKey: Uint8Array;
  auth: Auth;
}

const PARAMS: Record<CalledMethod, (keyof CallParams)[]> = {
  uploadKeyPackage: ['identityKey', 'package', 'auth'],
  fetchKeyPackage: ['identityKey', 'auth'],
  enqueue: ['recipientKey', 'payload', 'channelId', 'version', 'auth'],
  fetch: ['recipientKey', 'channelId', 'version', 'auth', 'limit'],
  fetchWait: ['recipientKey', 'channelId', 'version', 'timeoutMs', 'auth', 'limit'],
  health: [],
  uploadHybridKey: ['identityKey', 'hybridPublicKey', 'auth'],
  fetchHybridKey: ['identityKey', 'auth'],
  publishEndpoint: ['identityKey', 'nodeAddr', 'auth'],
  resolveEndpoint: ['identityKey', 'auth'],
  peek: ['recipientKey', 'channelId', 'version', 'auth', 'limit'],
  ack: ['recipientKey', 'channelId', 'version', 'seqUpTo', 'auth'],
  fetchHybridKeys: ['identityKeys', 'auth'],
  batchEnqueue: ['recipientKeys', 'payload', 'channelId', 'version', 'auth'],
  createChannel: ['peerKey', 'auth'],
};

/** Those parameters that are the method's own. */
export function parametersOf(method: CalledMethod, params: Partial<CallParams>): Partial<CallParams> {
  return Object.fromEntries(PARAMS[method].map((field) => [field, params[field]]));
}
