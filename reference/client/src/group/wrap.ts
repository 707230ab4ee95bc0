import { createHash } from 'node:crypto';
import { type HybridKeypair, HybridPublicKey, hybridDecrypt, hybridEncrypt } from '@quicnprotochat/core';
import { buildEnvelope, type MsgType, type ParsedEnvelope, ProtoError, parseEnvelope } from '@quicnprotochat/proto';
import { ClientError } from '../errors.ts';

/** Layers that a payload may have around its MLS message: an Envelope, a hybrid envelope, and one of each to spare. */
const MAX_LAYERS = 4;
/** First byte of a hybrid envelope (spec: HYB). */
const HYBRID_VERSION = 1;
/** First two bytes of every MLSMessage: ProtocolVersion mls10 (RFC 9420 section 6). */
const MLS10 = [0, 1];

/** What is to be wrapped. */
export interface Content {
  /** What `message` is: a commit, a Welcome, an application message. */
  msgType: MsgType;
  /** MLS group id; anything but 32 bytes is not told. */
  groupId: Uint8Array;
  /** The sender's Ed25519 public key, 32 bytes. */
  sender: Uint8Array;
  /** MLSMessage. */
  message: Uint8Array;
}

/** SHA-256 of an Ed25519 public key: how envelopes name a sender (spec: ENV-004). */
export function senderIdOf(identityKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(identityKey).digest();
}

/**
 * Puts a message into what goes into a queue: an Envelope, whose payload is the MLSMessage, inside a hybrid envelope
 * when the recipient has a hybrid key (spec: MLS-006).
 * @param hybridKey of the recipient, 1,216 bytes; empty for none
 * @throws CoreError when the key is none
 */
export function wrap(content: Content, hybridKey: Uint8Array, nowMs = Date.now()): Uint8Array {
  const { msgType, groupId, sender, message } = content;
  const payload = hybridKey.length === 0 ? message : hybridEncrypt(HybridPublicKey.fromBytes(hybridKey), message);
  return buildEnvelope({
    msgType,
    groupId: groupId.length === 32 ? groupId : new Uint8Array(),
    senderId: senderIdOf(sender),
    payload,
    timestampMs: BigInt(nowMs),
  });
}

/** What was in a payload of a queue. */
export interface Unwrapped {
  /** The outermost Envelope, without its payload; nothing in it is authenticated. */
  envelope: Omit<ParsedEnvelope, 'payload'> | undefined;
  /** Whether a hybrid envelope was around the message. */
  isHybrid: boolean;
  /** MLSMessage; undefined for an envelope that holds something else (ping, pong …). */
  message: Uint8Array | undefined;
}

const MLS_TYPES = new Set<number>([5, 6, 7]);

/**
 * Takes off whatever is around an MLS message: an Envelope, a hybrid envelope, both in any order, or nothing, since other
 * clients may do without.
 * @throws ClientError `untrusted` when there is no MLS message in it; CoreError when a hybrid envelope cannot be opened
 */
export function unwrap(payload: Uint8Array, hybrid: HybridKeypair | undefined): Unwrapped {
  let inner = payload;
  const found: Unwrapped = { envelope: undefined, isHybrid: false, message: undefined };
  for (let layer = 0; layer < MAX_LAYERS; layer += 1) {
    const envelope = asEnvelope(inner);
    if (envelope) {
      found.envelope ??= envelope;
      if (!MLS_TYPES.has(envelope.msgType)) return found;
      inner = envelope.payload;
    } else if (inner[0] === HYBRID_VERSION) {
      if (!hybrid) throw new ClientError('untrusted', 'it is encrypted to a hybrid key, and this state has none');
      inner = hybridDecrypt(hybrid, inner);
      found.isHybrid = true;
    } else if (inner[0] === MLS10[0] && inner[1] === MLS10[1]) {
      return { ...found, message: inner };
    } else break;
  }
  throw new ClientError('untrusted', 'it holds no MLS message');
}

function asEnvelope(bytes: Uint8Array): ParsedEnvelope | undefined {
  try {
    return parseEnvelope(bytes);
  } catch (error) {
    if (error instanceof ProtoError) return undefined;
    throw error;
  }
}
