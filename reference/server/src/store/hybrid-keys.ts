import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, encodeRecord, keyOf } from './records.ts';

const PUT = 1;

/** The hybrid public key of each identity, in memory, with a journal behind it. */
export class HybridKeys {
  readonly #keys = new Map<string, { identityKey: Uint8Array; hybridPublicKey: Uint8Array }>();
  #journal: Journal = noJournal;

  static async open(openJournal: OpenJournal): Promise<HybridKeys> {
    const keys = new HybridKeys();
    keys.#journal = await openJournal('hybridkeys', {
      replay: (record) => {
        const [identityKey, hybridPublicKey] = decodeRecord(record).fields as [Uint8Array, Uint8Array];
        keys.#keys.set(keyOf(identityKey), {
          identityKey: identityKey.slice(),
          hybridPublicKey: hybridPublicKey.slice(),
        });
      },
      records: function* () {
        for (const { identityKey, hybridPublicKey } of keys.#keys.values())
          yield encodeRecord(PUT, identityKey, hybridPublicKey);
      },
      liveBytes: () => keys.#keys.size * 1300,
    });
    return keys;
  }

  async put(identityKey: Uint8Array, hybridPublicKey: Uint8Array): Promise<void> {
    const key = keyOf(identityKey);
    const before = this.#keys.get(key);
    this.#keys.set(key, { identityKey, hybridPublicKey });
    await this.#journal.append({
      record: encodeRecord(PUT, identityKey, hybridPublicKey),
      undo: () => {
        if (before) this.#keys.set(key, before);
        else this.#keys.delete(key);
      },
    });
  }

  get(identityKey: Uint8Array): Uint8Array | undefined {
    return this.#keys.get(keyOf(identityKey))?.hybridPublicKey;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
