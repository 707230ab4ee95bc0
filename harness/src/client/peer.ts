import { GroupMember, generateKeyPackage, HybridKeypair, IdentityKeypair, type Received } from '@quicnprotochat/core';
import type { MemoryService } from './memory-service.ts';
import { MsgType, type Unwrapped, unwrap, type Wrapping, wrap } from './wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Somebody whom the client under test talks with, played by the suite with the reference library. */
export class Peer {
  readonly name: string;
  readonly identity: IdentityKeypair;
  member: GroupMember;
  hybrid: HybridKeypair | undefined;
  readonly #service: MemoryService;
  /** MLSMessages that were read: one that comes twice, after a lost connection, does no harm. */
  readonly #seen = new Set<string>();
  /** What came while nobody asked for it. */
  readonly #followed: Received[] = [];

  private constructor(name: string, service: MemoryService, identity: IdentityKeypair, member: GroupMember) {
    this.name = name;
    this.#service = service;
    this.identity = identity;
    this.member = member;
  }

  static async make(name: string, service: MemoryService): Promise<Peer> {
    const identity = IdentityKeypair.generate();
    // How long KeyPackages may be valid is only recommended (MLS-014).
    const longestLifetime = Number.POSITIVE_INFINITY;
    return new Peer(name, service, identity, await GroupMember.new(identity, { longestLifetime }));
  }

  get key(): Uint8Array {
    return this.identity.publicKey;
  }

  /** Puts a KeyPackage up. @returns it */
  async publish(): Promise<Uint8Array> {
    const { keyPackage } = await this.member.generateKeyPackage();
    const packages = this.#service.keyPackages.get(hex(this.key)) ?? [];
    this.#service.keyPackages.set(hex(this.key), [...packages, keyPackage]);
    return keyPackage;
  }

  publishHybridKey(): void {
    this.hybrid = HybridKeypair.generate();
    this.#service.hybridKeys.set(hex(this.key), this.hybrid.publicKey.toBytes());
  }

  /** A KeyPackage that is not good now: it was made so many days ago. */
  async oldKeyPackage(days: number): Promise<Uint8Array> {
    const then = Math.floor(Date.now() / 1000) - days * 86_400;
    return (await generateKeyPackage(this.identity, () => then)).keyPackage;
  }

  /** Takes what is in the queue, out of whatever is around it. @throws Error for what holds no MLSMessage */
  take(channelId?: Uint8Array): Unwrapped[] {
    const queue = this.#service.queue(this.key, channelId);
    return queue.splice(0).map(({ payload }) => unwrap(payload, this.hybrid));
  }

  /** Follows a Welcome of the queue. @returns what else was in it @throws Error when there is none that leads into a group */
  async join(): Promise<{ welcome: Unwrapped; others: Unwrapped[] }> {
    const all = this.take();
    const welcome = all.find(({ format }) => format === 'Welcome');
    if (!welcome) throw new Error(`there is no Welcome in ${this.name}'s queue, which holds ${all.length} payloads`);
    const { member } = this;
    await member.joinGroup(welcome.message).catch((error: unknown) => {
      throw new Error(`${this.name} cannot join by the Welcome: ${error instanceof Error ? error.message : error}`);
    });
    return { welcome, others: all.filter((one) => one !== welcome) };
  }

  /**
   * Reads what is in the queue already: a client may change the group when it likes, and whoever speaks goes by that.
   * What it was comes with the next `read`.
   */
  async follow(): Promise<void> {
    // What cannot be read is found where a scenario asks for it.
    if (this.member.isActive) this.#followed.push(...(await this.read().catch(() => [])));
  }

  /** Reads all that is in the queue. @throws Error for what cannot be read */
  async read(channelId?: Uint8Array): Promise<Received[]> {
    const received: Received[] = this.#followed.splice(0);
    for (const { message, format } of this.take(channelId)) {
      if (format !== 'PrivateMessage') throw new Error(`a ${format} is in ${this.name}'s queue, not a PrivateMessage`);
      if (this.#seen.has(hex(message))) continue;
      this.#seen.add(hex(message));
      received.push(
        await this.member.receiveMessage(message).catch((error: unknown) => {
          throw new Error(`${this.name} cannot read a message: ${error instanceof Error ? error.message : error}`);
        }),
      );
    }
    return received;
  }

  /** Makes a group and adds somebody. @returns the Welcome, wrapped for them */
  async invite(identityKey: Uint8Array, keyPackage: Uint8Array, wrapping: Wrapping): Promise<Uint8Array> {
    if (!this.member.isActive) await this.member.createGroup();
    const pending = await this.member.addMember(keyPackage, identityKey);
    await pending.confirm();
    return this.wrapFor(identityKey, pending.welcome as Uint8Array, MsgType.mlsWelcome, wrapping);
  }

  /** Encrypts a text for the group, wrapped for somebody. */
  async message(text: string | Uint8Array, to: Uint8Array, wrapping: Wrapping): Promise<Uint8Array> {
    const message = await this.member.sendMessage(Buffer.from(text as string));
    return this.wrapFor(to, message, MsgType.mlsApplication, wrapping);
  }

  wrapFor(to: Uint8Array, message: Uint8Array, msgType: MsgType, wrapping: Wrapping, sender = this.key): Uint8Array {
    const groupId = this.member.groupId as Uint8Array;
    return wrap({ message, msgType, groupId, sender }, wrapping, this.#service.hybridKeys.get(hex(to)));
  }
}
