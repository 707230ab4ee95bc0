const LONG_HEADER = 0x80;
const RETRY = 3;
const INITIAL = 0;

/** What every version of QUIC has in a long header. */
export interface LongHeader {
  /** 0 in Version Negotiation. */
  version: number;
  /** Connection ids, 0 … 255 bytes; views into the packet. */
  destination: Uint8Array;
  source: Uint8Array;
  /** Bytes up to here. */
  length: number;
}

/**
 * Reads the part of a packet that does not depend on the version (RFC 8999 section 5.1):
 *
 *     offset       bytes  field
 *     0            1      0x80 set: long header
 *     1            4      version
 *     5            1      d, length of the destination connection id
 *     6            d      destination connection id
 *     6 + d        1      s, length of the source connection id
 *     7 + d        s      source connection id
 *
 * @returns undefined for a short header, and for one that is cut short
 */
export function longHeader(packet: Uint8Array): LongHeader | undefined {
  if (((packet[0] ?? 0) & LONG_HEADER) === 0 || packet.length < 7) return undefined;
  const sourceAt = 7 + (packet[5] as number);
  const length = sourceAt + (packet[sourceAt - 1] ?? 0);
  if (length > packet.length || sourceAt > packet.length) return undefined;
  const version = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
  return { version, destination: packet.subarray(6, sourceAt - 1), source: packet.subarray(sourceAt, length), length };
}

/**
 * Cuts a datagram of QUIC version 1 into its packets (RFC 9000 section 12.2), each a view. quiche does that, too, but drops
 * what stands behind a packet that it has no keys for (any more): a close, for example, behind a Handshake packet.
 */
export function* coalescedPackets(datagram: Uint8Array): Generator<Uint8Array> {
  let rest = datagram;
  while (rest.length > 0) {
    const length = packetLength(rest);
    yield rest.subarray(0, length);
    rest = rest.subarray(length);
  }
}

/** Bytes of the first packet (RFC 9000 section 17.2); all of them, where it does not say, or lies. */
function packetLength(packet: Uint8Array): number {
  const header = longHeader(packet);
  const type = ((packet[0] as number) >> 4) & 3;
  if (!header || header.version === 0 || type === RETRY) return packet.length;
  let offset = header.length;
  if (type === INITIAL) {
    const token = varint(packet, offset);
    if (!token) return packet.length;
    offset = token.end + token.value;
  }
  const payload = varint(packet, offset);
  return payload ? Math.min(payload.end + payload.value, packet.length) : packet.length;
}

/** A variable-length integer (RFC 9000 section 16); undefined when it is cut short. */
function varint(bytes: Uint8Array, offset: number): { value: number; end: number } | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  const end = offset + (1 << (first >> 6));
  if (end > bytes.length) return undefined;
  let value = first & 0x3f;
  for (let i = offset + 1; i < end; i += 1) value = value * 256 + (bytes[i] as number);
  return { value, end };
}
