import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { after, before, test } from 'node:test';
import {
  type ConnectOptions,
  connect,
  type ListenOptions,
  listen,
  type QuicConnection,
  QuicError,
  type QuicErrorCode,
  type QuicServer,
  type QuicStream,
  type TlsFiles,
} from '../src/index.ts';
import { makeCertificate } from './certificates.ts';

let tls: TlsFiles;
let pin: string;
const servers: QuicServer[] = [];
const clients: QuicConnection[] = [];

before(async () => {
  ({ tls } = await makeCertificate());
  pin = createHash('sha256').update(new X509Certificate(tls.certPem).raw).digest('hex');
});
after(async () => {
  for (const client of clients) await client.close();
  for (const server of servers) await server.close();
});

async function start(options: Partial<ListenOptions> = {}): Promise<QuicServer> {
  const onConnection = options.onConnection ?? echo;
  const server = await listen({ host: '127.0.0.1', port: 0, tls, alpn: ['capnp'], ...options, onConnection });
  servers.push(server);
  return server;
}

async function dial(server: QuicServer, options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
  const verify = { kind: 'pin', sha256: pin } as const;
  const client = await connect({ ...server.address, alpn: ['capnp'], verify, handshakeTimeoutMs: 5_000, ...options });
  clients.push(client);
  return client;
}

function echo(connection: QuicConnection): void {
  connection.onStream = (stream) => {
    void (async () => {
      try {
        for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) await stream.write(chunk);
        await stream.end();
      } catch {
        stream.reset(9);
      }
    })();
  };
}

async function readAll(stream: QuicStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function roundTrip(connection: QuicConnection, bytes: Uint8Array): Promise<Buffer> {
  const stream = await connection.openStream();
  const answer = readAll(stream);
  await stream.write(bytes);
  await stream.end();
  return answer;
}

const failsWith = (code: QuicErrorCode, errorCode?: number) => (error: unknown) =>
  error instanceof QuicError && error.code === code && (errorCode === undefined || error.errorCode === errorCode);

test('bytes go both ways on several streams at once', async () => {
  const client = await dial(await start());
  assert.equal(client.alpn, 'capnp');
  assert.equal(client.peerCertificateSha256, pin);
  const payloads = Array.from({ length: 20 }, (_, i) => Buffer.alloc(1 + i * 1000, i));
  const answers = await Promise.all(payloads.map((payload) => roundTrip(client, payload)));
  for (const [i, answer] of answers.entries()) assert.deepEqual(answer, payloads[i]);
});

test('8 MiB go both ways', async () => {
  const client = await dial(await start());
  const payload = Buffer.alloc(8 << 20, 'quicnprotochat');
  assert.ok((await roundTrip(client, payload)).equals(payload));
});

/** Bytes of the largest UDP payload that each side sends in a transfer of 1 MiB both ways. */
async function largest(server: Partial<ListenOptions>, client: Partial<ConnectOptions>) {
  const listening = await start(server);
  const between = createSocket('udp4');
  const sizes = { client: 0, server: 0 };
  let peer: { port: number } | undefined;
  between.on('message', (packet, from) => {
    const isServers = from.port === listening.address.port;
    const side = isServers ? 'server' : 'client';
    sizes[side] = Math.max(sizes[side], packet.length);
    if (!isServers) peer = from;
    between.send(packet, isServers ? (peer?.port ?? 0) : listening.address.port, '127.0.0.1');
  });
  await new Promise<void>((resolve) => between.bind(0, '127.0.0.1', resolve));
  const connection = await dial(listening, { ...client, port: between.address().port });
  const stream = await connection.openStream();
  const sent = stream.write(new Uint8Array(1 << 20)).then(() => stream.end());
  assert.equal((await readAll(stream)).length, 1 << 20);
  await sent;
  await connection.close();
  between.close();
  return sizes;
}

test('datagrams are as large as they may be, each side by itself', async () => {
  assert.deepEqual(await largest({}, {}), { client: 1_350, server: 1_350 });
  assert.deepEqual(await largest({ maxDatagram: 9_000 }, { maxDatagram: 1_200 }), { client: 1_200, server: 9_000 });
  for (const maxDatagram of [1_199, 65_508, 1_500.5, Number.NaN])
    await assert.rejects(start({ maxDatagram }), failsWith('CONFIGURATION'));
});

test('IPv6 and host names work', async () => {
  const six = await dial(await start({ host: '::1' }));
  assert.equal((await roundTrip(six, Buffer.from('six'))).toString(), 'six');
  const named = await dial(await start(), { host: 'localhost' });
  assert.equal((await roundTrip(named, Buffer.from('name'))).toString(), 'name');
});

test('another protocol is refused with 0x178', async () => {
  const server = await start();
  await assert.rejects(dial(server, { alpn: ['h3'] }), failsWith('ALPN_MISMATCH', 0x178));
  await assert.rejects(dial(server, { alpn: [] }), failsWith('CONFIGURATION'));
  await assert.rejects(dial(server, { alpn: ['capnp2'] }), failsWith('ALPN_MISMATCH', 0x178));
  assert.ok(await dial(server, { alpn: ['h3', 'capnp'] }));
});

test('a pin must match', async () => {
  const server = await start();
  const wrong = { kind: 'pin', sha256: '00'.repeat(32) } as const;
  await assert.rejects(dial(server, { verify: wrong }), failsWith('CERTIFICATE_REJECTED'));
  await assert.rejects(dial(server, { verify: { kind: 'pin', sha256: 'abc' } }), RangeError);
  const colons = pin.toUpperCase().replace(/(..)(?=.)/g, '$1:');
  assert.ok(await dial(server, { verify: { kind: 'pin', sha256: colons } }));
  const spki = new X509Certificate(tls.certPem).publicKey.export({ type: 'spki', format: 'der' });
  const key = createHash('sha256').update(spki).digest('hex');
  assert.ok(await dial(server, { verify: { kind: 'key-pin', sha256: key } }));
  await assert.rejects(dial(server, { verify: { kind: 'key-pin', sha256: pin } }), failsWith('CERTIFICATE_REJECTED'));
  await assert.rejects(dial(server, { verify: { kind: 'key-pin', sha256: 'abc' } }), RangeError);
});

test('a certificate authority vouches for names and addresses, and for no others', async () => {
  const root = await makeCertificate();
  const server = await start({ tls: (await makeCertificate(root)).tls });
  const { certPem: caPem } = root.tls;
  assert.ok(await dial(server, { verify: { kind: 'ca', caPem } }));
  assert.ok(await dial(server, { verify: { kind: 'ca', caPem, serverName: 'localhost' } }));
  const rejected = failsWith('CERTIFICATE_REJECTED');
  await assert.rejects(dial(server, { verify: { kind: 'ca', caPem, serverName: 'example.org' } }), rejected);
  await assert.rejects(dial(server, { verify: { kind: 'ca', caPem, serverName: '127.0.0.2' } }), rejected);
  const other = (await makeCertificate()).tls.certPem;
  await assert.rejects(dial(server, { verify: { kind: 'ca', caPem: other } }), rejected);
});

test('a key of another certificate is noticed before listening', async () => {
  const other = (await makeCertificate()).tls;
  await assert.rejects(start({ tls: { certPem: tls.certPem, keyPem: other.keyPem } }), failsWith('CONFIGURATION'));
  await assert.rejects(start({ tls: { certPem: 'x', keyPem: tls.keyPem } }), failsWith('CONFIGURATION'));
  await assert.rejects(start({ tls: { certPem: tls.certPem, keyPem: 'x' } }), failsWith('CONFIGURATION'));
});

test('a new certificate is for new connections', async () => {
  const server = await start();
  const old = await dial(server);
  const fresh = (await makeCertificate()).tls;
  server.reloadTls(fresh);
  const sha256 = createHash('sha256').update(new X509Certificate(fresh.certPem).raw).digest('hex');
  assert.ok(await dial(server, { verify: { kind: 'pin', sha256 } }));
  assert.equal((await roundTrip(old, Buffer.from('old'))).toString(), 'old');
  assert.throws(() => server.reloadTls({ certPem: 'x', keyPem: 'y' }), failsWith('CONFIGURATION'));
});

test('nobody there: refused at once, silence after the time-out', async () => {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  const options = { host: '127.0.0.1', port, alpn: ['capnp'], verify: { kind: 'none' } as const };
  const started = performance.now();
  await assert.rejects(connect({ ...options, handshakeTimeoutMs: 300 }), failsWith('HANDSHAKE_TIMEOUT'));
  assert.ok(performance.now() - started < 2_000);
  await new Promise<void>((resolve) => socket.close(resolve));
  await assert.rejects(connect({ ...options, handshakeTimeoutMs: 5_000 }), failsWith('UNREACHABLE'));
  await assert.rejects(connect({ ...options, host: 'nowhere.invalid' }), failsWith('UNREACHABLE'));
  await assert.rejects(connect({ ...options, signal: AbortSignal.abort(new Error('no')) }), /no/);
});

test('with Retry for every client, the handshake still goes through', async () => {
  const client = await dial(await start({ retryThreshold: 0 }));
  assert.equal((await roundTrip(client, Buffer.from('retried'))).toString(), 'retried');
});

test('resets and stops carry their codes to the other side', async () => {
  const codes: Promise<unknown>[] = [];
  const server = await start({
    onConnection: (connection) => {
      connection.onStream = (stream) => {
        codes.push(
          stream.read().then(async () => {
            const failure = stream.read().catch((error) => error);
            stream.resetWriting(5);
            return failure;
          }),
        );
      };
    },
  });
  const client = await dial(server);
  const stream = await client.openStream();
  await stream.write(Buffer.from('x'));
  await assert.rejects(stream.read(), failsWith('STREAM_RESET', 5));
  stream.resetWriting(7);
  assert.ok(failsWith('STREAM_RESET', 7)(await codes[0]));

  const stopped = await dial(
    await start({
      onConnection: (connection) => {
        connection.onStream = (s) => s.stopReading(3);
      },
    }),
  );
  const writer = await stopped.openStream();
  await writer.write(Buffer.from('x'));
  await assert.rejects(
    (async () => {
      for (let i = 0; i < 1_000; i += 1) {
        await writer.write(Buffer.alloc(1_000));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })(),
    failsWith('STREAM_STOPPED', 3),
  );
});

test('a stream that is used long after it was opened works', async () => {
  const client = await dial(await start(), { keepAliveMs: 20 });
  const stream = await client.openStream();
  const answer = stream.read();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await stream.write(Buffer.from('late'));
  assert.equal(String(Buffer.from((await answer) ?? [])), 'late');
});

test('FIN closes one direction, the other goes on', async () => {
  const server = await start({
    onConnection: (connection) => {
      connection.onStream = async (stream) => {
        const all = await readAll(stream);
        await stream.write(Buffer.from(`got ${all.length}`));
        await stream.end();
      };
    },
  });
  assert.equal((await roundTrip(await dial(server), Buffer.alloc(100))).toString(), 'got 100');
});

test('a reader that does not read holds the writer, and nobody else', async () => {
  let stalled: QuicStream | undefined;
  const server = await start({
    initialMaxStreamData: 256 * 1024,
    onConnection: (connection) => {
      connection.onStream = (stream) => {
        if (stalled) echoStream(stream);
        else stalled = stream;
      };
    },
  });
  const echoStream = async (stream: QuicStream) => {
    await stream.write(await readAll(stream));
    await stream.end();
  };
  const client = await dial(server);
  const stream = await client.openStream();
  let written = 0;
  const flood = (async () => {
    for (; written < 64; written += 1) await stream.write(Buffer.alloc(64 * 1024));
  })();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(written < 20, `${written} chunks of 64 KiB were taken`);
  assert.equal((await roundTrip(client, Buffer.from('next'))).toString(), 'next');
  let received = 0;
  while (received < 64 * 64 * 1024) received += (await stalled?.read())?.length ?? 0;
  await flood;
});

test('streams beyond the allowance and unidirectional ones are refused', async () => {
  const client = await dial(await start({ initialMaxStreamsBidi: 2 }));
  const streams = [await client.openStream(), await client.openStream()];
  // Nothing was written on them: they count all the same.
  await assert.rejects(client.openStream(), failsWith('STREAM_LIMIT'));
  for (const stream of streams) await stream.write(Buffer.from('1'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await assert.rejects(client.openStream(), failsWith('STREAM_LIMIT'));
  assert.equal(client.peerStreamsLeftUni, 0);
  await assert.rejects(client.openUniStream(), failsWith('STREAM_LIMIT'));
});

test('a close carries its code and reason, and ends pending reads', async () => {
  const closes: Promise<unknown>[] = [];
  const server = await start({ onConnection: (connection) => void closes.push(connection.closed) });
  const client = await dial(server);
  const stream = await client.openStream();
  await stream.write(Buffer.from('x'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  const read = stream.read();
  const rejected = assert.rejects(read, failsWith('CLOSED', 42));
  await client.close(42, 'enough');
  await rejected;
  assert.deepEqual(await closes[0], { by: 'peer', isApplication: true, code: 42, reason: 'enough' });
  await assert.rejects(client.openStream(), failsWith('CLOSED'));
});

const refusal = (reason: string) => ({ by: 'peer', isApplication: false, code: 0x2, reason });

test('a server that closes tells its clients, and refuses new ones', async () => {
  const server = await start();
  const client = await dial(server);
  server.stopAccepting();
  assert.deepEqual(await (await dial(server)).closed, refusal('shutting down'));
  await server.close({ code: 1, reason: 'shutting down' });
  assert.deepEqual(await client.closed, { by: 'peer', isApplication: true, code: 1, reason: 'shutting down' });
});

test('connections beyond the limit of one address are refused', async () => {
  const server = await start({ maxConnectionsPerAddress: 2 });
  await dial(server);
  const second = await dial(server);
  assert.deepEqual(await (await dial(server)).closed, refusal('too many connections'));
  await second.close();
  await second.closed;
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.ok(await dial(server));
});

test('silence ends a connection, keep-alive keeps it', async () => {
  const closes: Promise<{ by: string }>[] = [];
  const server = await start({
    maxIdleTimeoutMs: 1_500,
    onConnection: (connection) => void closes.push(connection.closed),
  });
  const kept = await dial(server, { keepAliveMs: 200 });
  const silent = await dial(server);
  const vanished = await dial(server);
  await new Promise((resolve) => setTimeout(resolve, 50));
  vanished.abandon();
  assert.equal((await silent.closed).by, 'timeout');
  assert.equal((await closes[2])?.by, 'timeout');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  assert.ok(!kept.isClosed);
});

test('garbage to the port harms nobody', async () => {
  const server = await start();
  const client = await dial(server);
  const socket = createSocket('udp4');
  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve) => socket.send(bytes, server.address.port, '127.0.0.1', () => resolve()));
  for (let i = 0; i < 200; i += 1) await send(Buffer.alloc((i * 37) % 1400, i));
  socket.close();
  assert.equal((await roundTrip(client, Buffer.from('still'))).toString(), 'still');
});

test('who begins with another version is told of version 1', { timeout: 20_000 }, async () => {
  const server = await start();
  const socket = createSocket('udp4');
  // Versions that do not exist, and version 2, each with every type that a long header can have in it.
  const firsts = ['c0babababa', 'd0babababa', 'e0babababa', 'f0babababa', 'd06b3343cf'];
  for (const [i, first] of firsts.entries()) {
    const answer = new Promise<Buffer>((resolve) => socket.once('message', resolve));
    const ids = Buffer.from(`08${`0${i}`.repeat(8)}08${`1${i}`.repeat(8)}`, 'hex');
    const packet = Buffer.concat([Buffer.from(first, 'hex'), ids, Buffer.alloc(1300, 1)]);
    socket.send(packet, server.address.port, '127.0.0.1');
    const told = await answer;
    assert.equal(told.readUInt32BE(1), 0, 'version negotiation');
    assert.deepEqual(
      told.subarray(5, 23),
      Buffer.concat([ids.subarray(9), ids.subarray(0, 9)]),
      'ids the other way round',
    );
    assert.ok(Array.from({ length: (told.length - 23) / 4 }, (_, at) => told.readUInt32BE(23 + at * 4)).includes(1));
  }
  // Nothing is said to what is no beginning: an answer of another server, and less than 1,200 bytes.
  let isAnswered = false;
  socket.once('message', () => {
    isAnswered = true;
  });
  socket.send(
    Buffer.concat([Buffer.from('c000000000', 'hex'), Buffer.alloc(1300, 8)]),
    server.address.port,
    '127.0.0.1',
  );
  socket.send(
    Buffer.concat([Buffer.from('c0babababa', 'hex'), Buffer.alloc(1100, 8)]),
    server.address.port,
    '127.0.0.1',
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(isAnswered, false);
  socket.close();
});

test('200 connections at once', async () => {
  const server = await start();
  const connections = await Promise.all(Array.from({ length: 200 }, () => dial(server)));
  const answers = await Promise.all(connections.map((connection, i) => roundTrip(connection, Buffer.from(`n${i}`))));
  assert.deepEqual(
    answers.map(String),
    Array.from({ length: 200 }, (_, i) => `n${i}`),
  );
  assert.equal(server.connections, 200);
});

test('a network that loses one packet in fifty loses no byte', async () => {
  const server = await start();
  const relay = createSocket('udp4');
  const back = createSocket('udp4');
  let count = 0;
  let client: { address: string; port: number } | undefined;
  const passes = (): boolean => {
    count += 1;
    return count % 50 !== 0;
  };
  relay.on('message', (packet, from) => {
    client = from;
    if (passes()) back.send(packet, server.address.port, '127.0.0.1');
  });
  back.on('message', (packet) => {
    if (client && passes()) relay.send(packet, client.port, client.address);
  });
  await new Promise<void>((resolve) => relay.bind(0, '127.0.0.1', resolve));
  const connection = await dial(server, { port: relay.address().port });
  const payload = Buffer.alloc(1 << 20, 'lossy');
  assert.ok((await roundTrip(connection, payload)).equals(payload));
  await connection.close();
  relay.close();
  back.close();
});
