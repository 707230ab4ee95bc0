import {
  CoreError,
  GroupMember,
  HybridKeypair,
  IdentityKeypair,
  type KeyStore,
  type PendingCommit,
} from '@quicnprotochat/core';
import { MsgType } from '@quicnprotochat/proto';
import type { ClientAuth } from '../client-auth.ts';
import { ClientError } from '../errors.ts';
import type { NodeClient } from '../node/node-client.ts';
import { hex } from '../output.ts';
import type { Outgoing, Shown, StoredState } from '../state/stored-state.ts';
import { fetchKeyPackage, uploadHybridKey, uploadKeyPackage } from './directory.ts';
import { type Reader, readWaiting, shortKey, takeIn } from './incoming.ts';
import { address, flush, type Refusal } from './outgoing.ts';
import { Queue } from './queue.ts';

/** Under which name the key store keeps the seed of the hybrid key pair. */
const HYBRID_NAME = 'hybrid/current';
/** Messages that are taken from the queue at once. */
const BATCH = 32;

/** What a session is put together from. */
export interface SessionOptions {
  /** Makes the calls; the caller's, who closes it. */
  node: NodeClient;
  /** What it shows of itself with each call. */
  auth: ClientAuth;
  /** From a StateFile, or `newState`. The session changes it, and asks for it to be saved. */
  state: StoredState;
  /** Keeps the private parts of KeyPackages, and the seed of the hybrid key. */
  keyStore: KeyStore;
  /** Makes the state survive a crash. */
  save: (state: StoredState) => Promise<void>;
  /** Queues of this channel, 16 bytes; the default queues when empty. */
  channelId?: Uint8Array | undefined;
}

/**
 * One identity at work: its KeyPackages, its group, its queue. Whoever has one holds the lock of the state.
 *
 * Nothing is lost by a crash: what was received is in the state before the server forgets it, and stays in its inbox until
 * it was shown; what is sent is in the state's outbox, with the keys it used up, before a byte of it leaves.
 */
export class Session implements Reader {
  /** What is saved: identity, group, inbox, outbox. Secret. */
  readonly state: StoredState;
  /** Wiped by `dispose`. */
  readonly identity: IdentityKeypair;
  /** The own queue, or the one in the channel. */
  readonly queue: Queue;
  /** Its place in the group; another one after `createGroup` and `leave`. */
  member: GroupMember;
  /** undefined until `register` makes one. */
  hybrid: HybridKeypair | undefined;
  readonly #options: SessionOptions;
  readonly #channelId: Uint8Array;

  private constructor(options: SessionOptions, identity: IdentityKeypair, member: GroupMember, hybrid?: HybridKeypair) {
    const { node, auth, state, channelId = new Uint8Array() } = options;
    this.#options = options;
    this.#channelId = channelId;
    this.state = state;
    this.identity = identity;
    this.member = member;
    this.hybrid = hybrid;
    this.queue = new Queue(node, auth, identity.publicKey, channelId);
  }

  /** Reads what the state holds; nothing is sent. @throws ClientError `state` */
  static async open(options: SessionOptions): Promise<Session> {
    const { state, keyStore } = options;
    const identity = IdentityKeypair.fromSeed(state.seed);
    const memberOptions = Session.#memberOptions(options);
    const member =
      state.group === undefined
        ? await GroupMember.new(identity, memberOptions)
        : await GroupMember.load(identity, state.group, memberOptions);
    const seed = await keyStore.get(HYBRID_NAME);
    return new Session(options, identity, member, seed && HybridKeypair.fromSeed(seed));
  }

  static #memberOptions({ state, keyStore, save }: SessionOptions) {
    return {
      keyStore,
      persist: async (group: Uint8Array): Promise<void> => {
        state.group = group;
        await save(state);
      },
    };
  }

  /** Ed25519 public key, 32 bytes. */
  get identityKey(): Uint8Array {
    return this.identity.publicKey;
  }

  /** A member without a group, of this identity and key store. */
  newMember(): Promise<GroupMember> {
    return GroupMember.new(this.identity, Session.#memberOptions(this.#options));
  }

  /** Makes the state survive a crash, as the options say. */
  save(): Promise<void> {
    return this.#options.save(this.state);
  }

  /** Wipes what is secret in memory. */
  dispose(): void {
    this.identity.dispose();
    this.hybrid?.dispose();
  }

  /**
   * Uploads new KeyPackages, and the hybrid key, which is made first if need be.
   * @returns the fingerprints of the KeyPackages, 32 bytes each
   * @throws ClientError `untrusted`, `refused`, `connection`
   */
  async register(count: number): Promise<Uint8Array[]> {
    const { node, auth, keyStore } = this.#options;
    if (!this.hybrid) {
      const made = HybridKeypair.generate();
      await keyStore.set(HYBRID_NAME, made.exportSeed());
      this.hybrid = made;
    }
    const fingerprints: Uint8Array[] = [];
    for (let i = 0; i < count; i += 1) {
      const { keyPackage } = await this.member.generateKeyPackage();
      fingerprints.push(await uploadKeyPackage(node, auth, this.identityKey, keyPackage));
    }
    await uploadHybridKey(node, auth, this.identityKey, this.hybrid.publicKey.toBytes());
    return fingerprints;
  }

  /** @param groupId 32 bytes */
  async createGroup(groupId: Uint8Array): Promise<void> {
    if (this.member.isActive) throw inGroup();
    const member = await this.newMember();
    await member.createGroup(groupId);
    this.member = member;
  }

  /** Forgets the group; the others do not learn of it. */
  async leave(): Promise<void> {
    this.member = await this.newMember();
    this.state.group = undefined;
    this.state.outbox = [];
    await this.save();
  }

  /**
   * Adds somebody: fetches one of their KeyPackages, commits, and sends the commit to the others and the Welcome to them.
   * @returns what the server refused for some of the others
   * @throws ClientError
   */
  async invite(peerKey: Uint8Array): Promise<Refusal[]> {
    await this.sync();
    this.#requireGroup();
    if (this.#isMember(peerKey)) throw new ClientError('usage', `${hex(peerKey)} is a member already`);
    const { node, auth } = this.#options;
    const { keyPackage } = await fetchKeyPackage(node, auth, peerKey);
    return this.#commit(await this.member.addMember(keyPackage, peerKey));
  }

  /** Removes somebody, as `invite` adds them. @throws ClientError */
  async remove(peerKey: Uint8Array): Promise<Refusal[]> {
    await this.sync();
    this.#requireGroup();
    if (!this.#isMember(peerKey)) throw new ClientError('absent', `${hex(peerKey)} is no member of the group`);
    if (hex(peerKey) === hex(this.identityKey))
      throw new ClientError(
        'usage',
        'nobody can remove themselves: ask another member, or forget the group by "leave"',
      );
    return this.#commit(await this.member.removeMember(peerKey));
  }

  /** Renews the own keys in the group. @throws ClientError */
  async update(): Promise<Refusal[]> {
    await this.sync();
    this.#requireGroup();
    return this.#commit(await this.member.update());
  }

  /**
   * Encrypts a message for the group, and puts it into the members' queues.
   * @param to only this member's queue; all others' without it
   * @returns whose queues, and what the server refused
   * @throws ClientError
   */
  async send(plaintext: Uint8Array, to?: Uint8Array): Promise<{ recipients: Uint8Array[]; refusals: Refusal[] }> {
    await this.sync();
    this.#requireGroup();
    if (to && !this.#isMember(to)) throw new ClientError('absent', `${hex(to)} is no member of the group`);
    const recipients = this.#others().filter((key) => !to || hex(key) === hex(to));
    if (recipients.length === 0) throw new ClientError('absent', 'nobody else is in the group: invite somebody first');
    const message = await this.#encrypt(plaintext);
    await this.#post(MsgType.mlsApplication, 'the message', message, recipients);
    await this.save();
    return { recipients, refusals: await this.#flush() };
  }

  /**
   * Takes in all that is in the queue, without showing it.
   * @returns how many payloads came
   * @throws ClientError
   */
  async sync(mayJoin = false): Promise<number> {
    await this.recover();
    let count = 0;
    for (;;) {
      const taken = await this.takeBatch(mayJoin);
      if (taken.length === 0) return count;
      count += taken.length;
      await this.doneWith(taken);
    }
  }

  /** Takes in what waits for a Welcome in the state itself, the Welcome included. */
  async joinWaiting(): Promise<void> {
    await readWaiting(this, true);
    await this.#persist();
  }

  /**
   * Takes in the oldest payloads: when this returns they are in the state. The server is to be told by `doneWith`.
   * @param given payloads that were taken out of the queue already
   */
  async takeBatch(
    mayJoin = false,
    given?: { seq: bigint; payload: Uint8Array }[],
  ): Promise<{ seq: bigint; payload: Uint8Array }[]> {
    const taken = given ?? (await this.queue.take(BATCH));
    if (taken.length === 0) return taken;
    await takeIn(
      this,
      taken.map(({ payload }) => payload),
      mayJoin,
    );
    await this.#persist();
    return taken;
  }

  /** Tells the server that the payloads need not be kept. */
  async doneWith(taken: { seq: bigint; payload: Uint8Array }[]): Promise<void> {
    await this.queue.done(taken);
    // Not saved for this alone: until the next time it is written, the state knows some payloads too many.
    this.state.handled = [];
  }

  /** Shows what is in the inbox, and keeps it there until that is done. */
  async show(one: (shown: Shown) => Promise<void>): Promise<number> {
    const { inbox } = this.state;
    if (inbox.length === 0) return 0;
    let count = 0;
    try {
      for (const shown of inbox) {
        await one(shown);
        count += 1;
      }
    } finally {
      if (count > 0) {
        inbox.splice(0, count);
        await this.save();
      }
    }
    return count;
  }

  /** Finishes what a crash or a lost connection has left undone: unsent payloads, a commit not confirmed. @throws ClientError */
  async recover(): Promise<void> {
    const { pending } = this.member;
    if (this.state.outbox.length === 0 && !pending) return;
    const refusals = pending ? await this.#settle(pending) : await this.#flush();
    for (const { recipient, what, error } of refusals) {
      const fields = { recipient: hex(recipient), what, code: error.code };
      const text = `(${what} of before did not reach ${shortKey(recipient)}: ${error.message})`;
      this.state.inbox.push({ type: 'undelivered', fields, text });
    }
    if (refusals.length > 0) await this.save();
  }

  async #commit(pending: PendingCommit): Promise<Refusal[]> {
    const others = this.#others();
    const removed = new Set(pending.removed.map(hex));
    const added = pending.added;
    try {
      await this.#post(MsgType.mlsCommit, 'the commit', pending.commit, others);
      if (pending.welcome) await this.#post(MsgType.mlsWelcome, 'the Welcome', pending.welcome, added);
    } catch (error) {
      this.state.outbox = [];
      await pending.discard();
      throw error;
    }
    await this.save();
    const refusals = await this.#settle(pending);
    // Whoever is removed need not take it.
    return refusals.filter(({ recipient }) => !removed.has(hex(recipient)));
  }

  /** Sends a commit and what belongs to it; it is in force as soon as somebody has it. */
  async #settle(pending: PendingCommit): Promise<Refusal[]> {
    const count = this.state.outbox.reduce((sum, { recipients }) => sum + recipients.length, 0);
    const refusals = await flush(this.#options.node, this.#options.auth, this.state.outbox);
    const [first] = refusals;
    if (first && refusals.length === count) {
      await pending.discard();
      throw first.error;
    }
    await pending.confirm();
    return refusals;
  }

  async #flush(): Promise<Refusal[]> {
    const refusals = await flush(this.#options.node, this.#options.auth, this.state.outbox);
    await this.save();
    return refusals;
  }

  /** Puts a message into the outbox. */
  async #post(msgType: MsgType, what: string, message: Uint8Array, recipients: Uint8Array[]): Promise<void> {
    const { node, auth } = this.#options;
    const groupId = this.member.groupId as Uint8Array;
    const content = { msgType, groupId, sender: this.identityKey, message, what, channelId: this.#channelId };
    const outgoing: Outgoing[] = await address(node, auth, content, recipients);
    this.state.outbox.push(...outgoing);
  }

  async #encrypt(plaintext: Uint8Array): Promise<Uint8Array> {
    try {
      return await this.member.sendMessage(plaintext);
    } catch (error) {
      if (!(error instanceof CoreError)) throw error;
      if (error.code === 'PENDING_PROPOSALS') {
        await this.#commit(await this.member.update());
        return this.member.sendMessage(plaintext);
      }
      if (error.code === 'PLAINTEXT_TOO_LONG') throw new ClientError('usage', error.message, { cause: error });
      throw error;
    }
  }

  async #persist(): Promise<void> {
    if (this.member.groupId === undefined) await this.save();
    else await this.member.persist();
  }

  #others(): Uint8Array[] {
    const own = hex(this.identityKey);
    return this.member.members().filter((key) => hex(key) !== own);
  }

  #isMember(key: Uint8Array): boolean {
    return this.member.members().some((member) => hex(member) === hex(key));
  }

  #requireGroup(): void {
    if (this.member.isActive) return;
    throw this.member.groupId === undefined
      ? new ClientError('absent', 'this state is in no group: create-group makes one, join follows an invitation')
      : new ClientError('absent', 'you were removed from this group: ask to be invited again, then join');
  }
}

/** What creating or joining a group fails with in one: kind `usage`. */
export const inGroup = (): ClientError =>
  new ClientError('usage', 'this state is in a group already: use another --state, or "quicnprotochat leave" first');
