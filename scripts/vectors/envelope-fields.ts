import type { Node } from './capnp.ts';
import { bytesOf, hex, readingCases } from './file.ts';

/** Names of MsgType, by value. */
export const TYPES = [
  'ping',
  'pong',
  'keyPackageUpload',
  'keyPackageFetch',
  'keyPackageResponse',
  'mlsWelcome',
  'mlsCommit',
  'mlsApplication',
  'error',
];

/** An Envelope as a writer has it. */
export interface Fields {
  msgType: number;
  groupId: Uint8Array;
  senderId: Uint8Array;
  payload: Uint8Array;
  timestampMs: bigint;
}

/** A right one, which cases change. */
export const base: Fields = {
  msgType: 7,
  groupId: bytesOf('envelope group', 32),
  senderId: bytesOf('envelope sender', 32),
  payload: bytesOf('envelope payload', 21),
  timestampMs: 1_771_891_200_123n,
};

/** Every field at its default. */
export const DEFAULTS: Fields = {
  msgType: 0,
  groupId: new Uint8Array(),
  senderId: new Uint8Array(),
  payload: new Uint8Array(),
  timestampMs: 0n,
};

export const none = new Uint8Array();

const data = (bytes: Uint8Array): Node => (bytes.length === 0 ? null : { bytes });

/** As it is laid out in a message. */
export const node = (f: Fields): { data: bigint[]; pointers: Node[] } => ({
  data: [BigInt(f.msgType), f.timestampMs],
  pointers: [data(f.groupId), data(f.senderId), data(f.payload)],
});

/** As a case has it. */
export const output = (f: Fields): Record<string, unknown> => ({
  msgType: TYPES[f.msgType],
  groupId: hex(f.groupId),
  senderId: hex(f.senderId),
  payload: hex(f.payload),
  timestampMs: String(f.timestampMs),
});

/** A case of bytes that are to be read. */
export const parse = readingCases('envelope');
