import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, listen } from '../src/index.ts';
import { makeCertificate } from './certificates.ts';

/** Longer than the first probe time-out on loopback, shorter than many of them, in ms. */
const BUSY_MS = 100;

/** Between a client and a server: everything of the client passes, of the server only what comes while `isOpen`. */
async function relay(server: { host: string; port: number }) {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  const counted = { isOpen: true, fromClient: 0 };
  let client: RemoteInfo | undefined;
  front.on('message', (packet, from) => {
    client = from;
    counted.fromClient += 1;
    back.send(packet, server.port, server.host);
  });
  back.on('message', (packet) => {
    if (counted.isOpen && client) front.send(packet, client.port, client.address);
  });
  await new Promise<void>((resolve) => front.bind(0, '127.0.0.1', resolve));
  const close = (): void => {
    front.close();
    back.close();
  };
  return { port: front.address().port, counted, close };
}

test('a client that closes before the server confirmed the handshake does not send without end', async () => {
  const { tls } = await makeCertificate();
  const sha256 = createHash('sha256').update(new X509Certificate(tls.certPem).raw).digest('hex');
  const server = await listen({ host: '127.0.0.1', port: 0, tls, alpn: ['capnp'], onConnection: () => {} });
  const between = await relay(server.address);
  try {
    const connecting = connect({
      host: '127.0.0.1',
      port: between.port,
      alpn: ['capnp'],
      verify: { kind: 'pin', sha256 },
      handshakeTimeoutMs: 5_000,
    });
    const client = await connecting.finally(() => {
      // HANDSHAKE_DONE does not come through: the client goes on with probes of its handshake.
      between.counted.isOpen = false;
    });
    await sleep(5);
    // Closed in the same turn in which the probe timer strikes, as in a process that was busy for a while.
    const before = between.counted.fromClient;
    const closed = new Promise<void>((resolve) => setTimeout(() => resolve(client.close(0, 'leaving')), 1));
    for (const end = Date.now() + BUSY_MS; Date.now() < end; );
    await Promise.race([closed, sleep(1_000)]);
    await sleep(300);
    assert.ok(
      between.counted.fromClient - before < 50,
      `${between.counted.fromClient - before} datagrams after the close`,
    );
  } finally {
    between.close();
    await server.close();
  }
});
