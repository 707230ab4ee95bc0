import { quiche } from '@matrixai/quic/native/index.js';
import { longHeader } from './long-header.ts';

/**
 * The Version Negotiation packet that is owed to a packet of a version that we do not speak (RFC 8999 section 6), whatever
 * its first byte says: in QUIC version 2 the types of packets have other numbers.
 * @param packet one UDP payload
 * @returns the answer; undefined for short headers, versions that we speak, Version Negotiation itself, and packets
 *   too small to open a connection, whose answer could be larger than they are (RFC 9000 section 5.2.2)
 */
export function versionNegotiation(packet: Uint8Array): Uint8Array | undefined {
  if (packet.length < quiche.MIN_CLIENT_INITIAL_LEN) return undefined;
  const header = longHeader(packet);
  if (!header || header.version === 0 || quiche.versionIsSupported(header.version)) return undefined;
  const out = new Uint8Array(quiche.MAX_DATAGRAM_SIZE);
  return out.subarray(0, quiche.negotiateVersion(header.source, header.destination, out));
}
