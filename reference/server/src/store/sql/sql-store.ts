import type { Delivery } from '@quicnprotochat/proto';
import { keyOf } from '../records.ts';
import type { Channel, QueueId, QueueLimits, Registered, Store, StoreItem, StoreStats, Token, User } from '../store.ts';
import * as accounts from './accounts.ts';
import * as deliveries from './deliveries.ts';
import { dump } from './dump.ts';
import * as identities from './identities.ts';
import type { Change, Database } from './sql.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;
/** Users, tokens and settings: they change seldom, and depend on each other. */
const ACCOUNTS = ['accounts'];
const queueLock = ({ channelId, recipientKey }: QueueId): string => `queue ${keyOf(channelId, recipientKey)}`;
const packagesLock = (identityKey: Uint8Array): string[] => [`packages ${keyOf(identityKey)}`];
const pairLock = (a: Uint8Array, b: Uint8Array): string[] => [`pair ${keyOf(identities.pairOf(a, b))}`];

/** A store in the tables of a database. */
export class SqlStore implements Store {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get onArrival(): Store['onArrival'] {
    return this.#database.onArrival;
  }

  set onArrival(listener: Store['onArrival']) {
    this.#database.onArrival = listener;
  }

  enqueue(queue: QueueId, payload: Uint8Array, limits: QueueLimits): Promise<bigint> {
    return this.#database.change([queueLock(queue)], (change) => deliveries.enqueue(change, queue, payload, limits));
  }

  enqueueAll(queues: readonly QueueId[], payload: Uint8Array, limits: QueueLimits): Promise<bigint[]> {
    return this.#database.change(queues.map(queueLock), (change) =>
      deliveries.enqueueAll(change, queues, payload, limits),
    );
  }

  take(queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
    return this.#database.change([queueLock(queue)], (change) => deliveries.take(change, queue, max));
  }

  /** In line with the changes, so that it shows those that were made before it. */
  peek(queue: QueueId, max: QueueLimits): Promise<Delivery[]> {
    return this.#database.change([queueLock(queue)], (change) => deliveries.peek(change, queue, max));
  }

  ack(queue: QueueId, seqUpTo: bigint): Promise<void> {
    return this.#database.change([queueLock(queue)], (change) => deliveries.ack(change, queue, seqUpTo));
  }

  restore(queue: QueueId, taken: Delivery[]): Promise<void> {
    return this.#database.change([queueLock(queue)], (change) => deliveries.restore(change, queue, taken));
  }

  addKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void> {
    return this.#database.change(packagesLock(identityKey), (change) =>
      identities.addKeyPackage(change, identityKey, keyPackage, limit),
    );
  }

  takeKeyPackage(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#database.change(packagesLock(identityKey), (change) => identities.takeKeyPackage(change, identityKey));
  }

  restoreKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void> {
    return this.#database.change(packagesLock(identityKey), (change) =>
      identities.restoreKeyPackage(change, identityKey, keyPackage),
    );
  }

  putHybridKey(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void> {
    return this.#put(identities.HYBRID_KEYS, identityKey, hybridPublicKey);
  }

  async getHybridKey(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return (await this.getHybridKeys([identityKey]))[0];
  }

  getHybridKeys(identityKeys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    return this.#database.read((sql) => identities.getValues(sql, identities.HYBRID_KEYS, identityKeys));
  }

  putEndpoint(identityKey: Uint8Array, nodeAddr: Uint8Array): Promise<void> {
    return this.#put(identities.ENDPOINTS, identityKey, nodeAddr);
  }

  async getEndpoint(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    const [nodeAddr] = await this.#database.read((sql) =>
      identities.getValues(sql, identities.ENDPOINTS, [identityKey]),
    );
    return nodeAddr;
  }

  channelOf(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array> {
    return this.#database.change(pairLock(a, b), (change) => identities.channelOf(change, a, b, newId));
  }

  channel(channelId: Uint8Array): Promise<Channel | undefined> {
    return this.#database.read((sql) => identities.channel(sql, channelId));
  }

  addUser(user: User, limit: number): Promise<Registered> {
    return this.#database.change(ACCOUNTS, (change) => accounts.addUser(change, user, limit));
  }

  user(username: string): Promise<User | undefined> {
    return this.#database.read((sql) => accounts.user(sql, username));
  }

  users(): Promise<User[]> {
    return this.#database.read(accounts.users);
  }

  addToken(token: Token, limit: number): Promise<void> {
    return this.#database.change(ACCOUNTS, (change) => accounts.addToken(change, token, limit));
  }

  token(digest: Uint8Array): Promise<Token | undefined> {
    return this.#database.read((sql) => accounts.token(sql, digest));
  }

  tokens(): Promise<Token[]> {
    return this.#database.read(accounts.tokens);
  }

  revoke(name: string): Promise<boolean> {
    return this.#database.change(ACCOUNTS, (change) => accounts.revoke(change, name));
  }

  forgetTokens(expiredBeforeMs: number): Promise<number> {
    return this.#database.change(ACCOUNTS, (change) => accounts.forgetTokens(change, expiredBeforeMs));
  }

  claimSetting(name: string, value: Uint8Array): Promise<Uint8Array> {
    return this.#database.change(ACCOUNTS, (change) => accounts.claimSetting(change, name, value));
  }

  async stats(): Promise<StoreStats> {
    const [row] = await this.#database.read((sql) =>
      sql.all<Record<string, bigint>>(`SELECT
        (SELECT COUNT(*) FROM queues WHERE messages > 0) AS queues,
        (SELECT CAST(COALESCE(SUM(messages), 0) AS BIGINT) FROM queues) AS messages,
        (SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM queues) AS message_bytes,
        (SELECT COUNT(*) FROM key_packages) AS key_packages,
        (SELECT CAST(COALESCE(SUM(LENGTH(package)), 0) AS BIGINT) FROM key_packages) AS key_package_bytes,
        (SELECT COUNT(*) FROM hybrid_keys) AS hybrid_keys,
        (SELECT COUNT(*) FROM endpoints) AS endpoints,
        (SELECT COUNT(*) FROM channels) AS channels,
        (SELECT COUNT(*) FROM users) AS users,
        (SELECT COUNT(*) FROM tokens) AS tokens`),
    );
    return {
      queues: Number(row?.queues),
      messages: Number(row?.messages),
      messageBytes: Number(row?.message_bytes),
      keyPackages: Number(row?.key_packages),
      keyPackageBytes: Number(row?.key_package_bytes),
      hybridKeys: Number(row?.hybrid_keys),
      endpoints: Number(row?.endpoints),
      channels: Number(row?.channels),
      users: Number(row?.users),
      tokens: Number(row?.tokens),
    };
  }

  dump(): AsyncIterable<StoreItem> {
    return dump(this.#database);
  }

  load(items: readonly StoreItem[]): Promise<void> {
    return this.#database.change([], async (change) => {
      for (const item of items) await loadOne(change, item);
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #put(table: identities.ValueTable, identityKey: Uint8Array, value: Uint8Array): Promise<void> {
    return this.#database.change([`${table.table} ${keyOf(identityKey)}`], (change) =>
      identities.putValue(change, table, identityKey, value),
    );
  }
}

function loadOne(change: Change, item: StoreItem): Promise<unknown> {
  switch (item.kind) {
    case 'queue':
      return deliveries.keepNextSeq(change, item.queue, item.nextSeq);
    case 'delivery':
      return deliveries.restore(change, item.queue, [item.delivery]);
    case 'keyPackage':
      return identities.addKeyPackage(change, item.identityKey, item.keyPackage, NO_LIMIT);
    case 'hybridKey':
      return identities.putValue(change, identities.HYBRID_KEYS, item.identityKey, item.hybridPublicKey);
    case 'endpoint':
      return identities.putValue(change, identities.ENDPOINTS, item.identityKey, item.nodeAddr);
    case 'channel':
      return identities.channelOf(change, ...item.channel.members, item.channel.channelId);
    case 'user':
      return accounts.addUser(change, item.user, NO_LIMIT);
    case 'token':
      return accounts.addToken(change, item.token, NO_LIMIT);
    case 'setting':
      return accounts.claimSetting(change, item.name, item.value);
  }
}
