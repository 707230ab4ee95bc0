import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { authenticationService, deliveryService } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';
import { memoryStore, type Store, StoreError } from '../src/index.ts';
import { actor, code, NO_AUTH, nodeService as node, queueOf, startService } from './support.ts';

const payload = (text: string): Uint8Array => Buffer.from(text);
const texts = ({ payloads }: { payloads: { payload: Uint8Array }[] }): string[] =>
  payloads.map((delivery) => Buffer.from(delivery.payload).toString());

test('authentication comes first, with a code for each way of failing', async () => {
  const { alice, session, accounts } = await startService();
  const rpc = session();
  const fetch = (auth: typeof NO_AUTH) => rpc.call(node.fetch, { ...queueOf(alice, auth), version: 9, limit: 0 });
  await assert.rejects(fetch(NO_AUTH), code('E001'));
  await assert.rejects(fetch({ ...alice.auth, version: 2 }), code('E001'));
  await assert.rejects(fetch({ ...alice.auth, accessToken: new Uint8Array() }), code('E002'));
  for (const accessToken of [alice.token.subarray(1), Buffer.concat([alice.token, Buffer.alloc(1)]), randomBytes(32)]) {
    await assert.rejects(fetch({ ...alice.auth, accessToken }), code('E003'));
  }
  await assert.rejects(fetch({ ...alice.auth, deviceId: new Uint8Array(65) }), code('E020'));
  await assert.rejects(fetch({ ...alice.auth, deviceId: new Uint8Array(64) }), code('E012'));
  const old = actor();
  accounts.add(old.token, { name: 'old', identityKey: old.identityKey, deviceId: undefined, expiresAtMs: 0 });
  await assert.rejects(fetch(old.auth), code('E017'));
  const bound = actor();
  const deviceId = payload('phone');
  accounts.add(bound.token, { name: 'bound', identityKey: bound.identityKey, deviceId, expiresAtMs: undefined });
  await assert.rejects(fetch(bound.auth), code('E003'));
  await rpc.call(node.fetch, { ...queueOf(bound, { ...bound.auth, deviceId }), limit: 0 });
});

test('checks come in their order: lengths and versions, identity, channel, sizes', async () => {
  const { alice, bob, session } = await startService();
  const rpc = session();
  const enqueue = (change: object) =>
    rpc.call(node.enqueue, { ...queueOf(alice, bob.auth), payload: new Uint8Array(), ...change });
  const channelId = randomBytes(16);
  await assert.rejects(
    enqueue({ recipientKey: new Uint8Array(31), channelId: new Uint8Array(5), version: 0 }),
    code('E004'),
  );
  await assert.rejects(enqueue({ channelId: new Uint8Array(17), version: 0 }), code('E020'));
  await assert.rejects(enqueue({ channelId, version: 0 }), code('E012'));
  await assert.rejects(enqueue({ channelId }), code('E023'));
  await assert.rejects(enqueue({}), code('E005'));
  const fetch = (change: object) => rpc.call(node.fetch, { ...queueOf(alice, bob.auth), limit: 0, ...change });
  await assert.rejects(fetch({ channelId, version: 2 }), code('E012'));
  await assert.rejects(fetch({ channelId }), code('E016'));
});

test('sizes: the limit is taken, one more is not', async () => {
  const { alice, session } = await startService({
    limits: { payloadBytes: 100, packageBytes: 50, queueMessages: 3, queueBytes: 250, keyPackages: 2 },
  });
  const rpc = session();
  const enqueue = (size: number) => rpc.call(node.enqueue, { ...queueOf(alice), payload: new Uint8Array(size) });
  await enqueue(100);
  await assert.rejects(enqueue(101), code('E006'));
  await enqueue(100);
  await assert.rejects(enqueue(51), code('E015'));
  await enqueue(50);
  await assert.rejects(enqueue(1), code('E015'));
  const upload = (size: number) =>
    rpc.call(node.uploadKeyPackage, {
      identityKey: alice.identityKey,
      package: new Uint8Array(size),
      auth: alice.auth,
    });
  await assert.rejects(upload(0), code('E007'));
  await assert.rejects(upload(51), code('E008'));
  await upload(50);
  await upload(1);
  await assert.rejects(upload(1), code('E015'));
});

test('KeyPackages are handed out once, oldest first; uploads are for oneself', async () => {
  const { alice, bob, session } = await startService();
  const rpc = session();
  const { identityKey } = alice;
  for (const text of ['one', 'two']) {
    const { fingerprint } = await rpc.call(node.uploadKeyPackage, {
      identityKey,
      package: payload(text),
      auth: alice.auth,
    });
    assert.deepEqual(Buffer.from(fingerprint), createHash('sha256').update(text).digest());
  }
  await assert.rejects(
    rpc.call(node.uploadKeyPackage, { identityKey, package: payload('x'), auth: bob.auth }),
    code('E016'),
  );
  const fetch = async () =>
    Buffer.from((await rpc.call(node.fetchKeyPackage, { identityKey, auth: bob.auth })).package).toString();
  assert.deepEqual([await fetch(), await fetch(), await fetch()], ['one', 'two', '']);
  await assert.rejects(
    rpc.call(node.fetchKeyPackage, { identityKey: new Uint8Array(33), auth: bob.auth }),
    code('E004'),
  );
});

test('hybrid keys: the last one counts, an absent one is empty', async () => {
  const { alice, bob, session } = await startService();
  const rpc = session();
  const { identityKey } = alice;
  const fetch = async () => (await rpc.call(node.fetchHybridKey, { identityKey, auth: bob.auth })).hybridPublicKey;
  assert.equal((await fetch()).length, 0);
  const upload = (hybridPublicKey: Uint8Array, auth = alice.auth) =>
    rpc.call(node.uploadHybridKey, { identityKey, hybridPublicKey, auth });
  await upload(new Uint8Array(1216).fill(1));
  await upload(new Uint8Array(1216).fill(2));
  assert.deepEqual(await fetch(), new Uint8Array(1216).fill(2));
  await assert.rejects(upload(new Uint8Array()), code('E013'));
  await assert.rejects(upload(new Uint8Array(1215)), code('E020'));
  await assert.rejects(upload(new Uint8Array(1216), bob.auth), code('E016'));
});

test('channels: one a pair, members only', async () => {
  const { alice, bob, mallory, session } = await startService();
  const rpc = session();
  const create = (auth: typeof NO_AUTH, peerKey: Uint8Array) => rpc.call(node.createChannel, { peerKey, auth });
  const { channelId } = await create(alice.auth, bob.identityKey);
  assert.equal(channelId.length, 16);
  assert.deepEqual((await create(bob.auth, alice.identityKey)).channelId, channelId);
  assert.notDeepEqual((await create(alice.auth, mallory.identityKey)).channelId, channelId);
  await assert.rejects(create(alice.auth, alice.identityKey), code('E020'));
  await assert.rejects(create(alice.auth, new Uint8Array(31)), code('E004'));

  const enqueue = (to: typeof bob, auth: typeof NO_AUTH) =>
    rpc.call(node.enqueue, { ...queueOf(to, auth), channelId, payload: payload('hi') });
  await enqueue(bob, alice.auth);
  await assert.rejects(enqueue(bob, mallory.auth), code('E022'));
  await assert.rejects(enqueue(mallory, alice.auth), code('E022'));
  await assert.rejects(rpc.call(node.fetch, { ...queueOf(mallory), channelId, limit: 0 }), code('E022'));
  assert.deepEqual(
    texts(await rpc.call(node.fetch, { ...queueOf(bob), limit: 0 })),
    [],
    'the default queue is another one',
  );
  assert.deepEqual(texts(await rpc.call(node.fetch, { ...queueOf(bob), channelId, limit: 0 })), ['hi']);
});

test('an open server lets anonymous callers in, but not into channels', async () => {
  const { alice, session } = await startService({ isOpen: true });
  const rpc = session();
  await rpc.call(node.enqueue, { ...queueOf(alice, NO_AUTH), payload: payload('x') });
  assert.deepEqual(texts(await rpc.call(node.fetch, { ...queueOf(alice, NO_AUTH), limit: 0 })), ['x']);
  await assert.rejects(rpc.call(node.createChannel, { peerKey: alice.identityKey, auth: NO_AUTH }), code('E001'));
  const { channelId } = await rpc.call(node.createChannel, { peerKey: randomBytes(32), auth: alice.auth });
  await assert.rejects(rpc.call(node.fetch, { ...queueOf(alice, NO_AUTH), channelId, limit: 0 }), code('E022'));
});

test('fetch takes in order, up to the limit and the size of an answer', async () => {
  const { alice, session } = await startService({ limits: { answerBytes: 4 } });
  const rpc = session();
  const seqs = await Promise.all(
    ['a', 'b', 'c', 'ddddd', 'ee', 'f'].map((text) =>
      rpc.call(node.enqueue, { ...queueOf(alice), payload: payload(text) }),
    ),
  );
  assert.ok(seqs.every(({ seq }, i) => i === 0 || seq > (seqs[i - 1]?.seq ?? 0n)));
  const fetch = async (limit: number) => texts(await rpc.call(node.fetch, { ...queueOf(alice), limit }));
  assert.deepEqual(
    [await fetch(2), await fetch(0), await fetch(0), await fetch(9), await fetch(0)],
    [['a', 'b'], ['c'], ['ddddd'], ['ee', 'f'], []],
  );
});

test('calls of one session take effect in their order', async () => {
  const { alice, session } = await startService();
  const rpc = session();
  const enqueue = (text: string) => rpc.call(node.enqueue, { ...queueOf(alice), payload: payload(text) });
  const fetch = () => rpc.call(node.fetch, { ...queueOf(alice), limit: 0 });
  const results = await Promise.all([enqueue('1'), fetch(), enqueue('2'), enqueue('3'), fetch(), fetch()]);
  assert.deepEqual(
    [results[1], results[4], results[5]].map((result) => texts(result as Awaited<ReturnType<typeof fetch>>)),
    [['1'], ['2', '3'], []],
  );
});

const wait = (
  rpc: ReturnType<Awaited<ReturnType<typeof startService>>['session']>,
  person: Parameters<typeof queueOf>[0],
  timeoutMs: number | bigint,
  signal?: AbortSignal,
  limit = 0,
) => rpc.call(node.fetchWait, { ...queueOf(person), timeoutMs: BigInt(timeoutMs), limit }, { signal });

test('fetchWait answers at once, wakes, or gives up after its time', async () => {
  const { alice, bob, session } = await startService({ limits: { fetchWaitMs: 200 } });
  const rpc = session();
  const enqueue = (to: typeof alice, text: string) =>
    rpc.call(node.enqueue, { ...queueOf(to, alice.auth), payload: payload(text) });
  await enqueue(alice, 'there');
  assert.deepEqual(texts(await wait(rpc, alice, 1000)), ['there']);
  const waiting = wait(rpc, alice, 1000);
  await enqueue(bob, 'not for alice');
  await enqueue(alice, 'now');
  assert.deepEqual(texts(await waiting), ['now']);
  const started = performance.now();
  assert.deepEqual(texts(await wait(rpc, alice, 50)), []);
  assert.ok(performance.now() - started >= 45);
  assert.deepEqual(texts(await wait(rpc, alice, 0)), []);
  assert.deepEqual(texts(await wait(rpc, alice, (1n << 64n) - 1n)), [], 'the cap of the server');
});

test('several waiters: each message goes to one of them', async () => {
  const { alice, session } = await startService();
  const rpc = session();
  const waiters = Array.from({ length: 5 }, () => wait(session(), alice, 300, undefined, 1));
  await sleep(20);
  for (const text of ['a', 'b', 'c']) await rpc.call(node.enqueue, { ...queueOf(alice), payload: payload(text) });
  const got = (await Promise.all(waiters)).flatMap(texts);
  assert.deepEqual(got.toSorted(), ['a', 'b', 'c']);
});

test('nothing is drained for a waiter that left, even one that left while its message was being taken', async () => {
  const memory = await memoryStore();
  let onTake: (() => void) | undefined;
  const slow: Store = new Proxy(memory, {
    get: (target, name) => {
      const value = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (name !== 'take') return value.bind(target);
      return async (...args: unknown[]) => {
        const taken = value.apply(target, args);
        if (((await taken) as unknown[]).length > 0) {
          onTake?.();
          await sleep(20);
        }
        return taken;
      };
    },
  });
  const { alice, session } = await startService({ store: slow });
  const rpc = session();
  const first = new AbortController();
  const gone = wait(rpc, alice, 1000, first.signal);
  await sleep(10);
  first.abort(new Error('left'));
  await assert.rejects(gone, /left/);
  await rpc.call(node.enqueue, { ...queueOf(alice), payload: payload('kept') });
  const second = new AbortController();
  onTake = () => second.abort(new Error('left late'));
  await assert.rejects(wait(rpc, alice, 1000, second.signal), /left late/);
  onTake = undefined;
  await sleep(40);
  assert.deepEqual(texts(await wait(rpc, alice, 1000)), ['kept']);
});

test('the end of waiting answers everybody with an empty list', async () => {
  const { alice, session, service } = await startService();
  const waiting = [wait(session(), alice, 5000), wait(session(), alice, 5000)];
  await sleep(20);
  service.endWaits();
  assert.deepEqual((await Promise.all(waiting)).flatMap(texts), []);
});

test('a store that fails is E009, and tells nothing more', async () => {
  const memory = await memoryStore();
  const broken: Store = Object.assign(Object.create(memory), {
    enqueue: () => Promise.reject(new StoreError('/secret/path is full')),
    take: () => Promise.reject(new TypeError('a bug')),
  });
  const { alice, session } = await startService({ store: broken });
  const rpc = session();
  await assert.rejects(
    rpc.call(node.enqueue, { ...queueOf(alice), payload: payload('x') }),
    (error) => code('E009')(error) && !String(error).includes('secret'),
  );
  await assert.rejects(
    rpc.call(node.fetch, { ...queueOf(alice), limit: 0 }),
    (error) => error instanceof RpcException && error.reason === 'internal error',
  );
});

test('without a server setup the OPAQUE methods are unimplemented, and the session goes on', async () => {
  const { alice, session } = await startService();
  const rpc = session();
  const unimplemented = (error: unknown) => error instanceof RpcException && error.type === 'unimplemented';
  await assert.rejects(
    rpc.call(node.opaqueLoginStart, { username: 'alice', request: new Uint8Array(96) }),
    unimplemented,
  );
  await assert.rejects(
    rpc.call(authenticationService.fetchKeyPackage, { identityKey: alice.identityKey }),
    unimplemented,
  );
  assert.deepEqual(await rpc.call(node.health, {}), { status: 'ok' });
});

test('with legacy the first interfaces are answered, on default queues only', async () => {
  const { alice, session } = await startService({ isLegacy: true });
  const rpc = session();
  const { identityKey } = alice;
  await rpc.call(authenticationService.uploadKeyPackage, { identityKey, package: payload('kp') });
  assert.equal(
    Buffer.from((await rpc.call(authenticationService.fetchKeyPackage, { identityKey })).package).toString(),
    'kp',
  );
  const queue = { recipientKey: identityKey, channelId: new Uint8Array(), version: 1 };
  await rpc.call(deliveryService.enqueue, { ...queue, payload: payload('m') });
  assert.deepEqual(
    (await rpc.call(deliveryService.fetch, queue)).payloads.map(String),
    [String(payload('m'))].map(() => '109'),
  );
  const { channelId } = await rpc.call(node.createChannel, { peerKey: randomBytes(32), auth: alice.auth });
  await assert.rejects(rpc.call(deliveryService.fetch, { ...queue, channelId }), code('E020'));
});
