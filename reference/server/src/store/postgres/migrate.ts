import type { Log } from '../../log.ts';
import { migrationsFrom } from '../sql/schema.ts';
import { Connection } from './connection.ts';
import { lockNumber } from './locks.ts';

const MIGRATIONS = new URL('./migrations/', import.meta.url);

/**
 * Brings a database to the present schema; its version is in the one row of `schema_version`. Servers that start at the
 * same time do it one after the other.
 * @throws StoreError when the schema is newer; ConnectionLost; pg's DatabaseError
 */
export async function migrate(url: string, name: string, log: Log): Promise<void> {
  const connection = await Connection.open(url, false);
  try {
    await connection.run('BEGIN');
    await connection.all('SELECT pg_advisory_xact_lock($1)', [lockNumber('schema')]);
    await connection.run('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)');
    const [row] = await connection.all<{ version: bigint }>('SELECT version FROM schema_version');
    const version = Number(row?.version ?? 0);
    const migrations = migrationsFrom(version, MIGRATIONS, name);
    for (const { sql, version: to } of migrations) {
      await connection.run(sql);
      await connection.run('DELETE FROM schema_version');
      await connection.all('INSERT INTO schema_version (version) VALUES ($1)', [to]);
    }
    await connection.run('COMMIT');
    if (version > 0 && migrations.length > 0)
      log.info(`${name}: brought from schema version ${version} to ${migrations.at(-1)?.version}`);
  } finally {
    // An open transaction is rolled back with its connection.
    await connection.close();
  }
}
