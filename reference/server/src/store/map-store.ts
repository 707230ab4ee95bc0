import type { Delivery } from '@quicnprotochat/proto';
import { AccountBook } from './account-book.ts';
import { Channels } from './channels.ts';
import { Deliveries } from './deliveries.ts';
import { IdentityValues } from './identity-values.ts';
import { noJournal, type OpenJournal } from './journal.ts';
import { KeyPackages } from './key-packages.ts';
import type { Channel, QueueId, QueueLimits, Registered, Store, StoreItem, StoreStats, Token, User } from './store.ts';

interface Parts {
  deliveries: Deliveries;
  keyPackages: KeyPackages;
  hybridKeys: IdentityValues;
  endpoints: IdentityValues;
  channels: Channels;
  accounts: AccountBook;
}

/** A store whose state is in memory; what lasts is up to its journals. */
export class MapStore implements Store {
  /** Nobody else has this store open. */
  onArrival: Store['onArrival'];
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  static async open(openJournal: OpenJournal): Promise<MapStore> {
    return new MapStore({
      deliveries: await Deliveries.open(openJournal),
      keyPackages: await KeyPackages.open(openJournal),
      hybridKeys: await IdentityValues.open('hybridkeys', openJournal),
      endpoints: await IdentityValues.open('endpoints', openJournal),
      channels: await Channels.open(openJournal),
      accounts: await AccountBook.open(openJournal),
    });
  }

  enqueue(queue: QueueId, payload: Uint8Array, limits: QueueLimits): Promise<bigint> {
    return this.#parts.deliveries.enqueue(queue, payload, limits);
  }

  enqueueAll(queues: readonly QueueId[], payload: Uint8Array, limits: QueueLimits): Promise<bigint[]> {
    return this.#parts.deliveries.enqueueAll(queues, payload, limits);
  }

  take(queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
    return this.#parts.deliveries.take(queue, max);
  }

  peek(queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
    return this.#parts.deliveries.peek(queue, max);
  }

  ack(queue: QueueId, seqUpTo: bigint): Promise<void> {
    return this.#parts.deliveries.ack(queue, seqUpTo);
  }

  restore(queue: QueueId, deliveries: Delivery[]): Promise<void> {
    return this.#parts.deliveries.restore(queue, deliveries);
  }

  addKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void> {
    return this.#parts.keyPackages.add(identityKey, keyPackage, limit);
  }

  takeKeyPackage(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#parts.keyPackages.take(identityKey);
  }

  restoreKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void> {
    return this.#parts.keyPackages.restore(identityKey, keyPackage);
  }

  putHybridKey(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void> {
    return this.#parts.hybridKeys.put(identityKey, hybridPublicKey);
  }

  async getHybridKey(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#parts.hybridKeys.get(identityKey);
  }

  async getHybridKeys(identityKeys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return identityKeys.map((identityKey) => this.#parts.hybridKeys.get(identityKey));
  }

  putEndpoint(identityKey: Uint8Array, nodeAddr: Uint8Array): Promise<void> {
    return this.#parts.endpoints.put(identityKey, nodeAddr);
  }

  async getEndpoint(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#parts.endpoints.get(identityKey);
  }

  channelOf(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array> {
    return this.#parts.channels.of(a, b, newId);
  }

  async channel(channelId: Uint8Array): Promise<Channel | undefined> {
    return this.#parts.channels.get(channelId);
  }

  addUser(user: User, limit: number): Promise<Registered> {
    return this.#parts.accounts.addUser(user, limit);
  }

  async user(username: string): Promise<User | undefined> {
    return this.#parts.accounts.user(username);
  }

  async users(): Promise<User[]> {
    return this.#parts.accounts.users();
  }

  addToken(token: Token, limit: number): Promise<void> {
    return this.#parts.accounts.addToken(token, limit);
  }

  async token(digest: Uint8Array): Promise<Token | undefined> {
    return this.#parts.accounts.token(digest);
  }

  async tokens(): Promise<Token[]> {
    return this.#parts.accounts.tokens();
  }

  revoke(name: string): Promise<boolean> {
    return this.#parts.accounts.revoke(name);
  }

  forgetTokens(expiredBeforeMs: number): Promise<number> {
    return this.#parts.accounts.forgetTokens(expiredBeforeMs);
  }

  claimSetting(name: string, value: Uint8Array): Promise<Uint8Array> {
    return this.#parts.accounts.claimSetting(name, value);
  }

  async stats(): Promise<StoreStats> {
    const { deliveries, keyPackages, hybridKeys, endpoints, channels, accounts } = this.#parts;
    return {
      ...deliveries.stats(),
      keyPackages: keyPackages.size,
      keyPackageBytes: keyPackages.bytes,
      hybridKeys: hybridKeys.size,
      endpoints: endpoints.size,
      channels: channels.size,
      users: accounts.users().length,
      tokens: accounts.tokens().length,
    };
  }

  async *dump(): AsyncGenerator<StoreItem> {
    const { deliveries, keyPackages, hybridKeys, endpoints, channels, accounts } = this.#parts;
    for (const setting of accounts.settings()) yield { kind: 'setting', ...setting };
    for (const user of accounts.users()) yield { kind: 'user', user };
    for (const token of accounts.tokens()) yield { kind: 'token', token };
    for (const channel of channels) yield { kind: 'channel', channel };
    for (const { identityKey, value } of hybridKeys) yield { kind: 'hybridKey', identityKey, hybridPublicKey: value };
    for (const { identityKey, value } of endpoints) yield { kind: 'endpoint', identityKey, nodeAddr: value };
    for (const { identityKey, keyPackage } of keyPackages) yield { kind: 'keyPackage', identityKey, keyPackage };
    yield* deliveries.items();
  }

  async load(items: readonly StoreItem[]): Promise<void> {
    await Promise.all(items.map((item) => this.#loadOne(item)));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#parts).map((part) => part.close()));
  }

  #loadOne(item: StoreItem): Promise<unknown> {
    const { deliveries, keyPackages, hybridKeys, endpoints, channels, accounts } = this.#parts;
    const noLimit = Number.POSITIVE_INFINITY;
    switch (item.kind) {
      case 'queue':
        return deliveries.setNextSeq(item.queue, item.nextSeq);
      case 'delivery':
        return deliveries.restore(item.queue, [item.delivery]);
      case 'keyPackage':
        return keyPackages.add(item.identityKey, item.keyPackage, noLimit);
      case 'hybridKey':
        return hybridKeys.put(item.identityKey, item.hybridPublicKey);
      case 'endpoint':
        return endpoints.put(item.identityKey, item.nodeAddr);
      case 'channel':
        return channels.of(...item.channel.members, item.channel.channelId);
      case 'user':
        return accounts.addUser(item.user, noLimit);
      case 'token':
        return accounts.addToken(item.token, noLimit);
      case 'setting':
        return accounts.claimSetting(item.name, item.value);
    }
  }
}

/** A store that ends with the process: the default without a data directory. */
export function memoryStore(): Promise<Store> {
  return MapStore.open(() => Promise.resolve(noJournal));
}
