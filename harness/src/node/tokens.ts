import { concat, flip } from './contents.ts';
import { sameBytes } from './queue-model.ts';

export const inHex = (right: Uint8Array): Uint8Array => Buffer.from(Buffer.from(right).toString('hex'));

const isLetter = (byte: number): boolean => /[A-Za-z]/.test(String.fromCharCode(byte));
export const inAnotherCase = (right: Uint8Array): Uint8Array =>
  right.map((byte) => (isLetter(byte) ? byte ^ 0x20 : byte));

/** What a server that reads bytes as UTF-8, with replacement characters, cannot tell from the right ones. */
export const asLossyText = (right: Uint8Array): Uint8Array => new TextEncoder().encode(new TextDecoder().decode(right));

/** Other bytes that such a server takes for the same: one byte that is no part of a character is another such byte. */
export function sameLossyText(right: Uint8Array): Uint8Array | undefined {
  const text = asLossyText(right);
  for (const at of right.keys()) {
    const other = right.map((byte, i) => (i === at ? (byte === 0xff ? 0xfe : 0xff) : byte));
    if (sameBytes(asLossyText(other), text)) return other;
  }
  return undefined;
}

/** What a scenario calls nearly a token, and how it is made of a right one. */
export const TOKEN_CHANGES: Readonly<Record<string, (right: Uint8Array) => Uint8Array>> = {
  'her token without its last byte': (right) => right.subarray(0, -1),
  'her token without its first byte': (right) => right.subarray(1),
  'her token and one more byte': (right) => concat(right, Uint8Array.of(0x41)),
  'her token and a zero byte': (right) => concat(right, Uint8Array.of(0)),
  'her token and a line end': (right) => concat(right, Uint8Array.of(0x0a)),
  'her token twice': (right) => concat(right, right),
  // Its highest bit: the lowest one of a signature in Base64 may mean nothing.
  'her token with its last byte changed': (right) => flip(right, right.length - 1, 0x80),
  'her token with its first bit flipped': (right) => flip(right, 0, 0x80),
  'her token in hex': inHex,
  'her token in Base64': (right) => Buffer.from(Buffer.from(right).toString('base64')),
  'her token in letters of another case': inAnotherCase,
  'her token, as lossy text': asLossyText,
};
