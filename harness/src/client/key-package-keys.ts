/** Where the keys begin: MLSMessage version and wire format, KeyPackage version and suite, 2 bytes each. */
const INIT_KEY_AT = 8;

/**
 * The keys of a KeyPackage that must be new in each (RFC 9420 sections 7.2 and 10).
 * @param bytes MLSMessage with a KeyPackage
 * @throws RangeError when it is cut off
 */
export function keysOf(bytes: Uint8Array): { init: Uint8Array; encryption: Uint8Array } {
  const [init, at] = readVector(bytes, INIT_KEY_AT);
  const [encryption] = readVector(bytes, at);
  return { init, encryption };
}

/** A vector of variable size (RFC 9420 section 2.1.2): 1, 2 or 4 bytes of length by the first two bits. */
function readVector(bytes: Uint8Array, at: number): [value: Uint8Array, end: number] {
  const first = bytes[at] ?? 0;
  const width = 1 << (first >> 6);
  let length = first & 0x3f;
  for (let i = 1; i < width; i += 1) length = length * 256 + (bytes[at + i] ?? 0);
  const end = at + width + length;
  if (end > bytes.length) throw new RangeError('the KeyPackage is cut off');
  return [bytes.subarray(at + width, end), end];
}
