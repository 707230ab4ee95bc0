import { join } from 'node:path';
import { makeDataDirectory } from '../data-directory.ts';
import type { Log } from '../log.ts';
import { FileJournal } from './file-journal.ts';
import { lockDirectory } from './lock.ts';
import { MapStore } from './map-store.ts';
import type { Store } from './store.ts';

/** The names of its files, without `.bin`. */
export const FILE_JOURNALS = ['deliveries', 'keypackages', 'hybridkeys', 'endpoints', 'channels', 'accounts'] as const;

/**
 * A store in a directory of its own: deliveries.bin, keypackages.bin, hybridkeys.bin, endpoints.bin,
 * channels.bin and accounts.bin, append-only. The
 * state is in memory as well, so that reading costs no disk access and adding the same however long a queue is.
 * @throws ConfigError when the directory cannot be made; StoreError when another process uses the directory, or a file is damaged
 */
export async function fileStore(directory: string, log: Log): Promise<Store> {
  await makeDataDirectory(directory);
  const unlock = await lockDirectory(directory);
  try {
    const store = await MapStore.open((name, snapshot) =>
      FileJournal.open(join(directory, `${name}.bin`), snapshot, log),
    );
    const close = store.close.bind(store);
    store.close = async () => {
      await close();
      await unlock();
    };
    return store;
  } catch (error) {
    await unlock();
    throw error;
  }
}
