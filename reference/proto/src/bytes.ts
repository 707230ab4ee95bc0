import { Message } from 'capnp-es';
import { checkMessage } from './check-message.ts';

/**
 * Serializes a message with standard stream framing, unpacked.
 * @returns a segment table and the segments, owned by the caller
 */
export function toBytes(message: Message): Uint8Array {
  return new Uint8Array(message.toArrayBuffer());
}

/**
 * Reads one whole framed message; the bytes are copied.
 * @throws ProtoError `FRAME` or `POINTER` when they are not exactly one well-formed message without capabilities
 */
export function fromBytes(bytes: Uint8Array): Message {
  const segments = checkMessage(bytes);
  // capnp-es looks for the table of segments twice: without room for it, a message of empty segments would be refused.
  const room = 8 + segments * 8;
  const source = bytes.length < room ? Buffer.concat([bytes], room) : bytes;
  // The second parameter, `packed`, is true by default.
  return new Message(source, false);
}
