import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, type QueueId, type Store, StoreError, silentLog } from '../src/index.ts';
import { postgresStore } from '../src/store/postgres/postgres-store.ts';
import { noPostgres } from './postgres-server.ts';
import { ALL, bytes, channel, key, NO_LIMIT, postgresServer, queueOf, texts } from './stores.ts';

const MIGRATIONS = new URL('../src/store/postgres/migrations/', import.meta.url);
const open = (url: string, log: Log = silentLog): Promise<Store> => postgresStore(url, log);

/** Two servers of one database. */
async function two(body: (one: Store, other: Store) => Promise<void>): Promise<void> {
  const url = await (await postgresServer()).database();
  // At the same time: one makes the tables, the other waits for it.
  const [one, other] = await Promise.all([open(url), open(url)]);
  try {
    await body(one, other);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
}

/** A database as an earlier version left it. */
async function earlier(version: number, files: string[], rows: string): Promise<string> {
  const server = await postgresServer();
  const url = await server.database();
  for (const file of files) await server.sql(await readFile(new URL(file, MIGRATIONS), 'utf8'), url);
  await server.sql(`CREATE TABLE schema_version (version BIGINT NOT NULL)`, url);
  await server.sql(`INSERT INTO schema_version VALUES (${version}); ${rows}`, url);
  return url;
}

const hexKey = (n: number): string => `'\\x${Buffer.from(key(n)).toString('hex')}'`;
const PACKAGES = `INSERT INTO key_packages VALUES (${hexKey(1)}, 1, 'p1'), (${hexKey(1)}, 2, 'p2')`;

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    assert.ok(waited < 15_000, what);
    await sleep(20);
  }
}

describe('the postgres store', { skip: noPostgres }, () => {
  test('a database of version 1 is brought up: messages keep their order and get numbers', async () => {
    const messages = ['a', 'b', 'c'].map((text) => `('', ${hexKey(1)}, '${text}'), ('', ${hexKey(2)}, 'x')`);
    const insert = `INSERT INTO deliveries (channel_id, recipient_key, payload) VALUES ${messages}`;
    const url = await earlier(1, ['001_initial.sql'], `${PACKAGES}; ${insert}`);
    const store = await open(url);
    const seen = await store.peek(queueOf(1), ALL);
    assert.deepEqual(texts(seen), ['a', 'b', 'c']);
    assert.deepEqual(
      seen.map(({ seq }) => seq),
      [1n, 2n, 3n],
    );
    assert.equal(await store.enqueue(queueOf(2), bytes('y'), { messages: 4, bytes: 4 }), 4n);
    assert.equal(String(await store.takeKeyPackage(key(1))), 'p1');
    await store.channelOf(key(1), key(2), channel(1));
    await store.close();
    const rows = await (await postgresServer()).sql('SELECT version::int FROM schema_version', url);
    assert.deepEqual(rows, [{ version: 4 }]);
  });

  test('a database of version 3 is brought up: numbers go on where they were', async () => {
    const queues = `INSERT INTO queues (channel_id, recipient_key, next_seq, messages, bytes)
      VALUES ('', ${hexKey(1)}, 42, 1, 4), ('', ${hexKey(2)}, 9, 0, 0);
      INSERT INTO deliveries SELECT id, 41, 'kept' FROM queues WHERE recipient_key = ${hexKey(1)}`;
    const store = await open(await earlier(3, ['001_initial.sql', '002_add_seq.sql'], `${PACKAGES}; ${queues}`));
    assert.equal(await store.enqueue(queueOf(1), bytes('next'), NO_LIMIT), 42n);
    assert.equal(await store.enqueue(queueOf(2), bytes('next'), NO_LIMIT), 9n);
    assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['kept', 'next']);
    assert.equal(String(await store.takeKeyPackage(key(1))), 'p1');
    await store.close();
  });

  test('a newer database is refused', async () => {
    await assert.rejects(open(await earlier(5, [], 'SELECT 1')), (error) => {
      assert.ok(error instanceof StoreError);
      assert.match(error.message, /schema version 5, this server knows 4/);
      return true;
    });
  });

  test('a database that cannot be reached is refused with a reason and without the password', async () => {
    const server = await postgresServer();
    const there = new URL(server.url('nowhere'));
    there.password = 'hunter2';
    for (const [url, reason] of [
      ['postgres://somebody:hunter2@127.0.0.1:1/db', /127\.0\.0\.1:1\/db cannot be used \(ECONNREFUSED\)/],
      [String(there), /database "nowhere" does not exist/],
    ] as const)
      await assert.rejects(open(url), (error) => {
        assert.ok(error instanceof StoreError);
        assert.match(error.message, reason);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
  });

  test('two servers number one queue, each in the order of its calls, and take each message once', () =>
    two(async (one, other) => {
      const add = (store: Store, name: string): Promise<bigint>[] =>
        Array.from({ length: 100 }, (_, i) => store.enqueue(queueOf(1), bytes(`${name} ${i}`), NO_LIMIT));
      const [ofOne, ofOther] = await Promise.all([Promise.all(add(one, 'one')), Promise.all(add(other, 'other'))]);
      for (const seqs of [ofOne, ofOther]) assert.ok(seqs.every((seq, i) => i === 0 || seq > (seqs[i - 1] as bigint)));
      assert.equal(new Set([...ofOne, ...ofOther]).size, 200);
      const takes = Array.from({ length: 80 }, (_, i) =>
        (i % 2 ? one : other).take(queueOf(1), { messages: 3, bytes: 1e6 }),
      );
      const taken = (await Promise.all(takes)).flat();
      assert.equal(taken.length, 200);
      assert.equal(new Set(texts(taken)).size, 200);
    }));

  test('two servers hand out each KeyPackage once, and make one channel of a pair', () =>
    two(async (one, other) => {
      const added = Array.from({ length: 50 }, (_, i) =>
        (i % 2 ? one : other).addKeyPackage(key(1), bytes(`${i}`), 100),
      );
      await Promise.all(added);
      const takes = Array.from({ length: 60 }, (_, i) => (i % 2 ? one : other).takeKeyPackage(key(1)));
      const taken = (await Promise.all(takes)).flatMap((keyPackage) => (keyPackage ? String(keyPackage) : []));
      assert.equal(taken.length, 50);
      assert.equal(new Set(taken).size, 50);
      for (let i = 1; i < 20; i += 1) {
        const ids = await Promise.all([
          one.channelOf(key(100), key(i), channel(i)),
          other.channelOf(key(i), key(100), channel(100 + i)),
        ]);
        assert.deepEqual(Buffer.from(ids[0]), Buffer.from(ids[1]), `pair ${i}`);
      }
      const setups = await Promise.all([one.claimSetting('s', bytes('1')), other.claimSetting('s', bytes('2'))]);
      assert.equal(String(setups[0]), String(setups[1]));
    }));

  test('batches into the same queues in opposite orders do not wait for each other for ever', () =>
    two(async (one, other) => {
      const queues = Array.from({ length: 30 }, (_, i) => queueOf(i));
      const rounds = Array.from({ length: 30 }, () => [
        one.enqueueAll(queues, bytes('x'), NO_LIMIT),
        other.enqueueAll(queues.toReversed(), bytes('y'), NO_LIMIT),
      ]);
      await Promise.all(rounds.flat());
      for (const queue of queues) assert.equal((await one.take(queue, ALL)).length, 60);
    }));

  test('a server is told what came into a queue through another one, and not what it did itself', () =>
    two(async (one, other) => {
      const told: (QueueId | undefined)[] = [];
      const own: unknown[] = [];
      other.onArrival = (queue) => told.push(queue);
      one.onArrival = (queue) => own.push(queue);
      await one.enqueue(queueOf(1, 7), bytes('1'), NO_LIMIT);
      await one.enqueueAll([queueOf(2), queueOf(3), queueOf(2)], bytes('2'), NO_LIMIT);
      const taken = await one.take(queueOf(2), ALL);
      await until(() => told.length === 4, 'four arrivals: one each message');
      await one.restore(queueOf(2), taken);
      await until(() => told.length === 6, 'what is put back arrives too');
      assert.deepEqual(told.map((queue) => queue && Buffer.from(queue.recipientKey)[0]).slice(0, 4), [1, 2, 2, 3]);
      assert.deepEqual(Buffer.from(told[0]?.channelId ?? []), Buffer.from(channel(7)));
      assert.deepEqual(own, []);
    }));

  test('connections that the database ends are made again, unnoticed but for a look at every queue', () =>
    two(async (one, other) => {
      const told: (QueueId | undefined)[] = [];
      other.onArrival = (queue) => told.push(queue);
      const first = await one.enqueue(queueOf(1), bytes('1'), NO_LIMIT);
      await until(() => told.length === 1, 'told');
      const server = await postgresServer();
      await server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reference-server'",
      );
      const second = await one.enqueue(queueOf(1), bytes('2'), NO_LIMIT);
      assert.ok(second > first);
      assert.equal(await one.getHybridKey(key(1)), undefined);
      await until(() => told.includes(undefined), 'a look after the new connection');
      const before = told.length;
      await one.enqueue(queueOf(1), bytes('3'), NO_LIMIT);
      await until(() => told.length > before, 'told again');
      assert.deepEqual(texts(await other.take(queueOf(1), ALL)), ['1', '2', '3']);
    }));

  for (const way of ['stop', 'kill'] as const)
    test(`a database that goes away (${way}): StoreError, nothing answered is lost, and it works when it is back`, async () => {
      const server = await postgresServer();
      const errors: string[] = [];
      const store = await open(await server.database(), { ...silentLog, error: (message) => errors.push(message) });
      const answered = new Map<bigint, string>();
      let failed = 0;
      let isOver = false;
      const lane = async (name: string): Promise<void> => {
        for (let i = 0; !isOver; i += 1) {
          const text = `${name} ${i}`;
          try {
            answered.set(await store.enqueue(queueOf(1), bytes(text), NO_LIMIT), text);
          } catch (error) {
            assert.ok(error instanceof StoreError, String(error));
            failed += 1;
            await sleep(10);
          }
        }
      };
      const lanes = ['a', 'b', 'c', 'd'].map(lane);
      await until(() => answered.size > 20, 'some are answered');
      await server[way]();
      await until(() => failed > 8, 'some fail');
      await assert.rejects(store.channel(channel(1)), StoreError);
      await assert.rejects(store.takeKeyPackage(key(1)), StoreError);
      const before = answered.size;
      await server.resume();
      await until(() => answered.size > before + 20, 'some are answered again');
      isOver = true;
      await Promise.all(lanes);
      const taken = new Map((await store.take(queueOf(1), ALL)).map(({ seq, payload }) => [seq, String(payload)]));
      for (const [seq, text] of answered) assert.equal(taken.get(seq), text);
      assert.match(errors.join(), /changes were not made/);
      await store.close();
    });

  test('a store is closed also while the database is away', async () => {
    const server = await postgresServer();
    const store = await open(await server.database());
    await store.enqueue(queueOf(1), bytes('1'), NO_LIMIT);
    await server.stop();
    const pending = assert.rejects(store.enqueue(queueOf(1), bytes('2'), NO_LIMIT), StoreError);
    const started = Date.now();
    await store.close();
    await pending;
    assert.ok(Date.now() - started < 5_000);
    await server.resume();
  });
});
