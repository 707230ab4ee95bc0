import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileStore, memoryStore, type QueueId, type Store, silentLog } from '../src/index.ts';
import { postgresStore } from '../src/store/postgres/postgres-store.ts';
import { sqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { noPostgres, PostgresServer } from './postgres-server.ts';

export const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
export const NO_LIMIT = { messages: 1e9, bytes: 1e12 };
export const key = (n: number): Uint8Array => new Uint8Array(32).fill(n);
export const channel = (n: number): Uint8Array => new Uint8Array(16).fill(n);
export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const queueOf = (n: number, c?: number): QueueId => ({
  recipientKey: key(n),
  channelId: c === undefined ? new Uint8Array() : channel(c),
});
export const texts = (deliveries: { payload: Uint8Array }[]): string[] =>
  deliveries.map(({ payload }) => Buffer.from(payload).toString());

const directories: string[] = [];

/** A directory that is gone after the tests. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'store-'));
  directories.push(directory);
  return directory;
}

let postgres: Promise<PostgresServer> | undefined;

/** One for all tests of a file. @throws when PostgreSQL is not installed */
export function postgresServer(): Promise<PostgresServer> {
  postgres ??= PostgresServer.start();
  return postgres;
}

after(async () => {
  await (await postgres?.catch(() => undefined))?.remove();
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** A kind of store, with a way to open it again where it lasts. */
export interface StoreKind {
  isLasting: boolean;
  /** @param place the same one opens the same store */
  open(place: string): Promise<Store>;
  /** A place of its own for one test. */
  place(): Promise<string>;
  /** Why it cannot be tested here. */
  skip?: string | undefined;
}

/** Every store there is. */
export const kinds: Record<string, StoreKind> = {
  memory: { isLasting: false, place: async () => '', open: () => memoryStore() },
  file: { isLasting: true, place: scratch, open: (directory) => fileStore(directory, silentLog) },
  sqlite: {
    isLasting: true,
    place: async () => join(await scratch(), 'store.db'),
    open: (path) => sqliteStore(path, undefined, silentLog),
  },
  'encrypted sqlite': {
    isLasting: true,
    place: async () => join(await scratch(), 'store.db'),
    open: (path) => sqliteStore(path, 'a key', silentLog),
  },
  postgres: {
    isLasting: true,
    skip: noPostgres,
    place: async () => (await postgresServer()).database(),
    open: (url) => postgresStore(url, silentLog),
  },
};
