import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FILE_JOURNALS } from './file-store.ts';
import type { StoreSpec } from './open-store.ts';
import { emptyPostgres } from './postgres/postgres-store.ts';
import { StoreError } from './store.ts';

/**
 * Removes what is in a store that is closed: what a copy into it left that was not finished.
 * @throws StoreError
 */
export async function discardStore(spec: StoreSpec): Promise<void> {
  try {
    await discard(spec);
  } catch (cause) {
    throw new StoreError('the target holds part of a copy and could not be emptied: empty it before it is used', {
      cause,
    });
  }
}

async function discard(spec: StoreSpec): Promise<void> {
  const remove = (paths: string[]) => Promise.all(paths.map((path) => rm(path, { force: true })));
  if (spec.kind === 'file') await remove(FILE_JOURNALS.map((name) => join(spec.directory, `${name}.bin`)));
  if (spec.kind === 'sqlite') await remove([spec.path, `${spec.path}-wal`, `${spec.path}-shm`]);
  if (spec.kind === 'postgres') await emptyPostgres(spec.url);
}
