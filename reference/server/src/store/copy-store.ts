import type { Store, StoreItem } from './store.ts';

/** Loaded at once, whichever is reached first. */
const CHUNK = { items: 500, bytes: 8 << 20 };

/** How many things of each kind were copied. */
export type Copied = Record<StoreItem['kind'], number>;

/** Whether there is nothing in a store at all. */
export async function isEmpty(store: Store): Promise<boolean> {
  for await (const _ of store.dump()) return false;
  return true;
}

/**
 * Copies everything into an empty store. Memory stays small, however much there is.
 * @param progress is called after each chunk
 * @throws StoreError; the reason of the signal
 */
export async function copyStore(
  from: Store,
  to: Store,
  { progress, signal }: { progress(copied: Copied): void; signal: AbortSignal },
): Promise<Copied> {
  const copied: Copied = {
    ...{ setting: 0, user: 0, token: 0, channel: 0, hybridKey: 0, endpoint: 0 },
    ...{ keyPackage: 0, queue: 0, delivery: 0 },
  };
  for await (const chunk of chunksOf(from.dump())) {
    signal.throwIfAborted();
    await to.load(chunk);
    for (const { kind } of chunk) copied[kind] += 1;
    progress(copied);
  }
  signal.throwIfAborted();
  return copied;
}

async function* chunksOf(items: AsyncIterable<StoreItem>): AsyncGenerator<StoreItem[]> {
  let chunk: StoreItem[] = [];
  let bytes = 0;
  for await (const item of items) {
    chunk.push(item);
    bytes += lengthOf(item);
    if (chunk.length < CHUNK.items && bytes < CHUNK.bytes) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}

function lengthOf(item: StoreItem): number {
  if (item.kind === 'delivery') return item.delivery.payload.length;
  return item.kind === 'keyPackage' ? item.keyPackage.length : 0;
}
