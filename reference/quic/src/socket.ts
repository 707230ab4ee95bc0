import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Host } from '@matrixai/quic/native/types.js';
import { QuicError } from './errors.ts';

const BUFFER_BYTES = 4 << 20;

/** @returns an IP address for a host name or address. @throws QuicError `UNREACHABLE` */
export async function resolveHost(host: string): Promise<{ address: string; family: 4 | 6 }> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 4 || family === 6) return { address: bare, family };
  try {
    const found = await lookup(bare);
    return { address: found.address, family: found.family === 6 ? 6 : 4 };
  } catch (cause) {
    throw new QuicError('UNREACHABLE', `the host name ${host} does not resolve`, { cause });
  }
}

/** A bound UDP socket. @throws the system's error, for example EADDRINUSE */
export async function bindSocket(address: string, port: number, family: 4 | 6): Promise<Socket> {
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses only ever are IP addresses here: without this every packet costs a DNS look-up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, address, () => {
      socket.removeAllListeners('error');
      resolve();
    });
  });
  for (const set of [() => socket.setRecvBufferSize(BUFFER_BYTES), () => socket.setSendBufferSize(BUFFER_BYTES)]) {
    try {
      set();
    } catch {
      // The system allows less; it works, with more loss under load.
    }
  }
  return socket;
}

/** Where a socket is bound. */
export function localAddress(socket: Socket): Host {
  const { address, port } = socket.address();
  return { host: address, port };
}
