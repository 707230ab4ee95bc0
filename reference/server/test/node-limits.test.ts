import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';
import { AccountTable, makeCertificate, memoryStore, NodeServer, NodeService, silentLog } from '../src/index.ts';
import type { NodeLimits } from '../src/node-limits.ts';
import { nodeService as node } from './support.ts';

const connections: QuicConnection[] = [];
const servers: NodeServer[] = [];
after(async () => {
  for (const connection of connections) connection.abandon();
  await Promise.all(servers.map((server) => server.stop()));
});

async function serve(limits: Partial<NodeLimits>): Promise<{ server: NodeServer; open(): Promise<QuicConnection> }> {
  const store = await memoryStore();
  const service = new NodeService({ store, accounts: new AccountTable(), isOpen: true });
  const certificate = await makeCertificate([]);
  const host = '127.0.0.1';
  const server = await NodeServer.start({ host, port: 0, certificate, service, store, log: silentLog, limits });
  servers.push(server);
  const open = async (): Promise<QuicConnection> => {
    const connection = await connect({ ...server.address, alpn: ['capnp'], verify: { kind: 'none' } });
    connections.push(connection);
    return connection;
  };
  return { server, open };
}

const askHealth = async (connection: QuicConnection) => connectVat(await connection.openStream()).call(node.health, {});

test('an address has so many connections, and one more when one ends', async () => {
  const { server, open } = await serve({ connectionsPerAddress: 2 });
  const [first, second] = [await open(), await open()];
  const refused = await open();
  assert.match((await refused.closed).reason, /too many connections/);
  await assert.rejects(askHealth(refused), QuicError);
  assert.deepEqual(await askHealth(second), { status: 'ok' });
  await first.close();
  for (let i = 0; i < 100 && server.connections > 1; i += 1) await sleep(20);
  assert.deepEqual(await askHealth(await open()), { status: 'ok' });
});

test('a connection has so many streams', async () => {
  const { open } = await serve({ streams: 3 });
  const connection = await open();
  for (let i = 0; i < 3; i += 1) await askHealth(connection);
  await assert.rejects(connection.openStream(), (error) => error instanceof QuicError && error.code === 'STREAM_LIMIT');
});

test('sessions that hold most of what is allowed to all are ended, others go on', async () => {
  const { server, open } = await serve({ bufferedBytes: 1 << 20 });
  const right = await open();
  const rpc = connectVat(await right.openStream());
  await rpc.call(node.health, {});
  const greedy = await open();
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0x1e, 0]);
  const streams = await Promise.all(Array.from({ length: 4 }, () => greedy.openStream()));
  for (const stream of streams) void stream.write(Buffer.concat([head, randomBytes(512 * 1024)])).catch(() => {});
  // Together they come to twice the limit; two at least are ended on the way to half of it.
  for (let i = 0; i < 250 && server.sessions > 3; i += 1) await sleep(20);
  assert.ok(server.sessions <= 3, `${server.sessions} sessions`);
  assert.deepEqual(await rpc.call(node.health, {}), { status: 'ok' });
});
