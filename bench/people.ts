import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Auth } from '@quicnprotochat/proto';
import { ALPN } from '@quicnprotochat/proto';
import { connect, type QuicConnection } from '@quicnprotochat/quic';
import { connectVat, type RpcClient } from '@quicnprotochat/rpc';
import { type Account, ROOT, type RunningServer, startServer } from '../interop/peer.ts';

/** Made-up accounts, written to a file that a server takes. The server never checks that a key is a point of the curve. */
export function makePeople(count: number, path: string): Account[] {
  const people = Array.from({ length: count }, (_, i) => ({
    name: `person-${i}`,
    identityKey: randomBytes(32).toString('hex'),
    token: randomBytes(32).toString('hex'),
  }));
  writeFileSync(path, JSON.stringify(people), { mode: 0o600 });
  return people;
}

export const authOf = ({ token }: Account): Auth => ({
  version: 1,
  accessToken: Buffer.from(token, 'hex'),
  deviceId: new Uint8Array(),
});

/** Parameters of the delivery methods for somebody's default queue. */
export const queueOf = (person: Account, caller = person) => ({
  recipientKey: Buffer.from(person.identityKey, 'hex'),
  channelId: new Uint8Array(),
  version: 1,
  auth: authOf(caller),
});

/** Where a server is; plain data, so that it goes to other processes. */
export type Place = Pick<RunningServer, 'address' | 'pin'>;

export interface Session {
  rpc: RpcClient;
  connection: QuicConnection;
}

export async function openSession({ address, pin }: Place): Promise<Session> {
  const split = address.lastIndexOf(':');
  const connection = await connect({
    host: address.slice(0, split),
    port: Number(address.slice(split + 1)),
    alpn: [ALPN],
    verify: { kind: 'pin', sha256: pin },
    handshakeTimeoutMs: 30_000,
    keepAliveMs: 10_000,
  });
  return { connection, rpc: connectVat(await connection.openStream()) };
}

/** A reference server with metrics. */
export function startReference(...args: string[]): Promise<RunningServer> {
  const bin = join(ROOT, 'reference/server/bin/reference-server.js');
  return startServer(process.execPath, [bin, '--listen', '127.0.0.1:0', '--metrics', '0', ...args]);
}

/** The series of a server's metrics, by name and labels. */
export async function readMetrics({ metricsUrl }: RunningServer): Promise<Map<string, number>> {
  const page = await (await fetch(metricsUrl as string)).text();
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

export const MIB = 1024 * 1024;
export const inMiB = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
