import assert from 'node:assert/strict';
import type { ClientWorld } from './client-world.ts';
import { type Unwrapped, unwrap } from './wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Everything that the client has put into somebody's queue, from the beginning. */
export async function payloadsTo(world: ClientWorld, name: string): Promise<Unwrapped[]> {
  const { key, hybrid } = await world.peer(name);
  const payloads = (await world.node()).calls.flatMap(({ method, params }) => {
    if (method === 'enqueue' && hex(params.recipientKey as Uint8Array) === hex(key)) return [params.payload];
    if (method !== 'batchEnqueue') return [];
    return (params.recipientKeys as Uint8Array[]).some((one) => hex(one) === hex(key)) ? [params.payload] : [];
  });
  assert.ok(payloads.length > 0, `nothing was put into ${name}'s queue`);
  return payloads.map((payload) => unwrap(payload as Uint8Array, hybrid));
}
