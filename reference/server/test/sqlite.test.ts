import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Libsql from 'libsql';
import { type Log, StoreError, silentLog } from '../src/index.ts';
import { sqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { ALL, bytes, channel, key, NO_LIMIT, queueOf, scratch, texts } from './stores.ts';

const MIGRATIONS = new URL('../src/store/sqlite/migrations/', import.meta.url);
const place = async (): Promise<string> => join(await scratch(), 'store.db');

/** A database as an earlier version left it. */
async function earlier(version: number, files: string[], fill: (database: Libsql.Database) => void): Promise<string> {
  const path = await place();
  const database = new Libsql(path);
  for (const file of files) database.exec(await readFile(new URL(file, MIGRATIONS), 'utf8'));
  database.exec(`PRAGMA user_version = ${version}`);
  fill(database);
  database.close();
  return path;
}

function versionOf(path: string): unknown {
  const database = new Libsql(path);
  const [row] = database.pragma('user_version') as { user_version: number }[];
  database.close();
  return row?.user_version;
}

function addIdentities(database: Libsql.Database): void {
  const add = (statement: string, ...params: unknown[]) => database.prepare(statement).all(params as never);
  add('INSERT INTO key_packages (identity_key, position, package) VALUES (?, 1, ?)', key(1), bytes('p1'));
  add('INSERT INTO key_packages (identity_key, position, package) VALUES (?, 2, ?)', key(1), bytes('p2'));
  add('INSERT INTO hybrid_keys (identity_key, hybrid_public_key) VALUES (?, ?)', key(1), bytes('hybrid'));
  add('INSERT INTO users (username, identity_key, registration) VALUES (?, ?, ?)', bytes('al'), key(1), bytes('r'));
}

async function assertIdentities(store: Awaited<ReturnType<typeof sqliteStore>>): Promise<void> {
  assert.equal(String(await store.takeKeyPackage(key(1))), 'p1');
  assert.equal(String(await store.takeKeyPackage(key(1))), 'p2');
  assert.equal(String(await store.getHybridKey(key(1))), 'hybrid');
  assert.equal((await store.user('al'))?.username, 'al');
}

test('a database of version 1 is brought up: messages keep their order and get numbers', async () => {
  const path = await earlier(1, ['001_initial.sql'], (database) => {
    addIdentities(database);
    const add = database.prepare('INSERT INTO deliveries (channel_id, recipient_key, payload) VALUES (?, ?, ?)');
    const messages = ['a', 'b', 'c'].flatMap((text) => [
      [new Uint8Array(), key(1), bytes(text)],
      [channel(7), key(1), bytes(`${text} in 7`)],
      [new Uint8Array(), key(2), bytes(`${text} of 2`)],
    ]);
    for (const message of messages) add.all(message as never);
  });
  const notes: string[] = [];
  const store = await sqliteStore(path, undefined, { ...silentLog, info: (message) => notes.push(message) });
  assert.match(notes.join(), /from schema version 1 to 4/);
  await assertIdentities(store);
  const seen = await store.peek(queueOf(1), ALL);
  assert.deepEqual(texts(seen), ['a', 'b', 'c']);
  assert.deepEqual(
    seen.map(({ seq }) => seq),
    [1n, 2n, 3n],
  );
  assert.deepEqual(texts(await store.take(queueOf(1, 7), ALL)), ['a in 7', 'b in 7', 'c in 7']);
  assert.deepEqual(texts(await store.take(queueOf(2), ALL)), ['a of 2', 'b of 2', 'c of 2']);
  assert.equal((await store.stats()).messageBytes, 3);
  assert.equal(await store.enqueue(queueOf(1), bytes('d'), { messages: 4, bytes: 4 }), 4n);
  await store.channelOf(key(1), key(2), channel(1));
  await store.close();
  assert.equal(versionOf(path), 4);
  const again = await sqliteStore(path, undefined, silentLog);
  assert.deepEqual(texts(await again.take(queueOf(1), ALL)), ['a', 'b', 'c', 'd']);
  await again.close();
});

test('a database of version 3 is brought up: numbers go on where they were', async () => {
  const path = await earlier(3, ['001_initial.sql', '002_add_seq.sql'], (database) => {
    addIdentities(database);
    const add = (statement: string, ...params: unknown[]) => database.prepare(statement).all(params as never);
    const queue = 'INSERT INTO queues (channel_id, recipient_key, next_seq, messages, bytes) VALUES (?, ?, ?, ?, ?)';
    add(queue, new Uint8Array(), key(1), 42, 1, 4);
    add('INSERT INTO deliveries (queue_id, seq, payload) VALUES (1, 41, ?)', bytes('kept'));
    add(queue, new Uint8Array(), key(2), 9, 0, 0);
  });
  const store = await sqliteStore(path, undefined, silentLog);
  await assertIdentities(store);
  assert.equal(await store.enqueue(queueOf(1), bytes('next'), NO_LIMIT), 42n);
  assert.equal(await store.enqueue(queueOf(2), bytes('next'), NO_LIMIT), 9n);
  assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['kept', 'next']);
  await store.close();
  assert.equal(versionOf(path), 4);
});

test('a database that is newer, of no known version or of another program is refused, untouched', async () => {
  for (const [version, reason] of [
    [5, /schema version 5, this server knows 4: use the newer server/],
    [2, /schema version 2, which no server ever made/],
    [0, /of another program/],
  ] as const) {
    const path = await earlier(version, [], (database) => database.exec('CREATE TABLE notes (id INTEGER)'));
    const before = await readFile(path);
    await assert.rejects(sqliteStore(path, undefined, silentLog), (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, reason);
      return true;
    });
    assert.equal(versionOf(path), version);
    assert.equal((await readFile(path)).length, before.length);
  }
});

test('a file that is no database, and a directory that is not there, are refused', async () => {
  const path = await place();
  await writeFile(path, 'something else entirely, and long enough for a header of SQLite: '.repeat(100));
  await assert.rejects(sqliteStore(path, undefined, silentLog), /no SQLite database, or it is encrypted/);
  await assert.rejects(sqliteStore('/nowhere/store.db', undefined, silentLog), /no such directory/);
});

test('with a key nothing readable is in the files, and a wrong key or none is refused', async () => {
  const path = await place();
  const secret = Buffer.from('a payload that nobody else may read');
  const store = await sqliteStore(path, 'the key', silentLog);
  for (let i = 0; i < 300; i += 1) await store.enqueue(queueOf(1), Buffer.concat([secret, secret]), NO_LIMIT);
  const files = await readdir(dirname(path));
  assert.ok(files.length >= 2, 'database and log');
  for (const file of files) assert.ok(!(await readFile(join(dirname(path), file))).includes(secret), file);
  await store.close();
  assert.ok(!(await readFile(path)).includes(secret));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const keys: [string | undefined, RegExp][] = [
    ['another', /wrong one/],
    [undefined, /it is encrypted: give its key/],
  ];
  for (const [wrong, reason] of keys)
    await assert.rejects(sqliteStore(path, wrong, silentLog), (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /another/);
      return true;
    });
  const again = await sqliteStore(path, 'the key', silentLog);
  assert.equal((await again.take(queueOf(1), ALL)).length, 300);
  await again.close();

  const plain = await place();
  const open = await sqliteStore(plain, undefined, silentLog);
  await open.enqueue(queueOf(1), secret, NO_LIMIT);
  await open.close();
  assert.ok((await readFile(plain)).includes(secret), 'the search finds what is there');
  await assert.rejects(sqliteStore(plain, 'a key', silentLog), /wrong one, or the file is not encrypted/);
});

test('a second process on the same file is noticed, and both keep their numbers apart', async () => {
  const path = await place();
  const [one, two] = [await sqliteStore(path, undefined, silentLog), await sqliteStore(path, undefined, silentLog)];
  let arrivals = 0;
  one.onArrival = () => {
    arrivals += 1;
  };
  const seqs = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).enqueue(queueOf(1), bytes(`${i}`), NO_LIMIT)),
  );
  assert.equal(new Set(seqs).size, 20);
  for (let waited = 0; arrivals === 0 && waited < 5_000; waited += 50) await sleep(50);
  assert.ok(arrivals > 0);
  assert.equal((await one.take(queueOf(1), ALL)).length, 20);
  await Promise.all([one.close(), two.close()]);
});

test('a change that fails leaves nothing behind, says no value, and harms no other', async () => {
  const path = await place();
  const errors: string[] = [];
  const log: Log = { ...silentLog, error: (message) => errors.push(message) };
  const store = await sqliteStore(path, undefined, log);
  // One queue refuses a payload, as a full disk would.
  const other = new Libsql(path);
  other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON deliveries WHEN NEW.payload = CAST('bad' AS BLOB)
    BEGIN SELECT RAISE(ABORT, 'refused'); END`);
  other.close();
  const [good, bad, after] = await Promise.allSettled([
    store.enqueue(queueOf(1), bytes('good'), NO_LIMIT),
    store.enqueueAll([queueOf(1), queueOf(2)], bytes('bad'), NO_LIMIT),
    store.enqueue(queueOf(1), bytes('after'), NO_LIMIT),
  ]);
  assert.equal(good.status, 'fulfilled');
  assert.equal(after.status, 'fulfilled');
  assert.ok(bad.status === 'rejected' && bad.reason instanceof StoreError);
  assert.match(errors.join(), /SQLITE_CONSTRAINT/);
  assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['good', 'after']);
  assert.deepEqual(await store.take(queueOf(2), ALL), []);
  await store.close();
  await assert.rejects(store.enqueue(queueOf(1), bytes('late'), NO_LIMIT), StoreError);
});
