import type { Delivery } from '@quicnprotochat/proto';

/** A queue: the recipient's default one when `channelId` is empty. */
export interface QueueId {
  /** 0 or 16 bytes. */
  channelId: Uint8Array;
  /** 32 bytes. */
  recipientKey: Uint8Array;
}

/** The two ends of a channel, 32 bytes each. */
export interface Channel {
  channelId: Uint8Array;
  members: readonly [Uint8Array, Uint8Array];
}

/** The store could not make a change durable; nothing of it was kept. */
export class StoreError extends Error {}

/** A queue, or the packages of an identity, has no room for one more. */
export class FullError extends Error {}

/**
 * What a node keeps. The contract that every implementation is tested against:
 * - A promise resolves once its change survives a crash. One that rejects with StoreError has changed nothing.
 * - Changes to one queue take effect in the order of the calls, also while earlier ones are not durable yet.
 * - Numbers of a queue grow strictly and are never given twice, also after a drain or a restart.
 * - What a `take…` gave is given to nobody else; `restore…` puts it back in its place.
 */
export interface Store {
  /** Adds a message; the payload must not be changed afterwards. @throws FullError, StoreError */
  enqueue(queue: QueueId, payload: Uint8Array, limits: { messages: number; bytes: number }): Promise<bigint>;
  /** Removes the oldest messages, up to `messages` of them and `bytes` of payload, but one at least if there is one. */
  take(queue: QueueId, max: { messages: number; bytes: number }): Promise<Delivery[]>;
  /** Puts messages back that were taken and could not be handed over. */
  restore(queue: QueueId, deliveries: Delivery[]): Promise<void>;

  /** Adds a package behind the others. @throws FullError, StoreError */
  addKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void>;
  /** Removes the oldest package. */
  takeKeyPackage(identityKey: Uint8Array): Promise<Uint8Array | undefined>;
  /** Puts a package back in front. */
  restoreKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void>;

  putHybridKey(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void>;
  getHybridKey(identityKey: Uint8Array): Promise<Uint8Array | undefined>;

  /** The channel of two members in either order, made with `newId` (16 bytes) when there is none. */
  channelOf(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array>;
  channel(channelId: Uint8Array): Promise<Channel | undefined>;

  /** Waits for what is under way, and lets go of files. */
  close(): Promise<void>;
}
