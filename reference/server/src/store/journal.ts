/** A change that was made in memory and is on its way to durability. */
export interface Change {
  /** What replays it. */
  record: Uint8Array;
  /** Takes it back. Called in reverse order, for every change since the last durable one, when writing fails. */
  undo(): void;
}

/** Where a map writes its changes down. */
export interface Journal {
  /** Resolves once the change is durable. @throws StoreError after `undo` was called */
  append(change: Change): Promise<void>;
  /** Resolves once everything appended so far is durable. @throws StoreError when some of it was taken back */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is written: for stores that end with the process. */
export const noJournal: Journal = {
  append: () => Promise.resolve(),
  settled: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** What a map tells its journal about itself. */
export interface Snapshot {
  /** Applies one record while the journal is read. */
  replay(record: Uint8Array): void;
  /** Records that make up the present state. */
  records(): Iterable<Uint8Array>;
  /** Bytes that these records would take, roughly. */
  liveBytes(): number;
}

/** Opens the journal of a map, replaying what was written before. */
export type OpenJournal = (name: string, snapshot: Snapshot) => Promise<Journal>;
