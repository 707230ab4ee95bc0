import { createHash } from 'node:crypto';
import { type HybridKeypair, HybridPublicKey, hybridDecrypt, hybridEncrypt } from '@quicnprotochat/core';
import { buildEnvelope, MsgType, type ParsedEnvelope, ProtoError, parseEnvelope } from '@quicnprotochat/proto';

/** Ways to put an MLSMessage into a queue (spec: MLS-006 … MLS-008). */
export const WRAPPINGS = [
  'as it is',
  'in an Envelope',
  'in a hybrid envelope',
  'in an Envelope with a hybrid envelope',
  'in a hybrid envelope with an Envelope',
] as const;
export type Wrapping = (typeof WRAPPINGS)[number];

/** What is put into an Envelope. */
export interface Content {
  /** MLSMessage. */
  message: Uint8Array;
  msgType: MsgType;
  /** 32 bytes, or any others, which are not told then. */
  groupId: Uint8Array;
  /** Ed25519 public key, 32 bytes. */
  sender: Uint8Array;
}

/** Wire formats of an MLSMessage (RFC 9420 section 6), bytes 2 and 3. */
const WIRE_FORMATS: Readonly<Record<number, string>> = {
  1: 'PublicMessage',
  2: 'PrivateMessage',
  3: 'Welcome',
  4: 'GroupInfo',
  5: 'KeyPackage',
};

/** What was in a payload. */
export interface Unwrapped {
  envelope: ParsedEnvelope | undefined;
  /** Whether a hybrid envelope was around the message. */
  isHybrid: boolean;
  /** That envelope. */
  hybrid: Uint8Array | undefined;
  message: Uint8Array;
  /** Of the MLSMessage: `Welcome`. */
  format: string;
}

/** @param hybridKey of the recipient, 1,216 bytes; needed where there is to be a hybrid envelope */
export function wrap(content: Content, wrapping: Wrapping, hybridKey?: Uint8Array): Uint8Array {
  const seal = (bytes: Uint8Array): Uint8Array => {
    if (!hybridKey) throw new Error('the recipient has published no hybrid key');
    return hybridEncrypt(HybridPublicKey.fromBytes(hybridKey), bytes);
  };
  const inEnvelope = (payload: Uint8Array): Uint8Array =>
    buildEnvelope({
      msgType: content.msgType,
      groupId: content.groupId.length === 32 ? content.groupId : new Uint8Array(),
      senderId: createHash('sha256').update(content.sender).digest(),
      payload,
      timestampMs: BigInt(Date.now()),
    });
  switch (wrapping) {
    case 'as it is':
      return content.message;
    case 'in an Envelope':
      return inEnvelope(content.message);
    case 'in a hybrid envelope':
      return seal(content.message);
    case 'in an Envelope with a hybrid envelope':
      return inEnvelope(seal(content.message));
    case 'in a hybrid envelope with an Envelope':
      return seal(inEnvelope(content.message));
  }
}

/** As many layers as a right sender may use, and one to spare. */
const MAX_LAYERS = 4;

/** Takes off what is around an MLSMessage. @throws Error that says what is wrong with the payload */
export function unwrap(payload: Uint8Array, hybrid: HybridKeypair | undefined): Unwrapped {
  let inner = payload;
  let envelope: ParsedEnvelope | undefined;
  let sealed: Uint8Array | undefined;
  for (let layer = 0; layer < MAX_LAYERS; layer += 1) {
    const parsed = asEnvelope(inner);
    if (parsed) {
      envelope ??= parsed;
      inner = parsed.payload;
    } else if (inner[0] === 1) {
      if (!hybrid) throw new Error('it is in a hybrid envelope, and its recipient has published no hybrid key');
      sealed ??= inner;
      inner = open(hybrid, inner);
    } else if (inner[0] === 0 && inner[1] === 1) {
      const format = WIRE_FORMATS[((inner[2] ?? 0) << 8) | (inner[3] ?? 0)];
      return {
        envelope,
        isHybrid: sealed !== undefined,
        hybrid: sealed,
        message: inner,
        format: format ?? 'of an unknown wire format',
      };
    } else break;
  }
  throw new Error(`there is no MLSMessage in it: it begins with ${Buffer.from(inner.subarray(0, 8)).toString('hex')}`);
}

function open(hybrid: HybridKeypair, bytes: Uint8Array): Uint8Array {
  try {
    return hybridDecrypt(hybrid, bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new Error(`its hybrid envelope cannot be opened with the recipient's key: ${why}`);
  }
}

function asEnvelope(bytes: Uint8Array): ParsedEnvelope | undefined {
  try {
    return parseEnvelope(bytes);
  } catch (error) {
    if (error instanceof ProtoError) return undefined;
    throw error;
  }
}

export { MsgType };
