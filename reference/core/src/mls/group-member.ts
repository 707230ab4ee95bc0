import {
  type CiphersuiteImpl,
  type ClientState,
  createApplicationMessage,
  createGroup,
  emptyPskIndex,
  joinGroup,
  type Proposal,
} from '../../vendor/ts-mls/index.js';
import { equalBytes } from '../crypto/primitives.ts';
import { CoreError } from '../errors.ts';
import type { IdentityKeypair } from '../identity.ts';
import { MAX_PLAINTEXT_LEN } from '../limits.ts';
import { Lock } from '../lock.ts';
import { type KeyStore, MemoryKeyStore } from '../store/key-store.ts';
import { afterConfirm, makeCommit } from './commit.ts';
import { clientConfig } from './config.ts';
import type { GroupMemberOptions, PendingCommit } from './group-types.ts';
import {
  type Clock,
  checkKeyPackage,
  generateKeyPackage,
  readKeyPackage,
  systemClock,
  toPrivatePackage,
} from './key-package.ts';
import { deleteExpired, findKeyPackage, storeKeyPackage } from './key-package-store.ts';
import { changes, copies, leafOf, memberAt, membersOf } from './members.ts';
import { type Received, receive } from './receive.ts';
import { decodeState, encodeState, type SavedState, type StoredCommit } from './saved-state.ts';
import { makeSuite } from './suite.ts';
import { readMessage, writeMessage } from './wire.ts';

/** Bytes of a group id that createGroup makes. */
const GROUP_ID_LEN = 32;

/** A commit in waiting, and the secrets that confirming it uses up. */
type Waiting = StoredCommit & { consumed: Uint8Array[] };

/**
 * A member of one MLS group (RFC 9420) of suite 0x0001, first without a group: `new`, then `createGroup`, or
 * `generateKeyPackage` and `joinGroup`. Methods may be called at once; they take their turns.
 */
export class GroupMember {
  /** Who it is; the caller's, who disposes it. */
  readonly identity: IdentityKeypair;
  readonly #suite: CiphersuiteImpl;
  readonly #keyStore: KeyStore;
  readonly #persist: ((state: Uint8Array) => Promise<void>) | undefined;
  readonly #clock: Clock;
  readonly #longestLifetime: number | undefined;
  readonly #lock = new Lock();
  #state: ClientState | undefined;
  #waiting: Waiting | undefined;
  /** The one handle of #waiting. */
  #handle: PendingCommit | undefined;

  private constructor(identity: IdentityKeypair, suite: CiphersuiteImpl, options: GroupMemberOptions) {
    this.identity = identity;
    this.#suite = suite;
    this.#keyStore = options.keyStore ?? new MemoryKeyStore();
    this.#persist = options.persist;
    this.#clock = options.clock ?? systemClock;
    this.#longestLifetime = options.longestLifetime;
  }

  /** A member without a group. The identity is not copied: disposing it ends what this member can do. */
  static async new(identity: IdentityKeypair, options: GroupMemberOptions = {}): Promise<GroupMember> {
    return new GroupMember(identity, await makeSuite((message) => identity.sign(message)), options);
  }

  /**
   * A member as it was saved; a commit that was in waiting is `pending` again.
   * @throws CoreError `STATE_MALFORMED`; `IDENTITY_MISMATCH` when it is the state of another identity
   */
  static async load(
    identity: IdentityKeypair,
    saved: Uint8Array,
    options: GroupMemberOptions = {},
  ): Promise<GroupMember> {
    const member = await GroupMember.new(identity, options);
    const { state, pending } = decodeState(saved);
    const own = memberAt(state.ratchetTree, state.privatePath.leafIndex);
    const removed = state.groupActiveState.kind === 'removedFromGroup';
    if (own ? !equalBytes(own, identity.publicKey) : !removed) {
      throw new CoreError('IDENTITY_MISMATCH', 'the stored group belongs to another identity');
    }
    member.#state = state;
    if (pending) member.#wait({ ...pending, consumed: [] });
    return member;
  }

  /** The group's id, undefined without one. */
  get groupId(): Uint8Array | undefined {
    return this.#state && Uint8Array.from(this.#state.groupContext.groupId);
  }

  /** The epoch of the group, 0 … @throws CoreError `NO_GROUP` */
  get epoch(): bigint {
    return this.#group().groupContext.epoch;
  }

  /** Whether there is a group, and this member was not removed from it. */
  get isActive(): boolean {
    return this.#state?.groupActiveState.kind === 'active';
  }

  /** The commit that waits to be confirmed or discarded. */
  get pending(): PendingCommit | undefined {
    return this.#handle;
  }

  /** @returns the identity keys of all members, 32 bytes each, in the order of their leaves @throws CoreError `NO_GROUP` */
  members(): Uint8Array[] {
    return copies(membersOf(this.#group().ratchetTree).map(({ identityKey }) => identityKey));
  }

  /**
   * Makes a KeyPackage to upload; its private parts go to the key store first. Each joins one group once. Private parts that
   * expired a month ago are deleted.
   * @returns an MLSMessage, `00 01 00 05`, and its SHA-256
   * @throws CoreError `DISPOSED`, `STORE_IO`
   */
  async generateKeyPackage(): Promise<{ keyPackage: Uint8Array; fingerprint: Uint8Array }> {
    const made = await generateKeyPackage(this.identity, this.#clock);
    await deleteExpired(this.#keyStore, this.#clock());
    await storeKeyPackage(this.#keyStore, made, this.#suite);
    for (const key of Object.values(made.privateParts)) key.fill(0);
    return { keyPackage: made.keyPackage, fingerprint: made.fingerprint };
  }

  /**
   * Makes a group of this member alone.
   * @param groupId 1 … 255 bytes; 32 random ones by default
   * @throws CoreError `IN_GROUP`, `DISPOSED`
   */
  createGroup(groupId: Uint8Array = crypto.getRandomValues(new Uint8Array(GROUP_ID_LEN))): Promise<void> {
    return this.#turn(async () => {
      this.#checkNoGroup();
      if (groupId.length < 1 || groupId.length > 255) throw new RangeError('a group id has 1 … 255 bytes');
      const made = await generateKeyPackage(this.identity, this.#clock);
      const keyPackage = readKeyPackage(made.keyPackage);
      const id = Uint8Array.from(groupId);
      const parts = toPrivatePackage(made.privateParts);
      await this.#keep(await createGroup(id, keyPackage, parts, [], this.#suite, clientConfig));
    });
  }

  /**
   * Joins by a Welcome for one of the KeyPackages of this member's key store, which is deleted then.
   * @param welcome an MLSMessage, `00 01 00 03`, with the ratchet tree
   * @throws CoreError `IN_GROUP`, `WELCOME_INVALID`, `WELCOME_NOT_FOR_US`
   */
  joinGroup(welcome: Uint8Array): Promise<void> {
    return this.#turn(async () => {
      this.#checkNoGroup();
      const message = readMessage(welcome, 'mls_welcome', 'WELCOME_INVALID').welcome;
      const { name, keyPackage, privatePackage } = await findKeyPackage(this.#keyStore, message);
      const own = keyPackage.leafNode.signaturePublicKey;
      if (!equalBytes(own, this.identity.publicKey)) {
        throw new CoreError('WELCOME_NOT_FOR_US', 'the Welcome is for another identity of this key store');
      }
      const args = [message, keyPackage, privatePackage, emptyPskIndex, this.#suite] as const;
      const state = await joinGroup(...args, undefined, undefined, clientConfig).catch((cause: unknown) => {
        throw new CoreError('WELCOME_INVALID', 'the Welcome does not lead into a right group', { cause });
      });
      await this.#keep(state);
      privatePackage.initPrivateKey.fill(0);
      await this.#keyStore.delete(name);
    });
  }

  /**
   * Makes a commit that adds somebody.
   * @param keyPackage an MLSMessage, `00 01 00 05`
   * @param expected the identity key, 32 bytes, that it must be of: a server could have given somebody else's
   * @throws CoreError `NO_GROUP`, `REMOVED`, `PENDING_COMMIT`, `KEY_PACKAGE_INVALID`, `KEY_PACKAGE_LIFETIME`,
   * `IDENTITY_MISMATCH`, `ALREADY_MEMBER`
   */
  addMember(keyPackage: Uint8Array, expected?: Uint8Array): Promise<PendingCommit> {
    return this.#commit(async (state) => {
      const added = readKeyPackage(keyPackage);
      const identityKey = await checkKeyPackage(added, this.#suite, this.#clock, this.#longestLifetime);
      if (expected && !equalBytes(identityKey, expected)) {
        throw new CoreError('IDENTITY_MISMATCH', 'the KeyPackage is of another identity than asked for');
      }
      if (leafOf(state.ratchetTree, identityKey) !== undefined)
        throw new CoreError('ALREADY_MEMBER', 'that identity is a member already');
      return [{ proposalType: 'add', add: { keyPackage: added } }];
    });
  }

  /**
   * Makes a commit that removes somebody else.
   * @param identityKey 32 bytes
   * @throws CoreError `NO_GROUP`, `REMOVED`, `PENDING_COMMIT`, `NOT_MEMBER`
   */
  removeMember(identityKey: Uint8Array): Promise<PendingCommit> {
    return this.#commit(async (state) => {
      const removed = leafOf(state.ratchetTree, identityKey);
      if (removed === undefined) throw new CoreError('NOT_MEMBER', 'that identity is no member of the group');
      if (removed === state.privatePath.leafIndex) {
        throw new CoreError('NOT_MEMBER', 'nobody can remove themselves; another member has to');
      }
      return [{ proposalType: 'remove', remove: { removed } }];
    });
  }

  /**
   * Makes a commit that renews this member's keys and puts what others proposed into force.
   * @throws CoreError `NO_GROUP`, `REMOVED`, `PENDING_COMMIT`
   */
  update(): Promise<PendingCommit> {
    return this.#commit(async () => []);
  }

  /**
   * Encrypts for all other members of the present epoch.
   * @param plaintext at most MAX_PLAINTEXT_LEN bytes
   * @returns an MLSMessage, `00 01 00 02`, to be sent once
   * @throws CoreError `NO_GROUP`, `REMOVED`, `PLAINTEXT_TOO_LONG`, `PENDING_PROPOSALS`
   */
  sendMessage(plaintext: Uint8Array): Promise<Uint8Array> {
    return this.#turn(async () => {
      const state = this.#active();
      if (plaintext.length > MAX_PLAINTEXT_LEN) {
        throw new CoreError('PLAINTEXT_TOO_LONG', `a message holds ${MAX_PLAINTEXT_LEN} bytes at most`);
      }
      if (Object.keys(state.unappliedProposals).length > 0) {
        throw new CoreError('PENDING_PROPOSALS', 'others proposed changes: commit them first (update)');
      }
      const { newState, privateMessage, consumed } = await createApplicationMessage(state, plaintext, this.#suite);
      await this.#keep(newState);
      zero(consumed);
      return writeMessage<'mls_private_message'>({ wireformat: 'mls_private_message', privateMessage });
    });
  }

  /**
   * Reads a message or commit of another member. The state moves on in memory; it is not persisted by this call, so that a
   * crash before the message was handled brings the message back instead of losing it: `persist` once it is handled.
   * @param message an MLSMessage, `00 01 00 02`
   * @throws CoreError as `receive` says; the state is then as before
   */
  receiveMessage(message: Uint8Array): Promise<Received> {
    return this.#turn(async () => {
      const state = this.#group();
      const waiting = this.#waiting;
      if (waiting && equalBytes(waiting.commit, message)) {
        const change = changes(state.ratchetTree, waiting.next.ratchetTree);
        await this.#confirm(waiting);
        const sender = Uint8Array.from(this.identity.publicKey);
        return { kind: 'commit', sender, epoch: this.epoch, ...change, isRemoved: false };
      }
      const { received, state: next, consumed } = await receive(state, this.#suite, message);
      this.#state = next;
      if (received.kind === 'commit') this.#wait(undefined);
      zero(consumed);
      return received;
    });
  }

  /**
   * Everything about the group, for `load`: secret, so to be stored encrypted or with mode 0600. The identity is not in it.
   * @throws CoreError `NO_GROUP`
   */
  save(): Promise<Uint8Array> {
    return this.#turn(async () => encodeState(this.#saved()));
  }

  /** Writes the state by the `persist` of the options; does nothing without one. @throws CoreError `NO_GROUP` */
  persist(): Promise<void> {
    return this.#turn(() => this.#write());
  }

  #turn<T>(task: () => Promise<T>): Promise<T> {
    return this.#lock.run(task);
  }

  #group(): ClientState {
    if (!this.#state) throw new CoreError('NO_GROUP', 'no group yet: create or join one');
    return this.#state;
  }

  #active(): ClientState {
    const state = this.#group();
    if (state.groupActiveState.kind !== 'active')
      throw new CoreError('REMOVED', 'this member was removed from the group');
    return state;
  }

  #checkNoGroup(): void {
    if (this.#state) throw new CoreError('IN_GROUP', 'this member has a group already');
  }

  #saved(): SavedState {
    return { state: this.#group(), pending: this.#waiting };
  }

  async #write(): Promise<void> {
    const saved = this.#saved();
    if (this.#persist) await this.#persist(encodeState(saved));
  }

  /** Takes a state on and writes it; when writing fails the state stays on, since a key must not be used twice. */
  async #keep(state: ClientState): Promise<void> {
    this.#state = state;
    await this.#write();
  }

  #commit(propose: (state: ClientState) => Promise<Proposal[]>): Promise<PendingCommit> {
    return this.#turn(async () => {
      const state = this.#active();
      if (this.#waiting) throw new CoreError('PENDING_COMMIT', 'confirm or discard the last commit first');
      const { state: before, ...waiting } = await makeCommit(state, this.#suite, await propose(state));
      const pending = this.#wait(waiting, before);
      await this.#keep(before);
      return pending as PendingCommit;
    });
  }

  #wait(waiting: Waiting | undefined, state = this.#state): PendingCommit | undefined {
    this.#waiting = waiting;
    this.#handle = undefined;
    if (!waiting || !state) return undefined;
    const ours = <T>(task: () => Promise<T>): Promise<T> =>
      this.#turn(async () => {
        if (this.#waiting !== waiting)
          throw new CoreError('STALE_COMMIT', 'this commit is void: the group went on without it');
        return task();
      });
    this.#handle = {
      commit: waiting.commit.slice(),
      welcome: waiting.welcome?.slice(),
      ...changes(state.ratchetTree, waiting.next.ratchetTree),
      epoch: waiting.next.groupContext.epoch,
      confirm: () => ours(() => this.#confirm(waiting)),
      discard: () =>
        ours(async () => {
          this.#wait(undefined);
          await this.#write();
        }),
    };
    return this.#handle;
  }

  async #confirm(waiting: Waiting): Promise<void> {
    const old = this.#group();
    this.#wait(undefined);
    await this.#keep(afterConfirm(old, waiting.next));
    zero([...waiting.consumed, old.keySchedule.initSecret]);
  }
}

function zero(secrets: Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
