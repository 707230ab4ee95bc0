import { Message } from 'capnp-es';
import { checkMessage } from './check-message.ts';
import { ProtoError } from './proto-error.ts';

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
  checkMessage(bytes);
  try {
    // The second parameter, `packed`, is true by default.
    return new Message(bytes, false);
  } catch (cause) {
    throw new ProtoError('FRAME', 'the message cannot be read', { cause });
  }
}
