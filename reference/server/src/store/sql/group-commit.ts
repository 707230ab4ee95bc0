import type { Log } from '../../log.ts';
import { FullError, StoreError } from '../store.ts';
import type { Change } from './sql.ts';

/** Runs `body` in one transaction, under these locks. @throws after a rollback, or ConnectionLost */
export type Transact = (locks: readonly string[], body: (change: Change) => Promise<void>) => Promise<void>;

/** The database is not there: trying the changes of a batch one by one would be no use. */
export class ConnectionLost extends Error {
  override name = 'ConnectionLost';
}

interface Job {
  locks: readonly string[];
  body(change: Change): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What came out of a change: its value, or that there was no room for it. */
type Outcome = { value: unknown } | { full: FullError };

/** Changes in one transaction, so that one that holds the others up is not too long. */
const BATCH_LIMIT = 256;

/**
 * Changes that come while the database is busy share the next transaction, and with it one wait for the disk. They run in
 * the order in which they came. When a transaction fails, its changes are tried one by one: one that cannot be done
 * harms no other.
 */
export class GroupCommit {
  readonly #transact: Transact;
  readonly #log: Log;
  #pending: Job[] = [];
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(transact: Transact, log: Log) {
    this.#transact = transact;
    this.#log = log;
  }

  /** @throws StoreError; FullError of `body` */
  run<T>(locks: readonly string[], body: (change: Change) => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(new StoreError('the store is closed'));
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ locks, body, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#runAll();
    });
  }

  /** Waits for what was begun, and takes nothing more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #runAll(): Promise<void> {
    while (this.#pending.length > 0) {
      // One turn, so that the calls of a packet share a transaction, and others get theirs.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#runBatch(this.#pending.splice(0, BATCH_LIMIT));
    }
    this.#running = undefined;
  }

  async #runBatch(batch: readonly Job[]): Promise<void> {
    const outcomes: Outcome[] = [];
    try {
      const locks = [...new Set(batch.flatMap((job) => job.locks))];
      await this.#transact(locks, async (change) => {
        outcomes.length = 0;
        for (const job of batch) outcomes.push(await outcomeOf(job, change));
      });
    } catch (cause) {
      if (batch.length > 1 && !(cause instanceof ConnectionLost)) {
        for (const job of batch) await this.#runBatch([job]);
        return;
      }
      // Never the message: the database's may hold values.
      const code = cause instanceof ConnectionLost ? cause.message : ((cause as { code?: string }).code ?? 'no code');
      this.#log.error(`the database failed (${code}): ${batch.length} changes were not made`);
      for (const { reject } of batch) reject(new StoreError('the change could not be made to last', { cause }));
      return;
    }
    for (const [i, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[i] as Outcome;
      if ('full' in outcome) reject(outcome.full);
      else resolve(outcome.value);
    }
  }
}

async function outcomeOf({ body }: Job, change: Change): Promise<Outcome> {
  try {
    return { value: await body(change) };
  } catch (error) {
    if (error instanceof FullError) return { full: error };
    throw error;
  }
}
