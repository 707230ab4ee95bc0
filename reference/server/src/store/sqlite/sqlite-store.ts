import type { Log } from '../../log.ts';
import { SqlStore } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { SqliteDatabase } from './sqlite-database.ts';

/**
 * A store in a SQLite file.
 * @param key encrypts the file; undefined: it is not encrypted
 * @throws StoreError when it cannot be opened, is encrypted with another key, or has a newer schema
 */
export async function sqliteStore(path: string, key: string | undefined, log: Log): Promise<Store> {
  return new SqlStore(SqliteDatabase.open(path, key, log));
}
