import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { FullError, memoryStore, type Store } from '../src/index.ts';
import type { Token } from '../src/store/store.ts';
import { ALL, bytes, channel, everything, fill, key, kinds, NO_LIMIT, queueOf, sorted, texts } from './stores.ts';

for (const [kind, { isLasting, place, open, skip }] of Object.entries(kinds)) {
  describe(`the ${kind} store`, { skip }, () => {
    const withStore = (name: string, body: (store: Store, reopen: () => Promise<Store>) => Promise<void>): void => {
      test(name, async () => {
        const where = await place();
        let store = await open(where);
        const reopen = async (): Promise<Store> => {
          if (!isLasting) return store;
          await store.close();
          store = await open(where);
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
      const last = await reopen();
      assert.equal(await last.takeKeyPackage(key(1)), undefined);
      await assert.rejects(last.addKeyPackage(key(2), bytes('x'), 1), FullError);
    });

    withStore('keeps the last hybrid key of each identity', async (first, reopen) => {
      await first.putHybridKey(key(1), bytes('old'));
      await first.putHybridKey(key(1), bytes('new'));
      const store = await reopen();
      assert.equal(Buffer.from((await store.getHybridKey(key(1))) ?? []).toString(), 'new');
      assert.equal(await store.getHybridKey(key(2)), undefined);
    });

    withStore('adds a payload to every queue, as often as it is named, or to none', async (first, reopen) => {
      const limits = { messages: 3, bytes: 1e6 };
      await first.enqueue(queueOf(2), bytes('before'), limits);
      const queues = [queueOf(1), queueOf(2), queueOf(1, 7), queueOf(2)];
      const seqs = await first.enqueueAll(queues, bytes('all'), limits);
      assert.equal(seqs.length, 4);
      assert.ok((seqs[1] as bigint) < (seqs[3] as bigint));
      await assert.rejects(first.enqueueAll([queueOf(3), queueOf(2), queueOf(4)], bytes('none'), limits), FullError);
      assert.deepEqual(await first.enqueueAll([], bytes('nobody'), limits), []);
      const store = await reopen();
      assert.deepEqual(texts(await store.take(queueOf(2), ALL)), ['before', 'all', 'all']);
      assert.deepEqual(texts(await store.take(queueOf(1), ALL)), ['all']);
      assert.deepEqual(texts(await store.take(queueOf(1, 7), ALL)), ['all']);
      for (const empty of [3, 4]) assert.deepEqual(await store.take(queueOf(empty), ALL), []);
      // What was taken back did not shift the counts of the queue.
      for (let i = 0; i < 3; i += 1) await store.enqueue(queueOf(2), bytes('again'), limits);
      await assert.rejects(store.enqueue(queueOf(2), bytes('over'), limits), FullError);
    });

    withStore('refuses a payload that is over the limits of an empty queue', async (store) => {
      await assert.rejects(store.enqueue(queueOf(1), bytes('123'), { messages: 10, bytes: 2 }), FullError);
      await assert.rejects(store.enqueue(queueOf(1), bytes('1'), { messages: 0, bytes: 2 }), FullError);
      assert.deepEqual(await store.peek(queueOf(1), ALL), []);
    });

    withStore('shows messages without removing them, until they are acknowledged', async (first, reopen) => {
      const seqs: bigint[] = [];
      for (const text of ['a', 'b', 'c', 'd']) seqs.push(await first.enqueue(queueOf(1), bytes(text), NO_LIMIT));
      await first.enqueue(queueOf(1, 7), bytes('other'), NO_LIMIT);
      const seen = await first.peek(queueOf(1), { messages: 3, bytes: 2 });
      assert.deepEqual(texts(seen), ['a', 'b']);
      assert.deepEqual(await first.peek(queueOf(1), { messages: 3, bytes: 2 }), seen);
      await first.ack(queueOf(1), seqs[1] as bigint);
      await first.ack(queueOf(1), seqs[0] as bigint);
      const store = await reopen();
      assert.deepEqual(texts(await store.peek(queueOf(1), ALL)), ['c', 'd']);
      await store.ack(queueOf(1), 0n);
      await store.ack(queueOf(9), 5n);
      await store.ack(queueOf(1), (1n << 64n) - 1n);
      assert.deepEqual(await store.peek(queueOf(1), ALL), []);
      assert.deepEqual(texts(await store.peek(queueOf(1, 7), ALL)), ['other']);
      assert.ok((await store.enqueue(queueOf(1), bytes('e'), NO_LIMIT)) > (seqs[3] as bigint));
    });

    withStore('shows what was added before, also without waiting', async (store) => {
      const added = store.enqueue(queueOf(1), bytes('1'), NO_LIMIT);
      const seen = store.peek(queueOf(1), ALL);
      const acked = store.ack(queueOf(1), 1_000n);
      const after = store.peek(queueOf(1), ALL);
      assert.deepEqual(texts(await seen), ['1']);
      assert.deepEqual(await after, []);
      await Promise.all([added, acked]);
    });

    withStore(
      'keeps the last endpoint of each identity, and answers many hybrid keys in order',
      async (first, reopen) => {
        await first.putEndpoint(key(1), bytes('old'));
        await first.putEndpoint(key(1), bytes('new'));
        await first.putHybridKey(key(1), bytes('one'));
        await first.putHybridKey(key(3), bytes('three'));
        const store = await reopen();
        assert.equal(Buffer.from((await store.getEndpoint(key(1))) ?? []).toString(), 'new');
        assert.equal(await store.getEndpoint(key(3)), undefined);
        const many = await store.getHybridKeys([key(3), key(2), key(1), key(3)]);
        assert.deepEqual(
          many.map((value) => value && Buffer.from(value).toString()),
          ['three', undefined, 'one', 'three'],
        );
        assert.deepEqual(await store.getHybridKeys([]), []);
      },
    );

    const user = (name: string, n: number) => ({ username: name, identityKey: key(n), registration: randomBytes(192) });
    const token = (name: string, n: number, more: Partial<Token> = {}): Token => ({
      ...{ digest: randomBytes(32), name, identityKey: key(n), deviceId: undefined, expiresAtMs: undefined },
      ...more,
    });

    withStore('keeps users: a name and an identity key belong to one', async (first, reopen) => {
      const alice = user('alice', 1);
      const twice = await Promise.all([first.addUser(alice, 10), first.addUser(user('alice', 2), 10)]);
      assert.deepEqual(twice, ['added', 'username-taken']);
      assert.equal(await first.addUser(user('mallory', 1), 10), 'identity-taken');
      await first.addToken(token('operator', 5), 10);
      assert.equal(await first.addUser(user('mallory', 5), 10), 'identity-taken');
      assert.equal(await first.addUser(user('operator', 6), 10), 'username-taken');
      assert.equal(await first.addUser(user('operator', 5), 10), 'added');
      await assert.rejects(first.addUser(user('carol', 3), 2), FullError);
      const odd = 'J\u00f6rg \0 \u{1f600}';
      assert.equal(await first.addUser(user(odd, 4), 10), 'added');
      const store = await reopen();
      const kept = await store.user('alice');
      assert.deepEqual(Buffer.from(kept?.registration ?? []), alice.registration);
      assert.deepEqual(Buffer.from(kept?.identityKey ?? []), Buffer.from(key(1)));
      assert.equal((await store.user(odd))?.username, odd);
      assert.equal(await store.user('carol'), undefined);
      assert.deepEqual(
        (await store.users()).map(({ username }) => username),
        ['alice', 'operator', odd],
      );
    });

    withStore('keeps tokens, the newest of each name, and revokes by name', async (first, reopen) => {
      const tokens = [1, 2, 3].map(() => token('alice', 1));
      for (const each of tokens) await first.addToken(each, 2);
      const bound = token('bob', 2, { deviceId: bytes('phone'), expiresAtMs: 1_700_000_000_123 });
      await first.addToken(bound, 2);
      await first.addUser(user('alice', 1), 10);
      const store = await reopen();
      const [oldest, ...rest] = tokens as [Token, ...Token[]];
      assert.equal(await store.token(oldest.digest), undefined);
      for (const each of rest) assert.equal((await store.token(each.digest))?.name, 'alice');
      const kept = await store.token(bound.digest);
      assert.equal(kept?.expiresAtMs, 1_700_000_000_123);
      assert.deepEqual(Buffer.from(kept?.deviceId ?? []), bytes('phone'));
      assert.equal((await store.tokens()).length, 3);
      assert.equal(await store.revoke('alice'), true);
      assert.equal(await store.revoke('alice'), false);
      const last = await reopen();
      assert.equal(await last.user('alice'), undefined);
      assert.deepEqual(
        (await last.tokens()).map(({ name }) => name),
        ['bob'],
      );
      assert.equal(await last.addUser(user('another', 1), 10), 'added');
    });

    withStore('forgets the tokens that have expired, and no other', async (first, reopen) => {
      const times = [1_000, 2_000, undefined];
      for (const expiresAtMs of times) await first.addToken(token('alice', 1, { expiresAtMs }), 10);
      assert.equal(await first.forgetTokens(2_000), 1);
      assert.equal(await first.forgetTokens(2_000), 0);
      const store = await reopen();
      assert.deepEqual(
        (await store.tokens()).map(({ expiresAtMs }) => expiresAtMs),
        [2_000, undefined],
      );
    });

    withStore('sets a setting once', async (first, reopen) => {
      const [one, two] = await Promise.all([
        first.claimSetting('setup', bytes('first')),
        first.claimSetting('setup', bytes('second')),
      ]);
      assert.deepEqual([one, two].map(String), [bytes('first'), bytes('first')].map(String));
      const store = await reopen();
      assert.equal(String(await store.claimSetting('setup', bytes('third'))), String(bytes('first')));
      assert.equal(String(await store.claimSetting('other', bytes('third'))), String(bytes('third')));
    });

    withStore('counts what it holds', async (first, reopen) => {
      await fill(first);
      await first.take(queueOf(1), { messages: 1, bytes: 100 });
      const store = await reopen();
      assert.deepEqual(await store.stats(), {
        ...{ queues: 2, messages: 2, messageBytes: 3 },
        ...{ keyPackages: 3, keyPackageBytes: 3, hybridKeys: 1, endpoints: 1, channels: 1, users: 1, tokens: 1 },
      });
    });

    withStore('is loaded with what another store dumped, numbers and order included', async (first, reopen) => {
      const source = await memoryStore();
      await fill(source);
      await source.take(queueOf(1), { messages: 1, bytes: 100 });
      const items = await everything(source);
      await first.load(items);
      const store = await reopen();
      assert.deepEqual(sorted(await everything(store)), sorted(items));
      assert.deepEqual(await store.stats(), await source.stats());
      for (const queue of [queueOf(1), queueOf(2), queueOf(1, 1)]) {
        const [seq, expected] = [
          await store.enqueue(queue, bytes('x'), ALL),
          await source.enqueue(queue, bytes('x'), ALL),
        ];
        assert.equal(seq, expected);
        assert.deepEqual(texts(await store.take(queue, ALL)), texts(await source.take(queue, ALL)));
      }
      const packages = [1, 2, 3].map(async () => String(await store.takeKeyPackage(key(1))));
      assert.deepEqual(
        await Promise.all(packages),
        ['a', 'b', 'c'].map((text) => String(bytes(text))),
      );
    });

    withStore('makes one channel a pair, in either order', async (first, reopen) => {
      const ids = await Promise.all([
        first.channelOf(key(1), key(2), channel(1)),
        first.channelOf(key(2), key(1), channel(2)),
      ]);
      const both = [channel(1), channel(1)].map((id) => Buffer.from(id));
      assert.deepEqual(
        ids.map((id) => Buffer.from(id)),
        both,
      );
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
