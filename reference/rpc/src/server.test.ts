import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootstrap, echo, fail, finish, numbered, probe, rawServer, wait } from '../test/peers.ts';
import { pipe } from '../test/support.ts';
import { connectVat } from './client.ts';
import { bind, serveVat } from './server.ts';

test('shutdown waits for the last call in flight, and for nothing when there is none', async () => {
  const { peer, server, release } = rawServer();
  peer.send(bootstrap, numbered(1, wait, 1), numbered(2, wait, 2));
  assert.deepEqual(await peer.nextKinds(1), ['0 results']);
  const down = server.shutdown();
  peer.send(numbered(3, echo, 3));
  const refused = await peer.next();
  assert.ok(refused?.kind === 'return' && refused.value.kind === 'exception');
  assert.deepEqual(refused.value.exception, { type: 'disconnected', reason: 'the server is shutting down' });
  release(1);
  assert.deepEqual(await peer.nextKinds(1), ['1 results']);
  release(2);
  assert.deepEqual(await peer.nextKinds(2), ['2 results', 'FIN']);
  await down;

  const idle = rawServer();
  idle.peer.send(bootstrap);
  await idle.peer.next();
  const start = performance.now();
  await idle.server.shutdown(5_000);
  assert.ok(performance.now() - start < 2_000);
});

test('what a handler throws after its call was canceled is nobody’s fault', async () => {
  const { peer, aborted, internal } = rawServer();
  peer.send(bootstrap, numbered(1, wait, 1), finish(1));
  assert.deepEqual(await peer.nextKinds(2), ['0 results', '1 canceled']);
  assert.deepEqual(aborted, [1n]);
  assert.deepEqual(internal, []);
});

test('handlers are told why their call is canceled', async () => {
  for (const [leave, reason] of [
    ['finish', 'the caller finished the call'],
    ['reset', 'the session is over'],
  ] as const) {
    const [near, far] = pipe();
    const aborted = new Promise((resolve) => {
      const method = bind(wait, (_, signal) => {
        signal.addEventListener('abort', () => resolve(signal.reason.message));
        return new Promise<never>(() => {});
      });
      serveVat(far, { dispatch: () => method });
    });
    const client = connectVat(near);
    const controller = new AbortController();
    const call = assert.rejects(client.call(wait, probe(1), { signal: controller.signal }));
    await client.bootstrap();
    if (leave === 'finish') controller.abort();
    else near.reset();
    assert.equal(await aborted, reason);
    await call;
  }
});

test('a server that wants to hear of no internal error need not', async () => {
  const [near, far] = pipe();
  const method = bind(fail, () => assert.fail('secret detail'));
  serveVat(far, { dispatch: () => method });
  await assert.rejects(connectVat(near).call(fail, probe(1)), { type: 'failed', reason: 'internal error' });
});
