import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileStore, type Store, silentLog } from '../src/index.ts';
import { postgresStore } from '../src/store/postgres/postgres-store.ts';
import { sqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { noPostgres } from './postgres-server.ts';
import { spawnServer } from './process.ts';
import { bytes, everything, fill, NO_LIMIT, postgresServer, queueOf, scratch, sorted } from './stores.ts';

async function migrate(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { exited, stdout, stderr } = spawnServer('migrate', ...args);
  return { code: await exited, stdout: stdout(), stderr: stderr() };
}

async function contents(store: Store): Promise<string[]> {
  try {
    return sorted(await everything(store));
  } finally {
    await store.close();
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** A file store with something of every sort. */
async function filled(): Promise<{ directory: string; before: string[] }> {
  const directory = join(await scratch(), 'data');
  const store = await fileStore(directory, silentLog);
  await fill(store);
  const before = sorted(await everything(store));
  await store.close();
  return { directory, before };
}

test('everything goes from a file store into an encrypted SQLite file and back', async () => {
  const { directory, before } = await filled();
  const place = await scratch();
  const [path, keyFile] = [join(place, 'store.db'), join(place, 'key')];
  await writeFile(keyFile, 'the key\n');
  const there = await migrate(`file:${directory}`, `sqlite:${path}`, '--to-key-file', keyFile);
  assert.equal(there.code, 0, there.stderr);
  assert.match(there.stdout, /^copied 3 messages in 3 queues, 3 KeyPackages, 1 hybrid keys, .* 1 tokens\n$/);
  assert.ok(!(await readFile(path)).includes('hybrid'));
  assert.deepEqual(await contents(await sqliteStore(path, 'the key', silentLog)), before);

  const back = join(place, 'back');
  const again = await migrate(`sqlite:${path}`, `file:${back}`, '--from-key-file', keyFile);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(await contents(await fileStore(back, silentLog)), before);
  assert.deepEqual(await contents(await fileStore(directory, silentLog)), before, 'FROM is as it was');
});

test('everything goes into PostgreSQL and on into SQLite', { skip: noPostgres }, async () => {
  const { directory, before } = await filled();
  const url = await (await postgresServer()).database();
  const there = await migrate(`file:${directory}`, url);
  assert.equal(there.code, 0, there.stderr);
  assert.deepEqual(await contents(await postgresStore(url, silentLog)), before);
  const path = join(await scratch(), 'store.db');
  const on = await migrate(url, `sqlite:${path}`);
  assert.equal(on.code, 0, on.stderr);
  assert.deepEqual(await contents(await sqliteStore(path, undefined, silentLog)), before);
});

test('a target that is not empty is refused and left as it is; so is what cannot be', async () => {
  const { directory, before } = await filled();
  const other = await filled();
  const full = await migrate(`file:${directory}`, `file:${other.directory}`);
  assert.equal(full.code, 1);
  assert.match(full.stderr, /TO is not empty/);
  assert.deepEqual(await contents(await fileStore(other.directory, silentLog)), before);
  const cases: [RegExp, string[]][] = [
    [/same store/, [`file:${directory}`, `file:${directory}`]],
    [/TO is memory/, [`file:${directory}`, 'memory']],
    [/FROM is none of/, ['nonsense', `file:${directory}`]],
    [/no store at FROM/, ['file:/nowhere', `file:${directory}`]],
    [/no store at FROM/, ['sqlite:/nowhere/store.db', `file:${directory}`]],
    [/TO has no key/, [`file:${directory}`, 'postgres://127.0.0.1/x', '--to-key-file', '/nowhere']],
    [/--to-key-file \/nowhere cannot be read/, [`file:${directory}`, 'sqlite:x.db', '--to-key-file', '/nowhere']],
    [/Not enough non-option arguments/, [`file:${directory}`]],
  ];
  const outcomes = await Promise.all(cases.map(([, args]) => migrate(...args)));
  for (const [i, [reason]] of cases.entries()) {
    assert.equal(outcomes[i]?.code, 2, outcomes[i]?.stderr);
    assert.match(outcomes[i]?.stderr ?? '', reason);
  }
});

test('a copy that is interrupted leaves the target empty', async () => {
  const directory = join(await scratch(), 'data');
  const store = await fileStore(directory, silentLog);
  const payload = Buffer.alloc(2_000, 7);
  await Promise.all(Array.from({ length: 40_000 }, (_, i) => store.enqueue(queueOf(i % 50), payload, NO_LIMIT)));
  await store.close();
  const path = join(await scratch(), 'store.db');
  const { child, exited, stderr } = spawnServer('migrate', `file:${directory}`, `sqlite:${path}`);
  while (child.exitCode === null && !(await isThere(`${path}-wal`))) await sleep(5);
  await sleep(50);
  child.kill('SIGINT');
  assert.equal(await exited, 130, stderr());
  assert.match(stderr(), /interrupted; TO is empty again/);
  for (const suffix of ['', '-wal', '-shm']) assert.equal(await isThere(path + suffix), false, suffix);
  const again = await fileStore(directory, silentLog);
  assert.equal((await again.stats()).messages, 40_000);
  await again.enqueue(queueOf(1), bytes('still works'), NO_LIMIT);
  await again.close();
});
