// What clients do that are broken, or mean: each kind over and over until it is told to stop. None of it may fail here; what
// the server does with it is its own affair, as long as it goes on and grows no fatter.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALPN, nodeService } from '@quicnprotochat/proto';
import { connect, type QuicConnection } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';
import type { Account } from '../interop/peer.ts';
import { openSession, type Place, queueOf } from './people.ts';

/** One round of a kind of hostility. */
type Attack = (place: Place, victim: Account) => Promise<void>;

/** From one round of an attack to its next: what the server has to hold must not depend on how fast this machine is. */
const ROUND_MS = 250;

const hostPort = ({ address }: Place): { host: string; port: number } => {
  const split = address.lastIndexOf(':');
  return { host: address.slice(0, split), port: Number(address.slice(split + 1)) };
};

const bare = (place: Place, options: object = {}): Promise<QuicConnection> =>
  connect({ ...hostPort(place), alpn: [ALPN], verify: { kind: 'none' }, handshakeTimeoutMs: 30_000, ...options });

async function sendDatagrams(place: Place, datagrams: Uint8Array[]): Promise<void> {
  const { host, port } = hostPort(place);
  const socket = createSocket('udp4');
  await Promise.all(datagrams.map((datagram) => new Promise((sent) => socket.send(datagram, port, host, sent))));
  await new Promise<void>((closed) => socket.close(closed));
}

/** A long header of QUIC version 1, type Initial, and noise: the server makes a connection for it. */
function initialOfNoise(): Uint8Array {
  const head = Buffer.from([0xc3, 0, 0, 0, 1, 20, ...randomBytes(20), 20, ...randomBytes(20), 0, 0x44, 0x80]);
  return Buffer.concat([head, randomBytes(1_200 - head.length)]);
}

export const ATTACKS: Record<string, Attack> = {
  'datagrams of noise': (place) =>
    sendDatagrams(
      place,
      Array.from({ length: 50 }, () => randomBytes(1 + Math.floor(Math.random() * 1_400))),
    ),
  'handshakes that stop after the first packet': (place) =>
    sendDatagrams(place, Array.from({ length: 10 }, initialOfNoise)),
  'clients that vanish while they wait': async (place, victim) => {
    const { rpc, connection } = await openSession(place);
    void rpc.call(nodeService.fetchWait, { ...queueOf(victim), timeoutMs: 60_000n, limit: 0 }).catch(() => {});
    await rpc.call(nodeService.health, {});
    connection.abandon();
  },
  'sessions of noise': async (place) => {
    const connection = await bare(place);
    const streams = await Promise.all(Array.from({ length: 10 }, () => connection.openStream()));
    for (const stream of streams) void stream.write(randomBytes(4_096)).catch(() => {});
    await Promise.all(streams.map((stream) => stream.read().catch(() => null)));
    await connection.close();
  },
  'half a message, and then nothing': async (place) => {
    const connection = await bare(place);
    const stream = await connection.openStream();
    // One segment of 15 MiB, of which 512 KiB come.
    await stream.write(Buffer.from([0, 0, 0, 0, 0, 0, 0x1e, 0]));
    await stream.write(Buffer.alloc(512 * 1024));
    await sleep(100);
    connection.abandon();
  },
  'clients that read nothing': async (place, victim) => {
    const connection = await bare(place, { initialMaxData: 4_096, initialMaxStreamData: 2_048 });
    const rpc = connectVat(await connection.openStream());
    for (let i = 0; i < 200; i += 1)
      void rpc.call(nodeService.fetchHybridKey, { ...queueOf(victim), identityKey: randomBytes(32) }).catch(() => {});
    await sleep(200);
    connection.abandon();
  },
  'streams that are reset': async (place) => {
    const connection = await bare(place);
    for (let i = 0; i < 50; i += 1) {
      const stream = await connection.openStream();
      await stream.write(new Uint8Array(8));
      stream.reset(7);
    }
    await sleep(50);
    await connection.close();
  },
  'wrong tokens': async (place, victim) => {
    const { rpc, connection } = await openSession(place);
    const auth = { version: 1, accessToken: randomBytes(32), deviceId: new Uint8Array() };
    const call = () => rpc.call(nodeService.enqueue, { ...queueOf(victim), auth, payload: new Uint8Array(1_000) });
    await Promise.allSettled(Array.from({ length: 50 }, call));
    await connection.close();
  },
};

/** Repeats each attack until the signal. @returns rounds by attack */
export async function attack(place: Place, victim: Account, signal: AbortSignal): Promise<Record<string, number>> {
  const rounds: Record<string, number> = {};
  await Promise.all(
    Object.entries(ATTACKS).map(async ([name, run]) => {
      rounds[name] = 0;
      while (!signal.aborted) {
        // A connection that is refused or lost is what a hostile client has to live with.
        await Promise.all([run(place, victim).catch(() => {}), sleep(ROUND_MS)]);
        rounds[name] = (rounds[name] as number) + 1;
      }
    }),
  );
  return rounds;
}
