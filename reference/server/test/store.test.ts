import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  FullError,
  fileStore,
  type Log,
  memoryStore,
  type QueueId,
  type Store,
  StoreError,
  silentLog,
} from '../src/index.ts';

const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
const NO_LIMIT = { messages: 1e9, bytes: 1e12 };
const key = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const channel = (n: number): Uint8Array => new Uint8Array(16).fill(n);
const bytes = (text: string): Uint8Array => Buffer.from(text);
const queueOf = (n: number, c?: number): QueueId => ({
  recipientKey: key(n),
  channelId: c === undefined ? new Uint8Array() : channel(c),
});
const texts = (deliveries: { payload: Uint8Array }[]): string[] =>
  deliveries.map(({ payload }) => Buffer.from(payload).toString());

const directories: string[] = [];
async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'store-'));
  directories.push(directory);
  return directory;
}
after(async () => {
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
});

/** Every store, with a way to close and open it again where it lasts. */
const kinds: Record<string, { isLasting: boolean; open(directory: string): Promise<Store> }> = {
  memory: { isLasting: false, open: () => memoryStore() },
  file: { isLasting: true, open: (directory) => fileStore(directory, silentLog) },
};

for (const [kind, { isLasting, open }] of Object.entries(kinds)) {
  describe(`the ${kind} store`, () => {
    const withStore = (name: string, body: (store: Store, reopen: () => Promise<Store>) => Promise<void>): void => {
      test(name, async () => {
        const directory = await scratch();
        let store = await open(directory);
        const reopen = async (): Promise<Store> => {
          if (!isLasting) return store;
          await store.close();
          store = await open(directory);
          return store;
        };
        try {
          await body(store, reopen);
        } finally {
          await store.close();
        }
      });
    };

    withStore('gives messages back in order, byte for byte, with growing numbers', async (first, reopen) => {
      const payloads = ['a', 'b', 'c', 'd', 'e'].map(bytes);
      const seqs = await Promise.all(payloads.map((payload) => first.enqueue(queueOf(1), payload, NO_LIMIT)));
      assert.deepEqual(
        seqs,
        seqs.toSorted((a, b) => Number(a - b)),
      );
      assert.equal(new Set(seqs).size, 5);
      const store = await reopen();
      const taken = await store.take(queueOf(1), { messages: 2, bytes: 1e9 });
      assert.deepEqual(texts(taken), ['a', 'b']);
      const rest = await (await reopen()).take(queueOf(1), ALL);
      assert.deepEqual(texts(rest), ['c', 'd', 'e']);
      assert.deepEqual(
        [...taken, ...rest].map(({ seq }) => seq),
        seqs,
      );
    });

    withStore('keeps queues apart by recipient and by channel', async (store) => {
      await store.enqueue(queueOf(1), bytes('one'), NO_LIMIT);
      await store.enqueue(queueOf(2), bytes('two'), NO_LIMIT);
      await store.enqueue(queueOf(1, 7), bytes('seven'), NO_LIMIT);
      await store.enqueue(queueOf(1, 8), bytes('eight'), NO_LIMIT);
      assert.deepEqual(texts(await store.take(queueOf(1, 7), ALL)), ['seven']);
      assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['one']);
      assert.deepEqual(texts(await store.take(queueOf(2), ALL)), ['two']);
      assert.deepEqual(texts(await store.take(queueOf(1, 8), ALL)), ['eight']);
      assert.deepEqual(await store.take(queueOf(3), ALL), []);
    });

    withStore('never gives a number twice, also after a drain and a restart', async (first, reopen) => {
      const one = await first.enqueue(queueOf(1), bytes('x'), NO_LIMIT);
      await first.take(queueOf(1), ALL);
      const two = await first.enqueue(queueOf(1), bytes('y'), NO_LIMIT);
      await first.take(queueOf(1), ALL);
      const store = await reopen();
      const three = await store.enqueue(queueOf(1), bytes('z'), NO_LIMIT);
      assert.ok(one < two && two < three);
    });

    withStore('applies changes in the order of the calls, before they are durable', async (store) => {
      const first = store.enqueue(queueOf(1), bytes('1'), NO_LIMIT);
      const taken = store.take(queueOf(1), ALL);
      const second = store.enqueue(queueOf(1), bytes('2'), NO_LIMIT);
      assert.deepEqual(texts(await taken), ['1']);
      await Promise.all([first, second]);
      assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['2']);
    });

    withStore('answers up to a number of bytes, but one message at least', async (store) => {
      for (const size of [5, 5, 5, 20]) await store.enqueue(queueOf(1), randomBytes(size), NO_LIMIT);
      const lengths = async (limit: number) =>
        (await store.take(queueOf(1), { messages: 100, bytes: limit })).map(({ payload }) => payload.length);
      assert.deepEqual(await lengths(11), [5, 5]);
      assert.deepEqual(await lengths(11), [5]);
      assert.deepEqual(await lengths(11), [20]);
    });

    withStore('refuses what is over the limits of a queue, leaving nothing behind', async (store) => {
      const limits = { messages: 2, bytes: 10 };
      await store.enqueue(queueOf(1), bytes('12345'), limits);
      await assert.rejects(store.enqueue(queueOf(1), bytes('123456'), limits), FullError);
      await store.enqueue(queueOf(1), bytes('1234'), limits);
      await assert.rejects(store.enqueue(queueOf(1), bytes('1'), limits), FullError);
      assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['12345', '1234']);
      await store.enqueue(queueOf(1), bytes('again'), limits);
    });

    withStore('puts messages back in their place', async (first, reopen) => {
      for (const text of ['a', 'b', 'c']) await first.enqueue(queueOf(1), bytes(text), NO_LIMIT);
      const taken = await first.take(queueOf(1), { messages: 2, bytes: 1e9 });
      await first.restore(queueOf(1), taken);
      const store = await reopen();
      assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['a', 'b', 'c']);
    });

    withStore('gives packages in order of arrival, each to one taker', async (first, reopen) => {
      for (const text of ['a', 'b', 'c', 'd']) await first.addKeyPackage(key(1), bytes(text), 100);
      await first.addKeyPackage(key(2), bytes('other'), 100);
      const [a, b] = await Promise.all([first.takeKeyPackage(key(1)), first.takeKeyPackage(key(1))]);
      assert.deepEqual(
        [a, b].map(String),
        ['a', 'b'].map((text) => String(bytes(text))),
      );
      await first.restoreKeyPackage(key(1), bytes('b'));
      const store = await reopen();
      const rest: string[] = [];
      for (let next = await store.takeKeyPackage(key(1)); next; next = await store.takeKeyPackage(key(1)))
        rest.push(Buffer.from(next).toString());
      assert.deepEqual(rest, ['b', 'c', 'd']);
      assert.equal(await (await reopen()).takeKeyPackage(key(1)), undefined);
      await assert.rejects(store.addKeyPackage(key(2), bytes('x'), 1), FullError);
    });

    withStore('keeps the last hybrid key of each identity', async (first, reopen) => {
      await first.putHybridKey(key(1), bytes('old'));
      await first.putHybridKey(key(1), bytes('new'));
      const store = await reopen();
      assert.equal(Buffer.from((await store.getHybridKey(key(1))) ?? []).toString(), 'new');
      assert.equal(await store.getHybridKey(key(2)), undefined);
    });

    withStore('makes one channel a pair, in either order', async (first, reopen) => {
      const ids = await Promise.all([
        first.channelOf(key(1), key(2), channel(1)),
        first.channelOf(key(2), key(1), channel(2)),
      ]);
      assert.deepEqual(ids, [channel(1), channel(1)]);
      const store = await reopen();
      assert.deepEqual(Buffer.from(await store.channelOf(key(2), key(1), channel(3))), Buffer.from(channel(1)));
      const made = await store.channel(channel(1));
      assert.deepEqual(
        made?.members.map((member) => Buffer.from(member)),
        [Buffer.from(key(1)), Buffer.from(key(2))],
      );
      assert.equal(await store.channel(channel(2)), undefined);
    });
  });
}

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
