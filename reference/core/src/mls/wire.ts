import { decodeMlsMessage, encodeMlsMessage, type MLSMessage } from '../../vendor/ts-mls/index.js';
import { CoreError, type CoreErrorCode } from '../errors.ts';

type Wireformat = MLSMessage['wireformat'];
type MessageOf<W extends Wireformat> = Extract<MLSMessage, { wireformat: W }>;

/**
 * Reads one MLSMessage (RFC 9420, 6): `00 01`, two bytes of wire format, the content. The bytes are copied.
 * @throws CoreError of the given code when it is malformed, bytes are left over, or it is of another kind
 */
export function readMessage<W extends Wireformat>(bytes: Uint8Array, kind: W, code: CoreErrorCode): MessageOf<W> {
  const message = decodeWhole(decodeMlsMessage, bytes, code);
  if (message.wireformat !== kind) throw new CoreError(code, `an ${message.wireformat} came, where ${kind} is due`);
  return message as MessageOf<W>;
}

/** @returns the bytes of an MLSMessage */
export function writeMessage<W extends Wireformat>(message: Omit<MessageOf<W>, 'version'>): Uint8Array {
  return encodeMlsMessage({ version: 'mls10', ...message } as unknown as MLSMessage);
}

type Decoder<T> = (bytes: Uint8Array, offset: number) => [T, number] | undefined;

/**
 * Decodes a copy of the bytes.
 * @throws CoreError of the given code unless they are exactly one value
 */
export function decodeWhole<T>(decode: Decoder<T>, bytes: Uint8Array, code: CoreErrorCode): T {
  let decoded: [T, number] | undefined;
  try {
    decoded = decode(Uint8Array.from(bytes), 0);
  } catch (cause) {
    throw new CoreError(code, 'malformed bytes', { cause });
  }
  if (decoded === undefined) throw new CoreError(code, 'malformed bytes');
  if (decoded[1] !== bytes.length) throw new CoreError(code, `${bytes.length - decoded[1]} bytes too many`);
  return decoded[0];
}
