import type { Store } from '@quicnprotochat/server';

/** One thing that a store holds. */
export type StoreItem = Parameters<Store['load']>[0][number];
/** What a call of a store may be. */
export type StoreMethod = {
  [Name in keyof Store]: Store[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof Store];

/**
 * How a server keeps what it knows beyond its end: by default all of it, in one file, which is written after each change and
 * before the answer.
 */
export interface Keeping {
  /**
   * Whether a change by that method is written before it is answered. What is not goes with the next that is.
   * @param subject the method's first argument: a queue, an identity …
   */
  isWritten?(method: StoreMethod, subject: unknown): boolean;
  /** What is written in place of all. @param read what was there at the start */
  rewrite?(all: StoreItem[], read: readonly StoreItem[]): StoreItem[];
  /** After how long, in ms, and at an orderly end, the others are written. */
  laterMs?: number;
  /** What was fetched is there again after a sudden end. */
  keepsTaken?: boolean;
  /** What is made of the file at the next start. */
  reload?(items: StoreItem[]): StoreItem[];
  /** What was there before does not count toward limits. */
  forgetsCounts?: boolean;
  /** A new certificate at each start. */
  hasNewCertificate?: boolean;
  /** How long it goes on answering after SIGTERM and its last write, in ms. */
  lingersMs?: number;
  /** It ends at SIGTERM without a word. */
  isSilent?: boolean;
  /** A file that keeps others from starting stands until an orderly end. */
  hasLock?: boolean;
  /** How long it takes to start, in ms. */
  startMs?: number;
}
