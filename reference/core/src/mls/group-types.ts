import type { KeyStore } from '../store/key-store.ts';
import type { Clock } from './key-package.ts';

/** What a member may be given; nothing has to be. */
export interface GroupMemberOptions {
  /** Keeps the private parts of KeyPackages; in memory by default. */
  keyStore?: KeyStore;
  /**
   * Writes the state (see `save`) to where it survives a crash. Called and awaited before any commit, Welcome or message is
   * handed out, so that no key is ever used twice. The bytes are secret, and the callee's own.
   */
  persist?: (state: Uint8Array) => Promise<void>;
  /** Seconds since 1970, for the lifetimes of KeyPackages. */
  clock?: Clock;
  /** The longest span, in seconds, that a KeyPackage of others may be valid; MAX_LIFETIME_SECONDS by default. */
  longestLifetime?: number;
}

/**
 * A commit that was made and is not yet in force. Send `commit` to all other members and `welcome` to whom it adds; then
 * `confirm`. When another commit of the same epoch came first, receive that: this one is void then, and can be made again.
 */
export interface PendingCommit {
  /** An MLSMessage, `00 01 00 02`. */
  readonly commit: Uint8Array;
  /** An MLSMessage, `00 01 00 03`, with the ratchet tree; undefined when nobody is added. */
  readonly welcome: Uint8Array | undefined;
  /** Identity keys, 32 bytes each, what others had proposed included. */
  readonly added: Uint8Array[];
  /** Likewise. */
  readonly removed: Uint8Array[];
  /** The epoch that it begins. */
  readonly epoch: bigint;
  /**
   * It was accepted: this member goes on in the new epoch.
   * @throws CoreError `STALE_COMMIT`
   */
  confirm(): Promise<void>;
  /**
   * It was not sent, or refused: this member stays in the old epoch.
   * @throws CoreError `STALE_COMMIT`
   */
  discard(): Promise<void>;
}
