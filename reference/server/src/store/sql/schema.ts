import { readFileSync } from 'node:fs';
import { StoreError } from '../store.ts';

/**
 * Which file brings a database to which version. There is no version 2: databases have version 1, 3 or 4. A dialect has
 * the three files in `migrations/` beside its code.
 */
const MIGRATIONS = [
  { version: 1, file: '001_initial.sql' },
  { version: 3, file: '002_add_seq.sql' },
  { version: 4, file: '003_channels.sql' },
] as const;

const SCHEMA_VERSION = 4;

/** A step to a newer version: SQL for one transaction. */
export interface Migration {
  version: number;
  sql: string;
}

/**
 * What a database still lacks.
 * @param version 0 for an empty database
 * @param folder of the dialect's files
 * @param name of the database, for errors
 * @throws StoreError when the version is newer, or none that there was
 */
export function migrationsFrom(version: number, folder: URL, name: string): Migration[] {
  if (version > SCHEMA_VERSION)
    throw new StoreError(
      `${name} has schema version ${version}, this server knows ${SCHEMA_VERSION}: use the newer server that made it`,
    );
  if (version !== 0 && !MIGRATIONS.some((migration) => migration.version === version))
    throw new StoreError(`${name} has schema version ${version}, which no server ever made: is it another program's?`);
  return MIGRATIONS.filter((migration) => migration.version > version).map(({ version: to, file }) => ({
    version: to,
    sql: readFileSync(new URL(file, folder), 'utf8'),
  }));
}
