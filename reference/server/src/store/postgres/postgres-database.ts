import type { Log } from '../../log.ts';
import { ConnectionLost, GroupCommit } from '../sql/group-commit.ts';
import type { Change, Database, Sql } from '../sql/sql.ts';
import { type QueueId, StoreError } from '../store.ts';
import { Arrivals } from './arrivals.ts';
import type { Connection } from './connection.ts';
import { Link } from './link.ts';
import { lockOrder } from './locks.ts';
import { migrate } from './migrate.ts';

// In one statement: the order of the array is the order of taking.
const LOCK = 'SELECT COUNT(pg_advisory_xact_lock(number)) FROM UNNEST($1::bigint[]) AS number';

/**
 * A PostgreSQL database that several servers may share. Changes go through one connection, in transactions that hold
 * advisory locks on what they touch; reading has a connection of its own, and so have the notifications.
 */
export class PostgresDatabase implements Database {
  onArrival: Database['onArrival'];
  readonly #writing: Link;
  readonly #reading: Link;
  readonly #changes: GroupCommit;
  #arrivals!: Arrivals;

  private constructor(url: string, log: Log) {
    this.#writing = new Link(url);
    this.#reading = new Link(url);
    this.#changes = new GroupCommit((locks, body) => this.#transact(locks, body), log);
  }

  /** @throws StoreError when it cannot be reached or has a newer schema; the text holds no password */
  static async open(url: string, log: Log): Promise<PostgresDatabase> {
    const name = nameOf(url);
    const database = new PostgresDatabase(url, log);
    try {
      await migrate(url, name, log);
      database.#arrivals = await Arrivals.open(url, log, (queue) => database.onArrival?.(queue));
    } catch (cause) {
      if (cause instanceof StoreError) throw cause;
      const { message, code } = cause as { message: string; code?: string };
      const reason = cause instanceof ConnectionLost ? message : (code ?? 'unknown error');
      throw new StoreError(`${name} cannot be used (${reason})`, { cause });
    }
    return database;
  }

  change<T>(locks: readonly string[], body: (change: Change) => Promise<T>): Promise<T> {
    return this.#changes.run(locks, body);
  }

  async read<T>(body: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await this.#reading.use((connection) => body(sqlOf(connection)));
    } catch (cause) {
      throw new StoreError('the database could not be read', { cause });
    }
  }

  async close(): Promise<void> {
    await this.#changes.close();
    await Promise.all([this.#arrivals.close(), this.#writing.close(), this.#reading.close()]);
  }

  async #transact(locks: readonly string[], body: (change: Change) => Promise<void>): Promise<void> {
    const connection = await this.#writing.use((open) => this.#begun(open, locks, body));
    // Not again when the connection is lost here: nobody knows whether it was done.
    const done = await connection.run('COMMIT');
    if (done !== 'COMMIT') throw new Error('the transaction was rolled back');
  }

  /** Everything of a transaction but its end. */
  async #begun(
    connection: Connection,
    locks: readonly string[],
    body: (change: Change) => Promise<void>,
  ): Promise<Connection> {
    const arrived: QueueId[] = [];
    try {
      // Each statement sees what others did before the locks were ours.
      const begun = connection.run('BEGIN ISOLATION LEVEL READ COMMITTED');
      const locked = locks.length > 0 ? connection.all(LOCK, [lockOrder(locks)]) : undefined;
      await Promise.all([begun, locked]);
      await body({ ...sqlOf(connection), arrived: (queue) => arrived.push(queue) });
      if (arrived.length > 0) await this.#arrivals.tell(connection, arrived);
      return connection;
    } catch (error) {
      if (!connection.isLost) await connection.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

const sqlOf = (connection: Connection): Sql => ({ all: (statement, ...params) => connection.all(statement, params) });

/** Where it is, without user and password. */
function nameOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `the database postgres://${host}${pathname}`;
  } catch {
    return 'the database';
  }
}
