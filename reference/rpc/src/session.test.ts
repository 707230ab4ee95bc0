import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { bootstrap, call, echo, finish, numbered, probe, RawPeer, rawServer, serve, wait } from '../test/peers.ts';
import { pipe } from '../test/support.ts';
import { connectVat } from './client.ts';
import { writeMessage } from './write-message.ts';

test('messages that come up in one turn all arrive, however they are put together', async () => {
  const [near, far] = pipe();
  serve(far);
  const client = connectVat(near);
  const sizes = [...Array(20).fill(10_000), 200_000, ...Array(5).fill(100), 70_000, 70_000];
  const answers = await Promise.all(
    sizes.map((size, i) =>
      client.call(echo, probe(i, new Uint8Array(size).fill(i)), { signal: AbortSignal.timeout(5_000) }),
    ),
  );
  for (const [i, { number, data }] of answers.entries())
    assert.deepEqual([number, data.length, data.at(-1)], [BigInt(i), sizes[i], i]);
  for (const { writes } of [near, far]) {
    assert.ok(writes.length < sizes.length, `${writes.length} writes for ${sizes.length} messages`);
    assert.ok(!writes.includes(0), 'nothing is written for nothing');
  }
  await client.close();
});

test('a session that is abandoned is reset at once, without FIN, and its calls are canceled', async () => {
  const { peer, server, aborted } = rawServer();
  peer.send(bootstrap, numbered(1, wait, 1));
  assert.deepEqual(await peer.nextKinds(1), ['0 results']);
  server.abandon('too many sessions');
  server.abandon('once is enough');
  assert.deepEqual(await server.closed, { kind: 'transport', reason: 'too many sessions' });
  await assert.rejects(peer.next(), /reset/);
  assert.deepEqual(aborted, [1n]);
});

test('a session tells the bytes that it holds: not whole, waiting for a turn, not taken', async () => {
  const [near, far] = pipe({ capacity: 100 });
  const { server, release } = serve(far, { callsInFlight: 1 });
  const peer = new RawPeer(near);
  assert.equal(server.heldBytes, 0);
  peer.send(bootstrap, numbered(1, wait, 1));
  assert.deepEqual(await peer.nextKinds(1), ['0 results']);
  assert.equal(server.heldBytes, 0);
  const waiting = writeMessage(numbered(2, echo, 2));
  peer.raw(waiting);
  peer.raw(waiting.subarray(0, 50));
  await sleep(5);
  assert.equal(server.heldBytes, waiting.length + 50);
  release(1, new Uint8Array(1_000));
  await sleep(5);
  assert.equal(server.heldBytes, far.unread + 50, 'both answers, as the peer has read neither');
  assert.ok(far.unread > 1_000);
  assert.deepEqual(await peer.nextKinds(2), ['1 results', '2 results']);
  assert.equal(server.heldBytes, 50);
});

test('a violation that waited for its turn ends the session, too', async () => {
  const { peer, server, release } = rawServer({ callsInFlight: 1 });
  peer.send(bootstrap, numbered(1, wait, 1), call(2, echo), finish(99));
  await peer.next();
  release(1);
  assert.match(await peer.abortReason(), /^Finish of question 99/);
  assert.equal((await server.closed).kind, 'protocol-error');
});

test('of a large message behind a call that waits only the beginning is read', async () => {
  const [near, far] = pipe({ cut: 1_000 });
  const { release } = serve(far, { callsInFlight: 1, readAheadBytes: 5_000 });
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, echo, 2));
  peer.raw(Buffer.concat([writeMessage({ kind: 'other', which: 99 }), Buffer.from('00000000a0860100', 'hex')]));
  peer.raw(new Uint8Array(100_000));
  await sleep(10);
  assert.ok(near.unread > 90_000, `${near.unread} bytes unread`);
  release(1);
  assert.deepEqual(await peer.nextKinds(4), ['0 results', '1 results', '2 results', 'unimplemented']);
  await sleep(10);
  assert.equal(near.unread, 0);
});
