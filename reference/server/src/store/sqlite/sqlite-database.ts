import { closeSync, openSync } from 'node:fs';
import Libsql from 'libsql';
import type { Log } from '../../log.ts';
import { GroupCommit } from '../sql/group-commit.ts';
import { migrationsFrom } from '../sql/schema.ts';
import type { Change, Database, Row, Sql, Value } from '../sql/sql.ts';
import { StoreError } from '../store.ts';

/** How long to wait while another process writes, in ms. */
const BUSY_MS = 5_000;
/** How often to look whether another process has written, in ms. */
const LOOK_MS = 200;
/** The log file is cut back to this after it has grown, in bytes. */
const WAL_BYTES = 64 << 20;
const MIGRATIONS = new URL('./migrations/', import.meta.url);

/** A SQLite database, one connection. */
export class SqliteDatabase implements Database {
  onArrival: Database['onArrival'];
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();
  readonly #changes: GroupCommit;
  readonly #looking: NodeJS.Timeout;
  #dataVersion: unknown;

  private constructor(connection: Libsql.Database, log: Log) {
    this.#connection = connection;
    this.#changes = new GroupCommit((_locks, body) => this.#transact(body), log);
    this.#dataVersion = dataVersionOf(connection);
    this.#looking = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /**
   * Opens the file, makes it when there is none, and brings it to the present schema.
   * @param key encrypts the file (AES-256 in CBC mode); undefined: it is not encrypted
   * @throws StoreError when it cannot be opened, is encrypted with another key, or has a newer schema
   */
  static open(path: string, key: string | undefined, log: Log): SqliteDatabase {
    let connection: Libsql.Database | undefined;
    try {
      // Made here, so that nobody else can read it.
      closeSync(openSync(path, 'a', 0o600));
      connection = new Libsql(path, { timeout: BUSY_MS, ...(key !== undefined && encryption(key)) });
      connection.defaultSafeIntegers(true);
      connection.pragma('journal_mode = WAL');
      // What was committed survives a loss of power, not just kill -9.
      connection.pragma('synchronous = FULL');
      connection.pragma(`journal_size_limit = ${WAL_BYTES}`);
      migrate(connection, path, log);
      return new SqliteDatabase(connection, log);
    } catch (cause) {
      connection?.close();
      throw cause instanceof StoreError ? cause : new StoreError(openingFailure(path, key, cause), { cause });
    }
  }

  change<T>(_locks: readonly string[], body: (change: Change) => Promise<T>): Promise<T> {
    return this.#changes.run([], body);
  }

  read<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#changes.run([], body);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    await this.#changes.close();
    if (!this.#connection.open) return;
    this.#statements.clear();
    // Everything into the one file, so that a copy of it is whole.
    this.#connection.pragma('wal_checkpoint(TRUNCATE)');
    this.#connection.close();
  }

  async #transact(body: (change: Change) => Promise<void>): Promise<void> {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      await body({ all: async (statement, ...params) => this.#all(statement, params), arrived: () => {} });
      this.#connection.exec('COMMIT');
    } catch (error) {
      // A full disk rolls back by itself.
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  #all<R extends Row>(text: string, params: Value[]): R[] {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#connection.prepare(text.replaceAll('$', '?'));
      this.#statements.set(text, statement);
    }
    const rows = statement.all(params) as Record<string, ArrayBuffer | bigint | null>[];
    for (const row of rows)
      for (const [name, value] of Object.entries(row))
        if (value instanceof ArrayBuffer) (row as Row)[name] = Buffer.from(value);
    return rows as R[];
  }

  /** Another server, or a command, may have put something into a queue. */
  #look(): void {
    let version: unknown;
    try {
      version = dataVersionOf(this.#connection);
    } catch {
      return;
    }
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.onArrival?.(undefined);
  }
}

/** Changes when another connection has committed something. */
const dataVersionOf = (connection: Libsql.Database): unknown =>
  (connection.pragma('data_version') as { data_version: unknown }[])[0]?.data_version;

function migrate(connection: Libsql.Database, path: string, log: Log): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const [row] = connection.pragma('user_version') as { user_version: bigint }[];
    const version = Number(row?.user_version ?? 0);
    const tables = connection.prepare("SELECT COUNT(*) AS total FROM sqlite_master WHERE type = 'table'").all([]);
    if (version === 0 && (tables[0] as { total: bigint }).total > 0n)
      throw new StoreError(`${path} is a database of another program`);
    const migrations = migrationsFrom(version, MIGRATIONS, path);
    for (const { sql, version: to } of migrations) {
      connection.exec(sql);
      connection.exec(`PRAGMA user_version = ${to}`);
    }
    connection.exec('COMMIT');
    if (version > 0 && migrations.length > 0)
      log.info(`${path}: brought from schema version ${version} to ${migrations.at(-1)?.version}`);
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

const encryption = (key: string) => ({ encryptionCipher: 'aes256cbc', encryptionKey: key });

function openingFailure(path: string, key: string | undefined, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'SQLITE_NOTADB')
    return key === undefined
      ? `${path} is no SQLite database, or it is encrypted: give its key`
      : `${path} cannot be read with this key: it is the wrong one, or the file is not encrypted`;
  if (code === 'ENOENT') return `${path} cannot be made: there is no such directory`;
  return `${path} cannot be opened (${code ?? message})`;
}
