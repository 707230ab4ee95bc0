import type { Delivery } from '@quicnprotochat/proto';
import { Channels } from './channels.ts';
import { Deliveries } from './deliveries.ts';
import { HybridKeys } from './hybrid-keys.ts';
import { noJournal, type OpenJournal } from './journal.ts';
import { KeyPackages } from './key-packages.ts';
import type { Channel, QueueId, Store } from './store.ts';

/** A store whose state is in memory; what lasts is up to its journals. */
export class MapStore implements Store {
  readonly #deliveries: Deliveries;
  readonly #keyPackages: KeyPackages;
  readonly #hybridKeys: HybridKeys;
  readonly #channels: Channels;

  private constructor(deliveries: Deliveries, keyPackages: KeyPackages, hybridKeys: HybridKeys, channels: Channels) {
    this.#deliveries = deliveries;
    this.#keyPackages = keyPackages;
    this.#hybridKeys = hybridKeys;
    this.#channels = channels;
  }

  static async open(openJournal: OpenJournal): Promise<MapStore> {
    return new MapStore(
      await Deliveries.open(openJournal),
      await KeyPackages.open(openJournal),
      await HybridKeys.open(openJournal),
      await Channels.open(openJournal),
    );
  }

  enqueue(queue: QueueId, payload: Uint8Array, limits: { messages: number; bytes: number }): Promise<bigint> {
    return this.#deliveries.enqueue(queue, payload, limits);
  }

  take(queue: QueueId, max: { messages: number; bytes: number }): Promise<Delivery[]> {
    return this.#deliveries.take(queue, max);
  }

  restore(queue: QueueId, deliveries: Delivery[]): Promise<void> {
    return this.#deliveries.restore(queue, deliveries);
  }

  addKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void> {
    return this.#keyPackages.add(identityKey, keyPackage, limit);
  }

  takeKeyPackage(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#keyPackages.take(identityKey);
  }

  restoreKeyPackage(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void> {
    return this.#keyPackages.restore(identityKey, keyPackage);
  }

  putHybridKey(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void> {
    return this.#hybridKeys.put(identityKey, hybridPublicKey);
  }

  async getHybridKey(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#hybridKeys.get(identityKey);
  }

  channelOf(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array> {
    return this.#channels.of(a, b, newId);
  }

  async channel(channelId: Uint8Array): Promise<Channel | undefined> {
    return this.#channels.get(channelId);
  }

  async close(): Promise<void> {
    await Promise.all([
      this.#deliveries.close(),
      this.#keyPackages.close(),
      this.#hybridKeys.close(),
      this.#channels.close(),
    ]);
  }
}

/** A store that ends with the process: the default without a data directory. */
export function memoryStore(): Promise<Store> {
  return MapStore.open(() => Promise.resolve(noJournal));
}
