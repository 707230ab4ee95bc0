import { createHash } from 'node:crypto';
import { inspectKeyPackage, type KeyPackageInfo } from '@quicnprotochat/core';
import { HYBRID_PUBLIC_KEY_LEN, nodeService } from '@quicnprotochat/proto';
import type { ClientAuth } from '../client-auth.ts';
import { ClientError, isUnimplemented } from '../errors.ts';
import type { NodeClient } from '../node/node-client.ts';
import { hex } from '../output.ts';

/** Keys that fetchHybridKeys is asked for at once; a server may allow fewer, at most 256 (spec: HK). */
const KEYS_AT_ONCE = 256;

/**
 * Uploads a KeyPackage, and checks that the server has what was sent.
 * @returns its fingerprint, 32 bytes
 * @throws ClientError `untrusted` when the server returns another fingerprint; `refused`, `connection`
 */
export async function uploadKeyPackage(
  node: NodeClient,
  auth: ClientAuth,
  identityKey: Uint8Array,
  keyPackage: Uint8Array,
): Promise<Uint8Array> {
  const params = { identityKey, package: keyPackage, auth: auth.toAuth() };
  const { fingerprint } = await node.call(nodeService.uploadKeyPackage, params);
  const own = createHash('sha256').update(keyPackage).digest();
  if (!own.equals(fingerprint))
    throw new ClientError(
      'untrusted',
      `the server answered the upload with fingerprint ${hex(fingerprint.subarray(0, 32)) || '(empty)'}, but the ` +
        `KeyPackage’s is ${hex(own)}: it has damaged or exchanged it; do not use this server`,
    );
  return own;
}

/**
 * Takes the oldest KeyPackage of an identity, and makes sure that it is its own.
 * @throws ClientError `absent` when there is none left, `untrusted` when it is malformed, expired or somebody else's
 */
export async function fetchKeyPackage(
  node: NodeClient,
  auth: ClientAuth,
  identityKey: Uint8Array,
): Promise<KeyPackageInfo & { keyPackage: Uint8Array }> {
  const params = { identityKey, auth: auth.toAuth() };
  const { package: keyPackage } = await node.call(nodeService.fetchKeyPackage, params);
  const whose = hex(identityKey);
  if (keyPackage.length === 0)
    throw new ClientError(
      'absent',
      `the server has no KeyPackage of ${whose}: ask its owner to run "quicnprotochat register-state"`,
    );
  let info: KeyPackageInfo;
  try {
    info = await inspectKeyPackage(keyPackage);
  } catch (error) {
    throw new ClientError('untrusted', `the server’s KeyPackage of ${whose} is not used: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (hex(info.identityKey) !== whose)
    throw new ClientError(
      'untrusted',
      `the server answered with a KeyPackage of ${hex(info.identityKey)} instead of ${whose}: do not use this server`,
    );
  return { ...info, keyPackage };
}

/** @throws ClientError */
export async function uploadHybridKey(
  node: NodeClient,
  auth: ClientAuth,
  identityKey: Uint8Array,
  hybridPublicKey: Uint8Array,
): Promise<void> {
  await node.call(nodeService.uploadHybridKey, { identityKey, hybridPublicKey, auth: auth.toAuth() });
}

/**
 * The hybrid keys of several identities, in their order; empty for whoever has none. One call where the server has
 * fetchHybridKeys, else one for each.
 * @throws ClientError `untrusted` when a key has another length than 1,216 bytes; `refused`, `connection`
 */
export async function fetchHybridKeys(
  node: NodeClient,
  auth: ClientAuth,
  identityKeys: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const keys = await fetchAll(node, auth, identityKeys);
  for (const [i, key] of keys.entries()) {
    if (key.length !== 0 && key.length !== HYBRID_PUBLIC_KEY_LEN)
      throw new ClientError(
        'untrusted',
        `the server’s hybrid key of ${hex(identityKeys[i] as Uint8Array)} has ${key.length} bytes, not 1,216`,
      );
  }
  return keys;
}

async function fetchAll(node: NodeClient, auth: ClientAuth, all: readonly Uint8Array[]): Promise<Uint8Array[]> {
  if (all.length > 1) {
    try {
      const keys: Uint8Array[] = [];
      for (let at = 0; at < all.length; at += KEYS_AT_ONCE) {
        const identityKeys = all.slice(at, at + KEYS_AT_ONCE);
        const answer = await node.call(nodeService.fetchHybridKeys, { identityKeys, auth: auth.toAuth() });
        if (answer.keys.length !== identityKeys.length)
          throw new ClientError(
            'untrusted',
            `the server returned ${answer.keys.length} hybrid keys for ${identityKeys.length} identities`,
          );
        keys.push(...answer.keys);
      }
      return keys;
    } catch (error) {
      // E020: it takes fewer at once.
      if (!isUnimplemented(error) && (error as ClientError).code !== 'E020') throw error;
    }
  }
  return Promise.all(
    all.map(async (identityKey) => {
      const params = { identityKey, auth: auth.toAuth() };
      return (await node.call(nodeService.fetchHybridKey, params)).hybridPublicKey;
    }),
  );
}
