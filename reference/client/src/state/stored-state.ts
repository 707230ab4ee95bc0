import { ClientError } from '../errors.ts';

/** Something that came and is to be shown. It stays in the state until it was. */
export interface Shown {
  /** `message`, `members`, `removed`, `joined`, `ignored` (spec: CLI-020). */
  type: string;
  /** What `--json` shows: `sender` (hex), `text`, … */
  fields: Record<string, unknown>;
  /** The same for people, one line; texts of strangers in it are made printable. */
  text: string;
}

/** A payload that is to be put into a queue, and may have been. */
export interface Outgoing {
  /** Identity keys, 32 bytes each; more than one share the payload. */
  recipients: Uint8Array[];
  /** Empty, or 16 bytes. */
  channelId: Uint8Array;
  /** As it goes into the queue. */
  payload: Uint8Array;
  /** For messages about it: `the message`, `the Welcome`, `the commit`. */
  what: string;
}

/** What a login left. Secret. */
interface Login {
  username: string;
  token: Uint8Array;
  /** The server that gave it, `HOST:PORT`. */
  server: string;
}

/** All that a state file holds. Secret as a whole. */
export interface StoredState {
  /** Ed25519 seed, 32 bytes. */
  seed: Uint8Array;
  /** What GroupMember saves; undefined outside of a group. */
  group: Uint8Array | undefined;
  /** undefined before `login`. */
  login: Login | undefined;
  /** Received and decrypted, but not shown for sure. */
  inbox: Shown[];
  /** SHA-256 (hex) of payloads that were taken in, but of which the server may not know. */
  handled: string[];
  /** Payloads that came before what makes them readable: a Welcome, or a commit. */
  waiting: Uint8Array[];
  /** What was not taken by the server yet, as far as is known. */
  outbox: Outgoing[];
}

const MAGIC = Buffer.from('QNCSTATE');
const VERSION = 1;
const SEED_LEN = 32;
const HEADER_LEN = MAGIC.length + 1 + SEED_LEN + 4;

/** A state with an identity and nothing else. @param seed 32 bytes */
export function newState(seed: Uint8Array): StoredState {
  return { seed, group: undefined, login: undefined, inbox: [], handled: [], waiting: [], outbox: [] };
}

/**
 * The bytes of a state file before encryption:
 *
 *     offset  bytes  field
 *          0      8  "QNCSTATE"
 *          8      1  version, 1
 *          9     32  Ed25519 seed
 *         41      4  length G of the serialized group, big-endian; 0 = no group
 *         45      G  serialized group
 *     45 + G   rest  JSON of everything else, bytes as Base64
 */
export function encodeState(state: StoredState): Uint8Array {
  const { seed, group, ...rest } = state;
  const head = Buffer.alloc(HEADER_LEN);
  MAGIC.copy(head);
  head[MAGIC.length] = VERSION;
  head.set(seed, MAGIC.length + 1);
  head.writeUInt32BE(group?.length ?? 0, HEADER_LEN - 4);
  return Buffer.concat([head, group ?? new Uint8Array(), Buffer.from(JSON.stringify(rest, bytesToJson))]);
}

/** @throws ClientError `state` */
export function decodeState(bytes: Uint8Array): StoredState {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (all.length < HEADER_LEN || !all.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable('it is no state file');
  if (all[MAGIC.length] !== VERSION) throw unreadable(`its version is ${all[MAGIC.length]}, not ${VERSION}`);
  const groupEnd = HEADER_LEN + all.readUInt32BE(HEADER_LEN - 4);
  if (groupEnd > all.length) throw unreadable('it is cut');
  const copy = (start: number, end: number): Uint8Array => new Uint8Array(all.subarray(start, end));
  try {
    const rest = JSON.parse(all.toString('utf8', groupEnd), jsonToBytes);
    return {
      ...newState(copy(MAGIC.length + 1, HEADER_LEN - 4)),
      ...rest,
      group: groupEnd === HEADER_LEN ? undefined : copy(HEADER_LEN, groupEnd),
    };
  } catch {
    // What a parser says quotes the text.
    throw unreadable('its end is damaged');
  }
}

const unreadable = (why: string): ClientError => new ClientError('state', `the state cannot be read: ${why}`);

function bytesToJson(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // A Buffer's own toJSON has run by now.
  const own = this[key];
  return own instanceof Uint8Array ? { $bytes: Buffer.from(own).toString('base64') } : value;
}

function jsonToBytes(_key: string, value: unknown): unknown {
  const encoded = (value as { $bytes?: unknown } | null)?.$bytes;
  return typeof encoded === 'string' ? new Uint8Array(Buffer.from(encoded, 'base64')) : value;
}
