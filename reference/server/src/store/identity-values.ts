import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, encodeRecord, keyOf } from './records.ts';

const PUT = 1;
const RECORD_OVERHEAD = 50;

/** One value for each identity, the last that was put, in memory, with a journal behind it. */
export class IdentityValues {
  readonly #values = new Map<string, { identityKey: Uint8Array; value: Uint8Array }>();
  #journal: Journal = noJournal;
  #liveBytes = 0;

  /** @param name of the journal: `hybridkeys`, `endpoints` */
  static async open(name: string, openJournal: OpenJournal): Promise<IdentityValues> {
    const values = new IdentityValues();
    values.#journal = await openJournal(name, {
      replay: (record) => {
        const [identityKey, value] = decodeRecord(record).fields as [Uint8Array, Uint8Array];
        values.#set(identityKey.slice(), value.slice());
      },
      records: function* () {
        for (const { identityKey, value } of values) yield encodeRecord(PUT, identityKey, value);
      },
      liveBytes: () => values.#liveBytes,
    });
    return values;
  }

  get size(): number {
    return this.#values.size;
  }

  async put(identityKey: Uint8Array, value: Uint8Array): Promise<void> {
    const before = this.get(identityKey);
    this.#set(identityKey, value);
    await this.#journal.append({
      record: encodeRecord(PUT, identityKey, value),
      undo: () => {
        if (before) this.#set(identityKey, before);
        else this.#delete(identityKey);
      },
    });
  }

  get(identityKey: Uint8Array): Uint8Array | undefined {
    return this.#values.get(keyOf(identityKey))?.value;
  }

  [Symbol.iterator](): Iterator<{ identityKey: Uint8Array; value: Uint8Array }> {
    return this.#values.values();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #set(identityKey: Uint8Array, value: Uint8Array): void {
    this.#delete(identityKey);
    this.#values.set(keyOf(identityKey), { identityKey, value });
    this.#liveBytes += value.length + RECORD_OVERHEAD;
  }

  #delete(identityKey: Uint8Array): void {
    const before = this.get(identityKey);
    if (!before) return;
    this.#values.delete(keyOf(identityKey));
    this.#liveBytes -= before.length + RECORD_OVERHEAD;
  }
}
