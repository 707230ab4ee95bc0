import type { Log } from '../../log.ts';
import { SqlStore } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { Connection } from './connection.ts';
import { PostgresDatabase } from './postgres-database.ts';

/**
 * A store in a PostgreSQL database, which several servers may share.
 * @param url `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; what is left out comes from PGHOST, PGPASSWORD, ~/.pgpass …
 * @throws StoreError when it cannot be reached or has a newer schema
 */
export async function postgresStore(url: string, log: Log): Promise<Store> {
  return new SqlStore(await PostgresDatabase.open(url, log));
}

/** Removes everything that is in a store. @throws ConnectionLost; pg's DatabaseError */
export async function emptyPostgres(url: string): Promise<void> {
  const tables = 'deliveries, queues, key_packages, hybrid_keys, endpoints, channels, users, tokens, settings';
  const connection = await Connection.open(url, false);
  await connection.run(`TRUNCATE ${tables}`).finally(() => connection.close());
}
