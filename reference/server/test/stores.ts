import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileStore, memoryStore, type QueueId, type Store, silentLog } from '../src/index.ts';
import { postgresStore } from '../src/store/postgres/postgres-store.ts';
import { sqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import type { StoreItem } from '../src/store/store.ts';
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

/** Something of every sort. */
export async function fill(store: Store): Promise<void> {
  await store.enqueue(queueOf(1), bytes('one'), NO_LIMIT);
  await store.enqueue(queueOf(1), bytes('12'), NO_LIMIT);
  await store.enqueue(queueOf(1, 1), bytes('3'), NO_LIMIT);
  await store.enqueue(queueOf(2), bytes('gone'), NO_LIMIT);
  await store.take(queueOf(2), ALL);
  for (const text of ['b', 'c']) await store.addKeyPackage(key(1), bytes(text), 10);
  await store.restoreKeyPackage(key(1), bytes('a'));
  await store.putHybridKey(key(1), bytes('hybrid'));
  await store.putEndpoint(key(2), bytes('endpoint'));
  await store.channelOf(key(2), key(1), channel(1));
  await store.addUser({ username: 'alice', identityKey: key(1), registration: bytes('record') }, 10);
  await store.addToken(
    { digest: key(9), name: 'alice', identityKey: key(1), deviceId: bytes('phone'), expiresAtMs: 17 },
    10,
  );
  await store.claimSetting('setup', bytes('secret'));
}

/** All that a store dumps. */
export async function everything(store: Store): Promise<StoreItem[]> {
  const items: StoreItem[] = [];
  for await (const item of store.dump()) items.push(item);
  return items;
}

/** Items in an order that does not depend on the store, bytes as hex. */
export const sorted = (items: readonly StoreItem[]): string[] =>
  items
    .map((item) =>
      JSON.stringify(item, (_name, value) => {
        if (typeof value === 'bigint') return String(value);
        if (value?.type === 'Buffer') return Buffer.from(value.data).toString('hex');
        return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
      }),
    )
    .sort();
