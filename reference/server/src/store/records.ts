/**
 * Records of the journals: a kind, then fields, each Data with its length before it.
 *
 *     offset  bytes  field
 *     0       1      kind
 *     1       …      fields: 4 bytes length, little-endian, and the bytes
 */
export function encodeRecord(kind: number, ...fields: Uint8Array[]): Uint8Array {
  const record = Buffer.allocUnsafe(fields.reduce((sum, field) => sum + 4 + field.length, 1));
  record[0] = kind;
  let offset = 1;
  for (const field of fields) {
    record.writeUInt32LE(field.length, offset);
    record.set(field, offset + 4);
    offset += 4 + field.length;
  }
  return record;
}

/** @returns fields as views into the record. @throws RangeError when it is cut */
export function decodeRecord(record: Uint8Array): { kind: number; fields: Uint8Array[] } {
  const buffer = Buffer.from(record.buffer, record.byteOffset, record.length);
  const fields: Uint8Array[] = [];
  let offset = 1;
  while (offset < buffer.length) {
    const length = buffer.readUInt32LE(offset);
    if (offset + 4 + length > buffer.length) throw new RangeError('a record is cut');
    fields.push(buffer.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return { kind: buffer.readUInt8(0), fields };
}

export function encodeSeq(seq: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(seq);
  return bytes;
}

export function decodeSeq(bytes: Uint8Array): bigint {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readBigUInt64LE();
}

export const keyOf = (...parts: Uint8Array[]): string =>
  parts.map((part) => Buffer.from(part).toString('hex')).join('/');
