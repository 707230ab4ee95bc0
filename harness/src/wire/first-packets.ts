import { createSocket } from 'node:dgram';
import type { TargetAddress } from '../target/target.ts';

/** Bytes of the smallest datagram that a server may answer before it knows the client (RFC 9000, section 14.1). */
const INITIAL_BYTES = 1_200;
const TRIES = 3;

/**
 * Begins a connection with a version of QUIC, in a packet of which the server can read no more than what is the same in all versions
 * (RFC 8999, section 5.1).
 * @param first the first byte: a long header, whose other bits each version reads in its own way
 * @param ids of the client's choice: destination and source, 8 bytes each
 * @returns the versions of the Version Negotiation that came back; undefined when none did within the time, for each of three tries
 */
export async function beginWith(
  { host, port }: TargetAddress,
  { first, version, ids }: { first: number; version: number; ids: Uint8Array },
  timeoutMs: number,
): Promise<number[] | undefined> {
  const packet = Buffer.alloc(INITIAL_BYTES);
  packet.writeUInt8(first, 0);
  packet.writeUInt32BE(version, 1);
  const [destination, source] = [ids.subarray(0, 8), ids.subarray(8, 16)];
  packet.set([8, ...destination, 8, ...source], 5);
  // They come back the other way round: that is how an answer shows that it is one (RFC 8999, section 6).
  const head = Buffer.from([0, 0, 0, 0, 8, ...source, 8, ...destination]);

  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  try {
    const answer = new Promise<number[]>((resolve) => {
      socket.on('message', (got) => {
        if (got.length <= 23 || (got.readUInt8(0) & 0x80) === 0 || !got.subarray(1, 23).equals(head)) return;
        resolve(Array.from({ length: Math.floor((got.length - 23) / 4) }, (_, i) => got.readUInt32BE(23 + 4 * i)));
      });
    });
    for (let i = 0; i < TRIES; i += 1) {
      socket.send(packet, port, host, () => {});
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<undefined>((resolve) => {
        timer = setTimeout(() => resolve(undefined), timeoutMs / TRIES);
      });
      const versions = await Promise.race([answer, late]);
      clearTimeout(timer);
      if (versions) return versions;
    }
    return undefined;
  } finally {
    socket.close();
  }
}
