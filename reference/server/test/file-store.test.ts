import assert from 'node:assert/strict';
import { readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileStore, type Log, StoreError, silentLog } from '../src/index.ts';
import { ALL, bytes, channel, key, NO_LIMIT, queueOf, scratch, texts } from './stores.ts';

const warnings: string[] = [];
const noting: Log = {
  ...silentLog,
  warn: (message) => warnings.push(message),
  info: (message) => warnings.push(message),
  error: (message) => warnings.push(message),
};

test('a torn tail is cut off with a log line, whatever its length, and a copy is kept', async () => {
  const directory = await scratch();
  const path = join(directory, 'deliveries.bin');
  const store = await fileStore(directory, silentLog);
  await store.enqueue(queueOf(1), bytes('kept'), NO_LIMIT);
  const { size: whole } = await stat(path);
  await store.enqueue(queueOf(1), bytes('torn'), NO_LIMIT);
  const { size } = await stat(path);
  await store.close();
  for (let length = size - 1; length > whole; length -= 7) {
    await truncate(path, length);
    warnings.length = 0;
    const again = await fileStore(directory, noting);
    assert.match(warnings.join(), /torn tail/);
    await again.close();
    assert.ok((await readdir(directory)).includes('deliveries.bin.torn'));
    assert.equal((await stat(path)).size, whole);
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(size - whole, 0xee)]));
  }
  const last = await fileStore(directory, silentLog);
  assert.deepEqual(texts(await last.take(queueOf(1), ALL)), ['kept']);
  await last.close();
});

test('damage before the end of a journal is not cut off: the store refuses to open', async () => {
  const directory = await scratch();
  const path = join(directory, 'deliveries.bin');
  const store = await fileStore(directory, silentLog);
  await store.enqueue(queueOf(1), bytes('first'), NO_LIMIT);
  await store.enqueue(queueOf(1), bytes('second'), NO_LIMIT);
  await store.close();
  const content = await readFile(path);
  content[30] = (content[30] ?? 0) ^ 1;
  await writeFile(path, content);
  await assert.rejects(fileStore(directory, silentLog), /damaged at byte 8/);
  await writeFile(path, 'something else entirely');
  await assert.rejects(fileStore(directory, silentLog), /not a journal/);
});

test('a directory is used by one store at a time, and a lock of a process that is gone is taken over', async () => {
  const directory = await scratch();
  const store = await fileStore(directory, silentLog);
  await writeFile(join(directory, 'lock'), String(process.ppid));
  await assert.rejects(fileStore(directory, silentLog), /in use by process/);
  await store.close();
  await writeFile(join(directory, 'lock'), '999999999');
  await (await fileStore(directory, silentLog)).close();
});

test('a journal that has grown is compacted, and loses nothing', async () => {
  const directory = await scratch();
  const store = await fileStore(directory, noting);
  warnings.length = 0;
  const big = Buffer.alloc(1 << 20, 7);
  await store.enqueue(queueOf(2), bytes('stays'), NO_LIMIT);
  let last = 0n;
  for (let i = 0; i < 40; i += 1) {
    last = await store.enqueue(queueOf(1), big, NO_LIMIT);
    await store.take(queueOf(1), ALL);
  }
  assert.match(warnings.join(), /compacted/);
  assert.ok((await stat(join(directory, 'deliveries.bin'))).size < 30 << 20);
  await store.close();
  const again = await fileStore(directory, silentLog);
  assert.deepEqual(texts(await again.take(queueOf(2), ALL)), ['stays']);
  assert.ok((await again.enqueue(queueOf(1), big, NO_LIMIT)) > last);
  await again.close();
});

test('a change that cannot be written is taken back, and the store goes on when it can be', async () => {
  const { FileJournal } = await import('../src/store/file-journal.ts');
  const { MapStore } = await import('../src/store/map-store.ts');
  const directory = await scratch();
  const store = await MapStore.open((name, snapshot) =>
    FileJournal.open(join(directory, `${name}.bin`), snapshot, silentLog),
  );
  await store.enqueue(queueOf(1), bytes('before'), NO_LIMIT);

  // The disk is full: every write of a file handle fails.
  const probe = await (await import('node:fs/promises')).open(join(directory, 'probe'), 'w');
  const prototype = Object.getPrototypeOf(probe) as { write: unknown };
  await probe.close();
  const { write } = prototype;
  prototype.write = async () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  try {
    const failed = store.enqueue(queueOf(1), bytes('lost'), NO_LIMIT);
    const taken = store.take(queueOf(1), ALL);
    await assert.rejects(failed, StoreError);
    await assert.rejects(taken, StoreError);
    await assert.rejects(store.channelOf(key(1), key(2), channel(1)), StoreError);
    await assert.rejects(store.putHybridKey(key(1), bytes('k')), StoreError);
    await assert.rejects(store.addKeyPackage(key(1), bytes('p'), 10), StoreError);
  } finally {
    prototype.write = write;
  }
  assert.equal(await store.channel(channel(1)), undefined);
  assert.equal(await store.getHybridKey(key(1)), undefined);
  assert.equal(await store.takeKeyPackage(key(1)), undefined);
  await store.enqueue(queueOf(1), bytes('after'), NO_LIMIT);
  assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['before', 'after']);
  await store.close();
});
