import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Delivery, nodeService as node } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import { type Actor, queueOf } from '../test/support.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Writes an accounts file with those people. @returns its path */
export async function writeAccounts(directory: string, people: readonly Actor[]): Promise<string> {
  const path = join(directory, 'accounts.json');
  const entries = people.map(({ identityKey, token }, i) => ({
    name: `p${i}`,
    identityKey: hex(identityKey),
    token: hex(token),
  }));
  await writeFile(path, JSON.stringify(entries));
  return path;
}

/** Asks for what is in somebody's queue until it is empty. */
export async function drain(rpc: RpcClient, person: Actor): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for (;;) {
    const { payloads } = await rpc.call(node.fetch, { ...queueOf(person), limit: 0 });
    if (payloads.length === 0) return all;
    all.push(...payloads);
  }
}
