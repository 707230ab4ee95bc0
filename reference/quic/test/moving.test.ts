import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { connect, listen, type QuicConnection, type QuicServer, type QuicStream, type TlsFiles } from '../src/index.ts';
import { coalescedPackets } from '../src/long-header.ts';
import { makeCertificate } from './certificates.ts';

const LONG_HEADER = 0x80;
/** Long header and type. */
const TYPE = 0xb0;
const HANDSHAKE = 0xa0;
/** Rows of clients behind a NAT whose mapping is lost each half minute: two hours. */
const MOVES = 240;

let tls: TlsFiles;
let server: QuicServer;
const nats: Nat[] = [];
const clients: QuicConnection[] = [];

before(async () => {
  ({ tls } = await makeCertificate());
  server = await listen({ host: '127.0.0.1', port: 0, tls, alpn: ['capnp'], onConnection: echo });
});
after(async () => {
  for (const client of clients) await client.close();
  for (const nat of nats) nat.close();
  await server.close();
});

function echo(connection: QuicConnection): void {
  connection.onStream = (stream) => {
    void (async () => {
      for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) await stream.write(chunk);
      await stream.end();
    })().catch(() => stream.reset(9));
  };
}

/** A NAT with one client behind it. */
class Nat {
  readonly #inside: Socket;
  #outside: Socket | undefined;
  /** What came for the client and has not reached it. */
  readonly #underway = new Set<NodeJS.Timeout>();
  delayMs = 0;
  /** Changes what goes to the server. */
  outgoing: (packet: Uint8Array) => Uint8Array = (packet) => packet;

  private constructor(inside: Socket) {
    this.#inside = inside;
  }

  static async open(): Promise<Nat> {
    const inside = createSocket('udp4').bind(0, '127.0.0.1');
    await once(inside, 'listening');
    const nat = new Nat(inside);
    nats.push(nat);
    let client = { port: 0, address: '' };
    inside.on('message', (packet, from) => {
      client = from;
      nat.#outside ??= createSocket('udp4').on('message', (back) =>
        nat.#later(() => inside.send(back, client.port, client.address)),
      );
      nat.#outside.send(nat.outgoing(packet), server.address.port, server.address.host);
    });
    return nat;
  }

  /** A way of some length, so that what is under way to an address is lost with it. */
  #later(send: () => void): void {
    const timer = setTimeout(() => {
      this.#underway.delete(timer);
      send();
    }, this.delayMs);
    this.#underway.add(timer);
  }

  async connect(): Promise<QuicConnection> {
    const { address: host, port } = this.#inside.address();
    const verify = { kind: 'none' } as const;
    const client = await connect({ host, port, alpn: ['capnp'], verify, handshakeTimeoutMs: 5_000 });
    clients.push(client);
    return client;
  }

  /** From now on the client has another address to the server. */
  move(): void {
    for (const timer of this.#underway) clearTimeout(timer);
    this.#underway.clear();
    this.#outside?.close();
    this.#outside = undefined;
  }

  close(): void {
    this.move();
    this.#inside.close();
  }
}

/** Asks, and waits for the answer. */
async function ask(stream: QuicStream, text: string): Promise<void> {
  await stream.write(Buffer.from(text));
  let answer = '';
  while (answer.length < text.length) answer += Buffer.from((await stream.read()) ?? assert.fail('FIN')).toString();
  assert.equal(answer, text);
}

test('a client whose address changes again and again is answered at the last one', { timeout: 60_000 }, async () => {
  const nat = await Nat.open();
  const client = await nat.connect();
  const stream = await client.openStream();
  await ask(stream, 'here');
  for (let i = 0; i < MOVES; i += 1) {
    nat.move();
    await ask(stream, `there ${i}`);
  }
  assert.equal(server.connections, 1, 'still the same connection');
});

test('an address that changes in the middle of a transfer costs no byte', { timeout: 60_000 }, async () => {
  const nat = await Nat.open();
  const client = await nat.connect();
  nat.delayMs = 20;
  // A server cannot know the new address before the client sends something.
  client.keepAlive(50);
  const stream = await client.openStream();
  const payload = Buffer.alloc(8 << 20, 'quicnprotochat');
  const sending = stream.write(payload).then(() => stream.end());
  const moves = [1 << 20, 4 << 20, 7 << 20];
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length < (moves[0] ?? Number.POSITIVE_INFINITY)) continue;
    moves.shift();
    nat.move();
  }
  await sending;
  assert.ok(Buffer.concat(chunks).equals(payload));
  assert.equal(moves.length, 0);
});

test('what stands behind a packet that cannot be read any more is read', { timeout: 30_000 }, async () => {
  const nat = await Nat.open();
  let handshake: Uint8Array | undefined;
  nat.outgoing = (packet) => {
    const isShort = ((packet[0] as number) & LONG_HEADER) === 0;
    handshake ??= [...coalescedPackets(packet)].find(([first]) => ((first as number) & TYPE) === HANDSHAKE);
    // The server has thrown the keys of the handshake away by then.
    return isShort && handshake ? Buffer.concat([handshake, packet]) : packet;
  };
  const client = await nat.connect();
  await ask(await client.openStream(), 'behind');
  assert.ok(handshake, 'nothing stood before it');
});
