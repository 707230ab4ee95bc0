import type { QueueId } from '../store.ts';

/** What a statement takes: integers as bigint or number, bytes as Uint8Array. */
export type Value = Uint8Array | bigint | number | null | readonly bigint[];
/** What it returns, by column: integers as bigint, bytes as Buffer. */
export type Row = Record<string, Buffer | bigint | null>;

/** Where statements run. Parameters are `$1`, `$2`, … in every dialect. */
export interface Sql {
  /** @throws the driver's error */
  all<R extends Row = Row>(statement: string, ...params: Value[]): Promise<R[]>;
}

/** A transaction, shared with other changes that were made at the same time. */
export interface Change extends Sql {
  /** A message came into that queue: other servers of the same database are told when it lasts. */
  arrived(queue: QueueId): void;
}

/** A database with the tables of `migrations/`. */
export interface Database {
  /**
   * Runs a change; changes take effect in the order of the calls. What `body` threw as FullError must have left nothing
   * behind.
   * @param locks what no other server may change meanwhile
   * @throws StoreError; FullError of `body`
   */
  change<T>(locks: readonly string[], body: (change: Change) => Promise<T>): Promise<T>;
  /** Reads what lasts; answers come in the order of the calls. @throws StoreError */
  read<T>(body: (sql: Sql) => Promise<T>): Promise<T>;
  /** Set by the store: another server put something into a queue, or, without queue, may have put something into any. */
  onArrival: ((queue: QueueId | undefined) => void) | undefined;
  close(): Promise<void>;
}

/** For limits that may be infinite: the greatest integer that every driver takes. */
export const bounded = (limit: number): number => Math.min(limit, Number.MAX_SAFE_INTEGER);
