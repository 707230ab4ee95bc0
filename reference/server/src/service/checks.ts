import { CHANNEL_ID_LEN, IDENTITY_KEY_LEN, WIRE_VERSION } from '@quicnprotochat/proto';
import type { Caller } from './authenticate.ts';
import { NodeServiceError } from './error.ts';

/** @throws NodeServiceError E004 unless it has 32 bytes */
export function requireKey(name: string, key: Uint8Array): void {
  if (key.length !== IDENTITY_KEY_LEN) {
    throw new NodeServiceError('E004', `${name} has ${key.length} bytes, not ${IDENTITY_KEY_LEN}`);
  }
}

/** @throws NodeServiceError E020 unless it is empty (the default queue) or has 16 bytes (a channel) */
export function requireChannelId(channelId: Uint8Array): void {
  if (channelId.length !== 0 && channelId.length !== CHANNEL_ID_LEN) {
    throw new NodeServiceError('E020', `channelId has ${channelId.length} bytes, not 0 or ${CHANNEL_ID_LEN}`);
  }
}

/** @throws NodeServiceError E012 */
export function requireVersion(version: number): void {
  if (version !== WIRE_VERSION)
    throw new NodeServiceError('E012', `wire version ${version} is not known, only ${WIRE_VERSION}`);
}

/** @throws NodeServiceError E016 unless the caller is anonymous (on an open server) or has that identity key */
export function requireIdentity(caller: Caller, key: Uint8Array): void {
  if (caller.identityKey && !Buffer.from(caller.identityKey).equals(key)) {
    throw new NodeServiceError('E016', 'the token belongs to another identity key');
  }
}
