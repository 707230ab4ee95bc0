import type { Delivery } from '@quicnprotochat/proto';

/** A queue: the recipient's in a channel of 16 bytes, or the recipient's default queue when `channelId` is empty. */
export interface QueueId {
  /** 16 bytes, or none. */
  channelId: Uint8Array;
  /** 32 bytes. */
  recipientKey: Uint8Array;
}

/** What a queue holds at most. */
export interface QueueLimits {
  /** How many. */
  messages: number;
  /** Payload bytes. */
  bytes: number;
}

/** A 1:1 channel. */
export interface Channel {
  /** 16 bytes. */
  channelId: Uint8Array;
  /** Identity keys, 32 bytes each. */
  members: readonly [Uint8Array, Uint8Array];
}

/** Somebody who registered with a password (spec: AUTH, OPAQUE). */
export interface User {
  /** As it was registered, byte for byte; at most 256 bytes of UTF-8. */
  username: string;
  /** 32 bytes. */
  identityKey: Uint8Array;
  /** The OPAQUE registration record, 192 bytes. */
  registration: Uint8Array;
}

/** A token that lets its bearer in. The token itself is never kept. */
export interface Token {
  /** SHA-256 of the token, 32 bytes. */
  digest: Uint8Array;
  /** Whose it is: a username, or the name that an operator gave. */
  name: string;
  /** 32 bytes. */
  identityKey: Uint8Array;
  /** When set, the token is good on this device only; at most 64 bytes. */
  deviceId: Uint8Array | undefined;
  /** Milliseconds since 1970; undefined = never. */
  expiresAtMs: number | undefined;
}

/** What became of a registration. */
export type Registered = 'added' | 'username-taken' | 'identity-taken';

/** How much a store holds. */
export interface StoreStats {
  /** Queues with a message in them. */
  queues: number;
  messages: number;
  /** Payload bytes of all messages. */
  messageBytes: number;
  keyPackages: number;
  /** Bytes of all KeyPackages. */
  keyPackageBytes: number;
  hybridKeys: number;
  endpoints: number;
  channels: number;
  users: number;
  tokens: number;
}

/** One thing out of a store, for the way into another. A queue comes before its messages. */
export type StoreItem =
  | { kind: 'queue'; queue: QueueId; nextSeq: bigint }
  | { kind: 'delivery'; queue: QueueId; delivery: Delivery }
  | { kind: 'keyPackage'; identityKey: Uint8Array; keyPackage: Uint8Array }
  | { kind: 'hybridKey'; identityKey: Uint8Array; hybridPublicKey: Uint8Array }
  | { kind: 'endpoint'; identityKey: Uint8Array; nodeAddr: Uint8Array }
  | { kind: 'channel'; channel: Channel }
  | { kind: 'user'; user: User }
  | { kind: 'token'; token: Token }
  | { kind: 'setting'; name: string; value: Uint8Array };

/** The store could not do it; whether it was done is not known to have happened. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** It would go over a limit; nothing was changed. */
export class FullError extends Error {
  override name = 'FullError';
}

/**
 * What a node keeps. A change is durable, in a store that lasts, when its promise resolves; one that rejects with
 * StoreError leaves nothing behind. Calls on the same queue, or on the same identity's KeyPackages, take effect in the
 * order in which they were made, also without waiting for one before making the next.
 */
export interface Store {
  /** @returns the message's seq: greater than every earlier one of the queue. @throws FullError */
  enqueue(queue: QueueId, payload: Uint8Array, limits: QueueLimits): Promise<bigint>;
  /**
   * One payload into every queue, or into none. A queue may be named more than once and gets it as often.
   * @returns a seq for each, in order. @throws FullError when one of them is full
   */
  enqueueAll(queues: readonly QueueId[], payload: Uint8Array, limits: QueueLimits): Promise<bigint[]>;
  /** Removes the first messages, in order of seq: as many as fit `max`, but one at least if there is one. */
  take(queue: QueueId, max: QueueLimits): Promise<Delivery[]>;
  /** What `take` would return, left where it is. */
  peek(queue: QueueId, max: QueueLimits): Promise<Delivery[]>;
  /** Removes every message with a seq up to this one. */
  ack(queue: QueueId, seqUpTo: bigint): Promise<void>;
  /** Puts messages that were taken back into their place, under their seqs. */
  restore(queue: QueueId, deliveries: Delivery[]): Promise<void>;

  /** @param limit how many may wait for one identity. @throws FullError */
  addKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void>;
  /** Removes and returns the oldest one: nobody else ever gets it. */
  takeKeyPackage(identityKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** Puts one back, in front. */
  restoreKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void>;

  /** Replaces the one before. @param hybridPublicKey 1,216 bytes */
  putHybridKey(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void>;
  /** @returns the last one that was put, 1,216 bytes; undefined when there is none */
  getHybridKey(identityKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** In the order of the keys. */
  getHybridKeys(identityKeys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;

  /** Replaces the one before. @param nodeAddr 1 B … 4 KiB, opaque */
  putEndpoint(identityKey: Uint8Array, nodeAddr: Uint8Array): Promise<void>;
  /** @returns the last one that was put; undefined when there is none */
  getEndpoint(identityKey: Uint8Array): Promise<Uint8Array | undefined>;

  /**
   * The channel of two members, in either order, made when there is none.
   * @param newId the id that a new one gets, 16 bytes
   * @returns its id
   */
  channelOf(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array>;
  /** @param channelId 16 bytes @returns undefined when there is no such channel */
  channel(channelId: Uint8Array): Promise<Channel | undefined>;

  /**
   * An identity key belongs to one name, and a name to one identity key: those of a user, or of a token.
   * @throws FullError when there are `limit` users
   */
  addUser(user: User, limit: number): Promise<Registered>;
  /** @returns undefined when nobody has that name */
  user(username: string): Promise<User | undefined>;
  /** All, in no order. */
  users(): Promise<User[]>;
  /** @param limit how many tokens a name may have: the oldest goes for a new one */
  addToken(token: Token, limit: number): Promise<void>;
  /** @param digest SHA-256 of the token, 32 bytes */
  token(digest: Uint8Array): Promise<Token | undefined>;
  /** All, those that have expired too, in no order. */
  tokens(): Promise<Token[]>;
  /** Removes the user of that name and every token under it. @returns whether there was any */
  revoke(name: string): Promise<boolean>;
  /** Removes the tokens that expired before that time, in ms since 1970. @returns how many */
  forgetTokens(expiredBeforeMs: number): Promise<number>;

  /** Sets what is not set yet. @returns what it is now */
  claimSetting(name: string, value: Uint8Array): Promise<Uint8Array>;

  /** Called for each message that another server of the same store has put into a queue; without queue: it may have. */
  onArrival: ((queue: QueueId | undefined) => void) | undefined;

  /** Counts; a change that is under way may be in them or not. */
  stats(): Promise<StoreStats>;
  /** Everything, for another store; nothing else may use the store meanwhile. */
  dump(): AsyncIterable<StoreItem>;
  /** Adds what another store dumped. Only for a store that is empty; not durable before `close`. */
  load(items: readonly StoreItem[]): Promise<void>;
  /** Waits for the changes under way; nothing may be called afterwards. */
  close(): Promise<void>;
}
