import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { RpcException } from '@quicnprotochat/rpc';
import { AccountTable, keptServerSetup, memoryStore, StoredAccounts } from '../src/index.ts';
import { beginLogin, login, loginRequest, register, registration } from './opaque-client.ts';
import { code, nodeService as node, queueOf, startService } from './support.ts';

const PASSWORD = 'correct horse battery staple';

/** A service that offers OPAQUE, on a store of its own and with a clock that is set by hand. */
async function opaqueService(options: Parameters<typeof startService>[0] = {}) {
  const store = options.store ?? (await memoryStore());
  const clock = { now: Date.now() };
  const started = await startService({
    opaqueSetup: await keptServerSetup(store),
    now: () => clock.now,
    ...options,
    store,
  });
  return { ...started, clock };
}

const authOf = (accessToken: Uint8Array) => ({ version: 1, accessToken, deviceId: new Uint8Array() });

async function withTokens(options: Parameters<typeof startService>[0] = {}) {
  const store = await memoryStore();
  return opaqueService({ accounts: new StoredAccounts(new AccountTable(), store), ...options, store });
}

test('who registers can log in, and the token speaks for the identity key of the registration', async () => {
  const { session, store, clock } = await withTokens();
  const rpc = session();
  const identityKey = randomBytes(32);
  assert.equal(await register(rpc, 'ann', PASSWORD, identityKey), true);
  const token = await login(session(), 'ann', PASSWORD, identityKey);
  assert.equal(token.length, 32);
  assert.notDeepEqual(await login(rpc, 'ann', PASSWORD, identityKey), token);

  const me = { identityKey, token, auth: authOf(token) };
  const other = { ...me, identityKey: randomBytes(32) };
  assert.deepEqual(await rpc.call(node.fetch, { ...queueOf(me), limit: 0 }), { payloads: [] });
  await assert.rejects(rpc.call(node.fetch, { ...queueOf(other), limit: 0 }), code('E016'));

  clock.now += 24 * 3_600_000 - 1;
  await rpc.call(node.fetch, { ...queueOf(me), limit: 0 });
  clock.now += 1;
  await assert.rejects(rpc.call(node.fetch, { ...queueOf(me), limit: 0 }), code('E017'));

  const kept = JSON.stringify([await store.tokens(), await store.users()], (_, value) =>
    value?.type === 'Buffer' || value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
  assert.ok(!kept.includes(Buffer.from(token).toString('hex')), 'the token itself is not kept');
  assert.ok((await store.tokens()).some(({ digest }) => createHash('sha256').update(token).digest().equals(digest)));
});

test('a setup is made once for a store', async () => {
  const store = await memoryStore();
  const setup = await keptServerSetup(store);
  assert.equal(setup.length, 128);
  assert.deepEqual(await keptServerSetup(store), setup);
  assert.notDeepEqual(await keptServerSetup(await memoryStore()), setup);
});

test('registration: names and identity keys are given once', async () => {
  const { session, store, alice, accounts } = await opaqueService({ limits: { usernameBytes: 8, users: 2 } });
  const rpc = session();
  const identityKey = randomBytes(32);
  assert.ok(accounts.isReserved(alice.identityKey));
  await assert.rejects(register(rpc, 'eve', PASSWORD, alice.identityKey), code('E016'));
  await register(rpc, 'ann', PASSWORD, identityKey);
  await assert.rejects(register(rpc, 'ann', 'another', randomBytes(32)), code('E018'));
  await assert.rejects(register(rpc, 'bea', PASSWORD, identityKey), code('E016'));
  await assert.rejects(register(rpc, '', PASSWORD, randomBytes(32)), code('E011'));
  await assert.rejects(register(rpc, `${'ä'.repeat(4)}a`, PASSWORD, randomBytes(32)), code('E020'));
  await assert.rejects(register(rpc, 'bea', PASSWORD, randomBytes(31)), code('E004'));
  await register(rpc, 'ä'.repeat(4), PASSWORD, randomBytes(32));
  await assert.rejects(register(rpc, 'cyd', PASSWORD, randomBytes(32)), code('E015'));
  assert.equal((await store.users()).length, 2);
  await login(rpc, 'ann', PASSWORD, identityKey);
});

test('two registrations of one name at once: one is made', async () => {
  const { session, store } = await opaqueService();
  const keys = [randomBytes(32), randomBytes(32)];
  const records = await Promise.all(keys.map(() => registration(session(), 'ann', PASSWORD)));
  const outcomes = await Promise.allSettled(
    keys.map((identityKey, i) =>
      session().call(node.opaqueRegisterFinish, { username: 'ann', upload: records[i] as Uint8Array, identityKey }),
    ),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  assert.equal((await store.users()).length, 1);
});

test('what is no OPAQUE message is E010, whatever is wrong with it', async () => {
  const { session } = await opaqueService();
  const rpc = session();
  const identityKey = randomBytes(32);
  const username = 'ann';
  for (const request of [new Uint8Array(), randomBytes(31), randomBytes(33), Buffer.alloc(32, 255), new Uint8Array(32)])
    await assert.rejects(rpc.call(node.opaqueRegisterStart, { username, request }), code('E010'));
  const record = await registration(rpc, username, PASSWORD);
  for (const upload of [record.subarray(1), Buffer.concat([record, record]), Buffer.alloc(192, 255)])
    await assert.rejects(rpc.call(node.opaqueRegisterFinish, { username, upload, identityKey }), code('E010'));
  for (const request of [new Uint8Array(), Buffer.alloc(96, 255), new Uint8Array(97)])
    await assert.rejects(rpc.call(node.opaqueLoginStart, { username, request }), code('E010'));
  await rpc.call(node.opaqueRegisterFinish, { username, upload: record, identityKey });
  for (const finalization of [new Uint8Array(), randomBytes(64), randomBytes(65)]) {
    await beginLogin(rpc, username, PASSWORD);
    await assert.rejects(rpc.call(node.opaqueLoginFinish, { username, finalization, identityKey }), code('E010'));
  }
});

test('an unknown user and a wrong password: the same answers, in about the same time', async () => {
  const { session } = await opaqueService();
  const rpc = session();
  const identityKey = randomBytes(32);
  await register(rpc, 'known', PASSWORD, identityKey);
  const finalization = randomBytes(64);
  const request = await loginRequest();
  const reasons: unknown[] = [];
  const attempt = async (username: string): Promise<number> => {
    const started = performance.now();
    const { response } = await rpc.call(node.opaqueLoginStart, { username, request });
    const took = performance.now() - started;
    assert.equal(response.length, 320);
    const error = await rpc.call(node.opaqueLoginFinish, { username, finalization, identityKey }).catch((e) => e);
    assert.ok(error instanceof RpcException);
    reasons.push(`${error.type} ${error.reason}`);
    return took;
  };
  const times: { known: number[]; nobody: number[] } = { known: [], nobody: [] };
  // In turns, so that a busy moment of the machine strikes both.
  for (let i = 0; i < 60; i += 1) {
    times.known.push(await attempt('known'));
    times.nobody.push(await attempt('nobody'));
  }
  assert.equal(new Set(reasons).size, 1, 'the answers tell them apart');
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
  const [known, nobody] = [median(times.known), median(times.nobody)];
  assert.ok(Math.max(known, nobody) < 1.5 * Math.min(known, nobody) + 0.2, `${known} ms and ${nobody} ms`);
  assert.equal(await beginLogin(rpc, 'known', 'wrong'), undefined);
  assert.equal(await beginLogin(rpc, 'nobody', PASSWORD), undefined);
});

test('a login is finished once, on its own session, in time, and with its identity key', async () => {
  const { session, clock, store } = await opaqueService();
  const rpc = session();
  const identityKey = randomBytes(32);
  await register(rpc, 'ann', PASSWORD, identityKey);
  const finish = (finalization: Uint8Array | undefined, on = rpc, key: Uint8Array = identityKey) =>
    on.call(node.opaqueLoginFinish, { username: 'ann', finalization: finalization as Uint8Array, identityKey: key });
  await assert.rejects(finish(randomBytes(64)), code('E019'));
  const first = await beginLogin(rpc, 'ann', PASSWORD);
  await assert.rejects(finish(first, session()), code('E019'));
  await finish(first);
  await assert.rejects(finish(first), code('E019'));
  const second = await beginLogin(rpc, 'ann', PASSWORD);
  await assert.rejects(finish(second, rpc, randomBytes(32)), code('E016'));
  await assert.rejects(finish(second), code('E019'));
  const late = await beginLogin(rpc, 'ann', PASSWORD);
  clock.now += 60_001;
  await assert.rejects(finish(late), code('E019'));
  const revoked = await beginLogin(rpc, 'ann', PASSWORD);
  await store.revoke('ann');
  await assert.rejects(finish(revoked), code('E010'), 'the user was revoked meanwhile');
  assert.deepEqual(await store.tokens(), []);
});

test('logins begun on a session are bounded; the oldest goes', async () => {
  const { session } = await opaqueService();
  const rpc = session();
  const request = await loginRequest();
  for (let i = 0; i < 17; i += 1) await rpc.call(node.opaqueLoginStart, { username: `user ${i}`, request });
  const finish = (username: string) =>
    rpc.call(node.opaqueLoginFinish, { username, finalization: randomBytes(64), identityKey: randomBytes(32) });
  await assert.rejects(finish('user 0'), code('E019'));
  await assert.rejects(finish('user 1'), code('E010'));
});

test('with registration closed the users that there are log in, and nobody registers', async () => {
  const store = await memoryStore();
  const opaqueSetup = await keptServerSetup(store);
  const identityKey = randomBytes(32);
  await register((await startService({ store, opaqueSetup })).session(), 'ann', PASSWORD, identityKey);
  const rpc = (await startService({ store, opaqueSetup, takesRegistrations: false })).session();
  await login(rpc, 'ann', PASSWORD, identityKey);
  await assert.rejects(
    register(rpc, 'bea', PASSWORD, randomBytes(32)),
    (error) => error instanceof RpcException && error.type === 'unimplemented',
  );
});

test('an address has so many OPAQUE calls, whatever they are; others are not held up', async () => {
  const { session, clock } = await opaqueService({ limits: { opaquePerSecond: 1 } });
  const request = await loginRequest();
  const start = (address: string) => session(address).call(node.opaqueLoginStart, { username: 'ann', request });
  for (let i = 0; i < 10; i += 1) await start('192.0.2.1');
  await assert.rejects(start('192.0.2.1'), code('E014'));
  await assert.rejects(start('::ffff:192.0.2.1'), code('E014'), 'the same one, seen on an IPv6 socket');
  await assert.rejects(
    session('192.0.2.1').call(node.opaqueRegisterStart, { username: '', request }),
    code('E014'),
    'before anything else is looked at',
  );
  await start('192.0.2.2');
  for (let i = 0; i < 10; i += 1) await start(`2001:db8::${i}`);
  await assert.rejects(start('2001:db8:0:0:1:2:3:4'), code('E014'), 'a network is one');
  await start('2001:db8:0:1::1');
  clock.now += 1_000;
  await start('192.0.2.1');
  await assert.rejects(start('192.0.2.1'), code('E014'));
});
