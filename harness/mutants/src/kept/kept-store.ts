import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { memoryStore, type Store } from '@quicnprotochat/server';
import { override } from '../seams/store.ts';
import type { Keeping, StoreItem, StoreMethod } from './keeping.ts';

const CHANGES: readonly StoreMethod[] = [
  ...(['enqueue', 'enqueueAll', 'take', 'ack', 'restore'] as const),
  ...(['addKeyPackage', 'takeKeyPackage', 'restoreKeyPackage', 'putHybridKey', 'putEndpoint', 'channelOf'] as const),
  ...(['addUser', 'addToken', 'revoke', 'forgetTokens', 'claimSetting'] as const),
];

type Taken = Parameters<Store['restore']>;
/** What is in the file. */
interface Kept {
  all: StoreItem[];
  taken: Taken[];
}

/** A store in memory that is written whole into a file of that folder, and read from it. */
export async function keptStore(directory: string, keeping: Keeping): Promise<{ store: Store; end(): Promise<void> }> {
  const file = join(directory, 'store.bin');
  const store = await memoryStore();
  const { isWritten = () => true, reload = (items) => items, rewrite = (all) => all } = keeping;
  const { laterMs, forgetsCounts, keepsTaken } = keeping;
  const before: Kept = existsSync(file) ? deserialize(readFileSync(file)) : { all: [], taken: [] };
  const items = reload(before.all);
  await store.load(items);
  const { taken } = before;
  for (const [queue, deliveries] of taken) await store.restore(queue, deliveries);
  taken.length = 0;

  const write = async (): Promise<void> => {
    const all: StoreItem[] = [];
    for await (const item of store.dump()) all.push(item);
    writeFileSync(`${file}.new`, serialize({ all: rewrite(all, items), taken } satisfies Kept));
    renameSync(`${file}.new`, file);
  };
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let hasEnded = false;
  /** One after the other; changes that come meanwhile share the next. */
  const flush = (): Promise<void> => {
    next ??= running.then(() => {
      next = undefined;
      return write();
    });
    running = next;
    return next;
  };
  if (laterMs !== undefined) setInterval(() => void flush(), laterMs).unref();

  const uncounted = forgetsCounts ? items.filter(({ kind }) => kind === 'delivery').length : 0;
  const changed = Object.fromEntries(
    CHANGES.map((name) => [
      name,
      async (...args: unknown[]) => {
        if (name === 'enqueue') args[2] = moreRoom(args[2] as { messages: number }, uncounted);
        const result = await (store[name] as (...args: unknown[]) => Promise<unknown>)(...args);
        if (keepsTaken && name === 'take') taken.push([args[0] as Taken[0], result as Taken[1]]);
        if (!hasEnded && isWritten(name, args[0])) await flush();
        return result;
      },
    ]),
  );
  const end = (): Promise<void> => {
    taken.length = 0;
    const written = flush();
    hasEnded = keeping.lingersMs !== undefined;
    return written;
  };
  return { store: override(store, changed as Partial<Store>), end };
}

const moreRoom = (limits: { messages: number }, by: number): object => ({ ...limits, messages: limits.messages + by });
