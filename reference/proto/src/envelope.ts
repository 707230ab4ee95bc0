import { Pointer } from 'capnp-es';
import { fromBytes, toBytes } from './bytes.ts';
import { data, uint16, uint64 } from './codec/fields.ts';
import { structCodec } from './codec/struct.ts';
import { Envelope } from './generated/envelope.ts';
import { presizedMessage } from './presized-message.ts';
import { ProtoError } from './proto-error.ts';

/** What an envelope's payload holds (schemas/envelope.capnp). */
export const MsgType = {
  ping: 0,
  pong: 1,
  keyPackageUpload: 2,
  keyPackageFetch: 3,
  keyPackageResponse: 4,
  mlsWelcome: 5,
  mlsCommit: 6,
  mlsApplication: 7,
  error: 8,
} as const;
/** A value of `MsgType`, 0 … 8. */
export type MsgType = (typeof MsgType)[keyof typeof MsgType];

const MSG_TYPES = new Set<number>(Object.values(MsgType));

/** An envelope whose bytes are the reader's own. */
export interface ParsedEnvelope {
  /** What the payload is; one of the nine of the schema. */
  msgType: MsgType;
  /** 32 bytes, or empty where there is no group. */
  groupId: Uint8Array;
  /** 32 bytes, SHA-256 of the sender's Ed25519 public key, or empty where it is not told. */
  senderId: Uint8Array;
  /** Any length. */
  payload: Uint8Array;
  /** Milliseconds since 1970-01-01T00:00:00Z by the sender's clock. */
  timestampMs: bigint;
}

const codec = structCodec(Envelope, {
  msgType: uint16(0),
  groupId: data(0),
  senderId: data(1),
  payload: data(2),
  timestampMs: uint64(8),
});

function requireId(name: string, id: Uint8Array): void {
  if (id.length !== 0 && id.length !== 32) throw new ProtoError('RANGE', `${name} has ${id.length} bytes, not 32 or 0`);
}

function requireValid(envelope: { msgType: number; groupId: Uint8Array; senderId: Uint8Array }): void {
  if (!MSG_TYPES.has(envelope.msgType)) throw new ProtoError('RANGE', `message type ${envelope.msgType} is unknown`);
  requireId('groupId', envelope.groupId);
  requireId('senderId', envelope.senderId);
}

/**
 * Builds a framed Envelope message (spec: ENV).
 * @throws ProtoError `RANGE` when groupId or senderId has another length than 32 or 0, msgType is unknown, or
 *   timestampMs is no UInt64
 */
export function buildEnvelope(envelope: ParsedEnvelope): Uint8Array {
  requireValid(envelope);
  const message = presizedMessage(8 + codec.size(envelope));
  codec.write(new Pointer(message.getSegment(0), 0), envelope);
  return toBytes(message);
}

/**
 * Reads a framed Envelope message; fields that a newer schema adds are ignored, absent ones read as defaults.
 * @returns copies, independent of `bytes`
 * @throws ProtoError `FRAME`, `POINTER`, `FIELD` or `RANGE`
 */
export function parseEnvelope(bytes: Uint8Array): ParsedEnvelope {
  const envelope = codec.read(new Pointer(fromBytes(bytes).getSegment(0), 0));
  requireValid(envelope);
  return envelope as ParsedEnvelope;
}
