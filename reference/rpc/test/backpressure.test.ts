import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVat } from '../src/index.ts';
import { bootstrap, call, echo, finish, numbered, probe, RawPeer, scripted, serve, wait } from './peers.ts';
import { pipe } from './support.ts';

const MIB = 1 << 20;

test('with too many calls in flight the next waits until one is answered, and the order stays', async () => {
  const [near, far] = pipe();
  const { started, release } = serve(far, { callsInFlight: 2 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2), numbered(3, echo, 3), numbered(4, wait, 4));
  peer.send(numbered(5, echo, 5));
  await sleep(10);
  assert.deepEqual(started, [1n, 2n]);
  release(2);
  assert.deepEqual(await peer.nextKinds(3), ['0 results', '2 results', '3 results']);
  await sleep(10);
  assert.deepEqual(started, [1n, 2n, 3n, 4n]);
  release(1);
  assert.deepEqual(await peer.nextKinds(2), ['1 results', '5 results']);
});

test('a Finish behind waiting calls still cancels a call under way, which makes room', async () => {
  const [near, far] = pipe();
  const { aborted } = serve(far, { callsInFlight: 2 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2), numbered(3, echo, 3), finish(1));
  assert.deepEqual(await peer.nextKinds(3), ['0 results', '1 canceled', '3 results']);
  assert.deepEqual(aborted, [1n]);
});

test('a Finish of a call that waits cancels it when its turn has come', async () => {
  const [near, far] = pipe();
  const { started, release, aborted } = serve(far, { callsInFlight: 1 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2), finish(2), numbered(3, echo, 3));
  await sleep(10);
  assert.deepEqual(started, [1n]);
  release(1);
  assert.deepEqual(await peer.nextKinds(4), ['0 results', '1 results', '2 canceled', '3 results']);
  assert.deepEqual(aborted, [2n]);
});

test('a call that waits may build on one that is finished behind it', async () => {
  const [near, far] = pipe();
  const { release } = serve(far, { callsInFlight: 1 });
  const peer = new RawPeer(near);
  const onFirst = call(2, echo, { kind: 'promisedAnswer', questionId: 1, transform: [] });
  peer.send(bootstrap, numbered(1, wait, 1), onFirst, finish(1), numbered(3, echo, 3));
  await sleep(10);
  release(1);
  assert.deepEqual(await peer.nextKinds(4), ['0 results', '1 results', '2 exception', '3 results']);
});

test('reading stops a little behind a call that waits, and goes on after', async () => {
  const [near, far] = pipe();
  const { release } = serve(far, { callsInFlight: 1, readAheadBytes: 2_000 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1));
  for (let id = 2; id <= 200; id += 1) peer.send(numbered(id, echo, id));
  await sleep(10);
  assert.ok(near.unread > 10_000, `${near.unread} bytes unread`);
  release(1);
  const kinds = await peer.nextKinds(201);
  assert.deepEqual(
    kinds.slice(2),
    Array.from({ length: 199 }, (_, i) => `${i + 2} results`),
  );
  assert.equal(near.unread, 0);
});

for (const leave of ['finish', 'reset'] as const) {
  test(`with too many calls in flight the peer's ${leave} is noticed`, async () => {
    const [near, far] = pipe();
    const { aborted, started, server } = serve(far, { callsInFlight: 1 });
    const peer = new RawPeer(near);
    peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2));
    await sleep(10);
    peer[leave]();
    assert.equal((await server.closed).kind, leave === 'finish' ? 'closed' : 'transport');
    assert.deepEqual([started, aborted], [[1n], [1n]]);
  });
}

test('a goodbye does not wait', async () => {
  const [near, far] = pipe();
  const { started, server } = serve(far, { callsInFlight: 1 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2));
  peer.send({ kind: 'abort', exception: { type: 'failed', reason: 'bye' } });
  assert.deepEqual(await server.closed, { kind: 'aborted-by-peer', reason: 'bye' });
  assert.deepEqual(started, [1n]);
});

test('answers that the peer does not read are not piled up', async () => {
  const [near, far] = pipe({ capacity: 64 * 1024 });
  const { started } = serve(far, { unsentBytes: 2 * MIB });
  const client = connectVat(near, { limits: { unsentBytes: 100 * MIB } });
  const slow = Array.from({ length: 16 }, (_, i) => client.call(echo, probe(i, new Uint8Array(MIB).fill(i))));
  // What the client would read is held back.
  const read = near.read.bind(near);
  let go: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  near.read = async () => {
    await gate;
    return read();
  };
  await sleep(50);
  assert.ok(started.length >= 2 && started.length < 8, `${started.length} calls started`);
  assert.ok(far.unread <= 4 * MIB, `${far.unread} bytes written`);
  go();
  const answers = await Promise.all(slow);
  assert.deepEqual(
    answers.map(({ number, data }) => [number, data.length, data[0]]),
    answers.map((_, i) => [BigInt(i), MIB, i]),
  );
  await client.close();
});

test('results wait unbuilt while there is no room', async () => {
  const [near, far] = pipe({ capacity: 1_000 });
  const { release, started } = serve(far, { unsentBytes: 10_000 });
  const peer = new RawPeer(near);
  const count = 50;
  peer.send(bootstrap);
  for (let id = 1; id <= count; id += 1) peer.send(numbered(id, wait, id));
  await sleep(10);
  assert.equal(started.length, count);
  for (let id = 1; id <= count; id += 1) release(id, new Uint8Array(5_000));
  await sleep(10);
  assert.ok(far.unread < 25_000, `${far.unread} bytes written`);
  const kinds = await peer.nextKinds(count + 1);
  assert.deepEqual(
    kinds.slice(1),
    Array.from({ length: count }, (_, i) => `${i + 1} results`),
  );
});

test('both ends may be short of room at once', async () => {
  const [near, far] = pipe({ capacity: 1_000, cut: 700 });
  const { started } = serve(far, { unsentBytes: 10_000, callsInFlight: 3 });
  const client = connectVat(near, { limits: { unsentBytes: 10_000 } });
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => client.call(echo, probe(i, new Uint8Array(9_000).fill(i)))),
  );
  assert.deepEqual(
    answers.map(({ number }) => number),
    started,
  );
  assert.deepEqual(
    started,
    Array.from({ length: 100 }, (_, i) => BigInt(i)),
  );
  await client.close();
});

test('calls wait for the transport, unsent and in order, and can be given up', async () => {
  const { client, peer, near } = scripted({ unsentBytes: 10_000 }, { capacity: 1_000 });
  const controller = new AbortController();
  const calls = Array.from({ length: 20 }, (_, i) =>
    client.call(echo, probe(i, new Uint8Array(5_000)), { signal: i === 10 ? controller.signal : undefined }),
  );
  const settled = Promise.allSettled(calls);
  await sleep(10);
  assert.ok(near.unread < 25_000, `${near.unread} bytes written`);
  controller.abort(new Error('never mind'));
  await assert.rejects(calls[10] as Promise<unknown>, /never mind/);
  const kinds = await peer.nextKinds(20);
  assert.deepEqual(kinds, ['bootstrap', ...Array(19).fill('call')]);
  peer.finish();
  assert.ok((await settled).every(({ status }) => status === 'rejected'));
});

test('our own questions are bounded', async () => {
  const [near, far] = pipe();
  const { started, release } = serve(far);
  const client = connectVat(near, { limits: { questions: 3 } });
  const calls = Array.from({ length: 5 }, (_, i) => client.call(wait, probe(i)));
  await sleep(10);
  assert.ok(started.length < 5, `${started.length} started`);
  for (let i = 0; i < 5; i += 1) {
    await sleep(5);
    release(i);
  }
  assert.deepEqual(
    (await Promise.all(calls)).map(({ number }) => number),
    [0n, 1n, 2n, 3n, 4n],
  );
  await client.close();
});

test('a server that floods its client with requests and reads nothing is not kept an answer for each', async () => {
  const { client, peer, near } = scripted({ unsentBytes: 5_000, readAheadBytes: 5_000 }, { capacity: 1_000 });
  const pending = client.call(wait, probe(1));
  const rejected = assert.rejects(pending);
  for (let i = 0; i < 5_000; i += 1) peer.send({ kind: 'other', which: 500 });
  await sleep(20);
  assert.ok(near.unread < 20_000, `${near.unread} bytes written`);
  peer.finish();
  peer.reset();
  await rejected;
});

test('what comes up in one turn is written together', async () => {
  const [near, far] = pipe();
  serve(far);
  const client = connectVat(near);
  await Promise.all(Array.from({ length: 100 }, (_, i) => client.call(echo, probe(i))));
  assert.ok(near.writes.length <= 4, `${near.writes.length} writes for 100 calls`);
  assert.ok(far.writes.length <= 4, `${far.writes.length} writes for 100 answers`);
  near.writes.length = 0;
  await Promise.all(Array.from({ length: 3 }, (_, i) => client.call(echo, probe(i, new Uint8Array(50_000)))));
  assert.ok(near.writes.every((length) => length < 128 * 1024));
  await client.close();
});
