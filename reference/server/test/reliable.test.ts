import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryStore, type Store } from '../src/index.ts';
import { type Actor, actor, code, NO_AUTH, nodeService as node, queueOf, startService } from './support.ts';

type Answer = { payloads: { seq: bigint; payload: Uint8Array }[] };
const payload = (text: string): Uint8Array => Buffer.from(text);
const texts = ({ payloads }: Answer): string[] => payloads.map((delivery) => Buffer.from(delivery.payload).toString());
const lastSeq = ({ payloads }: Answer): bigint => payloads.at(-1)?.seq ?? 0n;

/** Delivery calls of one person, on the default queue or a channel's. */
function callsOf(rpc: ReturnType<Awaited<ReturnType<typeof startService>>['session']>, channelId = new Uint8Array()) {
  const queue = (person: Actor, caller = person) => ({ ...queueOf(person, caller.auth), channelId });
  return {
    send: (from: Actor, to: Actor, text: string) =>
      rpc.call(node.enqueue, { ...queue(to, from), payload: payload(text) }),
    peek: (person: Actor, limit = 0, caller = person) => rpc.call(node.peek, { ...queue(person, caller), limit }),
    ack: (person: Actor, seqUpTo: bigint, caller = person) => rpc.call(node.ack, { ...queue(person, caller), seqUpTo }),
    fetch: (person: Actor, caller = person) => rpc.call(node.fetch, { ...queue(person, caller), limit: 0 }),
    batch: (from: Actor, recipientKeys: Uint8Array[], text: string) =>
      rpc.call(node.batchEnqueue, {
        recipientKeys,
        payload: payload(text),
        channelId,
        version: 1,
        auth: from.auth,
      }),
  };
}

test('peek leaves what it shows; ack removes what is up to its seq, as often as it is called', async () => {
  const { alice, bob, session } = await startService({ limits: { answerBytes: 3 } });
  const { send, peek, ack, fetch } = callsOf(session());
  for (const text of ['a', 'b', 'cc', 'd']) await send(bob, alice, text);
  const seen = await peek(alice);
  assert.deepEqual(texts(seen), ['a', 'b'], 'as much as an answer holds');
  assert.deepEqual(await peek(alice), seen);
  assert.deepEqual(texts(await peek(alice, 1)), ['a']);
  await ack(alice, lastSeq(seen));
  await ack(alice, lastSeq(seen));
  await ack(alice, 0n);
  const rest = await peek(alice);
  assert.deepEqual(texts(rest), ['cc', 'd']);
  assert.ok((rest.payloads[0]?.seq ?? 0n) > lastSeq(seen));
  await ack(alice, (1n << 64n) - 1n);
  assert.deepEqual(texts(await fetch(alice)), []);
  const { seq } = await send(bob, alice, 'e');
  assert.ok(seq > lastSeq(rest), 'numbers go on after everything was acknowledged');
  assert.deepEqual(texts(await peek(alice)), ['e'], 'an ack of before does not reach what comes later');
});

test('peek and ack of another queue, or of a channel that one is no member of, are refused and change nothing', async () => {
  const { alice, bob, mallory, session } = await startService();
  const rpc = session();
  const { send, peek, ack } = callsOf(rpc);
  const { seq } = await send(bob, alice, 'a');
  await assert.rejects(peek(alice, 0, mallory), code('E016'));
  await assert.rejects(ack(alice, seq, mallory), code('E016'));
  await assert.rejects(rpc.call(node.ack, { ...queueOf(alice, NO_AUTH), seqUpTo: seq }), code('E001'));
  await assert.rejects(rpc.call(node.ack, { ...queueOf(alice), version: 2, seqUpTo: seq }), code('E012'));
  assert.deepEqual(texts(await peek(alice)), ['a']);

  const { channelId } = await rpc.call(node.createChannel, { peerKey: bob.identityKey, auth: alice.auth });
  const channel = callsOf(rpc, Buffer.from(channelId));
  const { seq: inChannel } = await channel.send(alice, bob, 'c');
  await assert.rejects(channel.peek(mallory), code('E022'));
  await assert.rejects(channel.ack(mallory, inChannel), code('E022'));
  await assert.rejects(callsOf(rpc, randomBytes(16)).peek(bob), code('E023'));
  await assert.rejects(callsOf(rpc, randomBytes(16)).ack(bob, inChannel), code('E023'));
  await assert.rejects(callsOf(rpc, randomBytes(15)).peek(bob), code('E020'));
  await callsOf(rpc).ack(bob, inChannel);
  assert.deepEqual(texts(await channel.peek(bob)), ['c'], 'an ack of the default queue is of that queue alone');
});

test('calls of one session on one queue take effect in their order: peek and ack among them', async () => {
  const { alice, session } = await startService();
  const { send, peek, ack } = callsOf(session());
  const { seq } = await send(alice, alice, '1');
  const [before, , between, , after] = await Promise.all([
    peek(alice),
    send(alice, alice, '2'),
    peek(alice),
    ack(alice, seq + 1n),
    peek(alice),
  ]);
  assert.deepEqual([before, between, after].map(texts), [['1'], ['1', '2'], []]);
});

test('a batch goes to everybody, in order, also to somebody named twice', async () => {
  const { alice, bob, mallory, session } = await startService();
  const { send, batch, fetch } = callsOf(session());
  const first = await send(alice, bob, 'before');
  const keys = [bob, mallory, bob].map(({ identityKey }) => identityKey);
  const { seqs } = await batch(alice, keys, 'all');
  assert.equal(seqs.length, 3);
  const toBob = await fetch(bob);
  assert.deepEqual(texts(toBob), ['before', 'all', 'all']);
  assert.deepEqual(
    toBob.payloads.map(({ seq }) => seq),
    [first.seq, seqs[0], seqs[2]],
  );
  assert.deepEqual(
    (await fetch(mallory)).payloads.map(({ seq }) => seq),
    [seqs[1]],
  );
});

test('a batch that one queue has no room for goes to nobody', async () => {
  const { alice, bob, mallory, session } = await startService({ limits: { queueMessages: 2 } });
  const { send, batch, fetch } = callsOf(session());
  await send(alice, mallory, '1');
  const [toBob, toMallory] = [bob.identityKey, mallory.identityKey];
  await assert.rejects(batch(alice, [toBob, toMallory, toMallory], 'x'), code('E015'));
  assert.deepEqual(texts(await fetch(bob)), []);
  assert.deepEqual(texts(await fetch(mallory)), ['1']);
  const { seqs } = await batch(alice, [toBob, toBob], 'y');
  assert.ok((seqs[1] as bigint) > (seqs[0] as bigint));
  await assert.rejects(batch(alice, [toBob], 'z'), code('E015'));
  assert.deepEqual(texts(await fetch(bob)), ['y', 'y']);
});

test('a batch is checked like an enqueue, for every recipient', async () => {
  const limits = { batchRecipients: 3, payloadBytes: 10 };
  const { alice, bob, mallory, session } = await startService({ limits });
  const rpc = session();
  const { batch, fetch } = callsOf(rpc);
  const { identityKey } = bob;
  await assert.rejects(batch(alice, [], 'x'), code('E020'));
  await assert.rejects(batch(alice, Array(4).fill(identityKey), 'x'), code('E020'));
  await assert.rejects(batch(alice, [identityKey, randomBytes(31)], 'x'), code('E004'));
  await assert.rejects(batch(alice, [identityKey], ''), code('E005'));
  await assert.rejects(batch(alice, [identityKey], 'x'.repeat(11)), code('E006'));
  await assert.rejects(batch({ ...alice, auth: NO_AUTH }, [identityKey], 'x'), code('E001'));
  const { channelId } = await rpc.call(node.createChannel, { peerKey: identityKey, auth: alice.auth });
  const channel = callsOf(rpc, Buffer.from(channelId));
  await assert.rejects(channel.batch(alice, [identityKey, mallory.identityKey], 'x'), code('E022'));
  await assert.rejects(channel.batch(mallory, [identityKey], 'x'), code('E022'));
  await assert.rejects(callsOf(rpc, randomBytes(16)).batch(alice, [identityKey], 'x'), code('E023'));
  assert.deepEqual([texts(await fetch(bob)), texts(await channel.fetch(bob))], [[], []]);
  await channel.batch(alice, [identityKey, alice.identityKey], 'x');
  assert.deepEqual([texts(await channel.fetch(bob)), texts(await channel.fetch(alice))], [['x'], ['x']]);
});

test('a batch wakes everybody who waits for it, also on a store that shows nothing before it lasts', async () => {
  const memory = await memoryStore();
  const late: Store = new Proxy(memory, {
    get: (target, name) => {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      if (name !== 'enqueue' && name !== 'enqueueAll')
        return typeof method === 'function' ? method.bind(target) : method;
      return async (...args: unknown[]) => {
        await sleep(30);
        return method.apply(target, args);
      };
    },
  });
  for (const store of [await memoryStore(), late]) {
    const { alice, bob, mallory, session } = await startService({ store });
    const wait = (person: Actor) => session().call(node.fetchWait, { ...queueOf(person), timeoutMs: 5_000n, limit: 0 });
    const { batch, send } = callsOf(session());
    const started = performance.now();
    const waiting = [wait(bob), wait(mallory)];
    await sleep(20);
    await batch(alice, [bob.identityKey, mallory.identityKey], 'wake');
    assert.deepEqual((await Promise.all(waiting)).map(texts), [['wake'], ['wake']]);
    const again = wait(bob);
    await sleep(20);
    await send(alice, bob, 'up');
    assert.deepEqual(texts(await again), ['up']);
    assert.ok(performance.now() - started < 4_000);
  }
});

test('hybrid keys of many come in the order asked for, empty where there is none', async () => {
  const { alice, bob, session } = await startService({ limits: { batchKeys: 3 } });
  const rpc = session();
  const hybridPublicKey = randomBytes(1216);
  await rpc.call(node.uploadHybridKey, { identityKey: bob.identityKey, hybridPublicKey, auth: bob.auth });
  const ask = (identityKeys: Uint8Array[], auth = alice.auth) => rpc.call(node.fetchHybridKeys, { identityKeys, auth });
  const { keys } = await ask([alice.identityKey, bob.identityKey, bob.identityKey]);
  assert.deepEqual(
    keys.map((key) => Buffer.from(key)),
    [Buffer.alloc(0), hybridPublicKey, hybridPublicKey],
  );
  assert.deepEqual(await ask([]), { keys: [] });
  await assert.rejects(ask(Array(4).fill(bob.identityKey)), code('E020'));
  await assert.rejects(ask([bob.identityKey, randomBytes(33)]), code('E004'));
  await assert.rejects(ask([bob.identityKey], NO_AUTH), code('E001'));
});

test('endpoints: the last one published, by its owner alone', async () => {
  const { alice, bob, session } = await startService({ limits: { nodeAddrBytes: 8 } });
  const rpc = session();
  const { identityKey } = alice;
  const publish = (nodeAddr: Uint8Array, auth = alice.auth) =>
    rpc.call(node.publishEndpoint, { identityKey, nodeAddr, auth });
  const resolve = async (key = identityKey) =>
    Buffer.from((await rpc.call(node.resolveEndpoint, { identityKey: key, auth: bob.auth })).nodeAddr).toString();
  assert.equal(await resolve(), '');
  await publish(payload('first'));
  await publish(payload('12345678'));
  await assert.rejects(publish(payload('123456789')), code('E020'));
  await assert.rejects(publish(new Uint8Array()), code('E020'));
  await assert.rejects(publish(payload('forged'), bob.auth), code('E016'));
  await assert.rejects(publish(payload('forged'), NO_AUTH), code('E001'));
  assert.equal(await resolve(), '12345678');
  await assert.rejects(resolve(randomBytes(31)), code('E004'));
});

test('an identity has so many calls at once and a second; others are not held up', async () => {
  let now = 1_000_000;
  const { alice, bob, session } = await startService({
    limits: { callsPerSecond: 2, callsAtOnce: 3 },
    now: () => now,
  });
  const [one, two] = [session(), session()];
  const fetch = (person: Actor, rpc = one) => rpc.call(node.fetch, { ...queueOf(person), limit: 0 });
  for (let i = 0; i < 3; i += 1) await fetch(alice);
  await assert.rejects(fetch(alice), code('E014'));
  await assert.rejects(fetch(alice, two), code('E014'), 'another session is no way around it');
  await fetch(bob);
  await one.call(node.health, {});
  const stranger = actor();
  await assert.rejects(fetch(stranger), code('E003'), 'authentication comes first');
  now += 500;
  await fetch(alice);
  await assert.rejects(fetch(alice), code('E014'));
});

test('an identity has so many fetchWaits at once; a place is free when one ends', async () => {
  const { alice, bob, session } = await startService({ limits: { waiters: 2 } });
  const wait = (person: Actor, signal?: AbortSignal) =>
    session().call(node.fetchWait, { ...queueOf(person), timeoutMs: 5_000n, limit: 1 }, { signal });
  const leaving = new AbortController();
  const left = wait(alice, leaving.signal).catch(() => 'left');
  const served = wait(alice);
  await sleep(20);
  await assert.rejects(wait(alice), code('E014'));
  const other = wait(bob);
  leaving.abort(new Error('bye'));
  assert.equal(await left, 'left');
  await sleep(20);
  const third = wait(alice);
  const { send } = callsOf(session());
  for (const person of [alice, alice, bob]) await send(bob, person, 'x');
  assert.deepEqual((await Promise.all([served, third, other])).map(texts), [['x'], ['x'], ['x']]);
});
