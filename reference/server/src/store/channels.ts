import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, encodeRecord, keyOf } from './records.ts';
import type { Channel } from './store.ts';

const MAKE = 1;

/** The channels, in memory, with a journal behind them. */
export class Channels {
  readonly #byId = new Map<string, Channel>();
  readonly #byPair = new Map<string, { channel: Channel; durable: Promise<void> }>();
  #journal: Journal = noJournal;

  static async open(openJournal: OpenJournal): Promise<Channels> {
    const channels = new Channels();
    channels.#journal = await openJournal('channels', {
      replay: (record) => {
        const [channelId, a, b] = decodeRecord(record).fields as [Uint8Array, Uint8Array, Uint8Array];
        channels.#add({ channelId: channelId.slice(), members: [a.slice(), b.slice()] }, Promise.resolve());
      },
      records: function* () {
        for (const { channelId, members } of channels.#byId.values()) yield encodeRecord(MAKE, channelId, ...members);
      },
      liveBytes: () => channels.#byId.size * 100,
    });
    return channels;
  }

  async of(a: Uint8Array, b: Uint8Array, newId: Uint8Array): Promise<Uint8Array> {
    const known = this.#byPair.get(pairKey(a, b));
    if (known) {
      // Made by a call that is not answered yet: that it will last is not known before.
      await known.durable;
      return known.channel.channelId;
    }
    const channel: Channel = { channelId: newId, members: [a, b] };
    const durable = this.#journal.append({
      record: encodeRecord(MAKE, newId, a, b),
      undo: () => {
        this.#byId.delete(keyOf(newId));
        this.#byPair.delete(pairKey(a, b));
      },
    });
    this.#add(channel, durable);
    await durable;
    return newId;
  }

  get(channelId: Uint8Array): Channel | undefined {
    return this.#byId.get(keyOf(channelId));
  }

  get size(): number {
    return this.#byId.size;
  }

  [Symbol.iterator](): Iterator<Channel> {
    return this.#byId.values();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #add(channel: Channel, durable: Promise<void>): void {
    this.#byId.set(keyOf(channel.channelId), channel);
    this.#byPair.set(pairKey(...channel.members), { channel, durable });
  }
}

/** The same in either order. */
const pairKey = (a: Uint8Array, b: Uint8Array): string => [keyOf(a), keyOf(b)].sort().join('+');
