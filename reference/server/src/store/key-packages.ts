import { Fifo } from './fifo.ts';
import { type Journal, noJournal, type OpenJournal } from './journal.ts';
import { decodeRecord, decodeSeq, encodeRecord, encodeSeq, keyOf } from './records.ts';
import { FullError } from './store.ts';

interface Packages {
  identityKey: Uint8Array;
  packages: Fifo;
}

const ADD = 1;
const TAKE = 2;
const RECORD_OVERHEAD = 70;
/** What is put back goes in front: numbers go down for it. Numbers start in the middle of their range. */
const FIRST = 1n << 40n;

/** The KeyPackages of all identities, in memory, with a journal behind them. */
export class KeyPackages {
  readonly #byIdentity = new Map<string, Packages>();
  #journal: Journal = noJournal;
  #next = FIRST;
  #nextFront = FIRST - 1n;
  #liveBytes = 0;

  static async open(openJournal: OpenJournal): Promise<KeyPackages> {
    const packages = new KeyPackages();
    packages.#journal = await openJournal('keypackages', {
      replay: (record) => packages.#replay(record),
      records: () => packages.#records(),
      liveBytes: () => packages.#liveBytes,
    });
    return packages;
  }

  async add(identityKey: Uint8Array, keyPackage: Uint8Array, limit: number): Promise<void> {
    if (this.#of(identityKey).packages.length >= limit) throw new FullError();
    const order = this.#next;
    this.#next += 1n;
    await this.#insert(identityKey, order, keyPackage);
  }

  async restore(identityKey: Uint8Array, keyPackage: Uint8Array): Promise<void> {
    const order = this.#nextFront;
    this.#nextFront -= 1n;
    await this.#insert(identityKey, order, keyPackage);
  }

  async take(identityKey: Uint8Array): Promise<Uint8Array | undefined> {
    const { packages } = this.#of(identityKey);
    const taken = packages.takeFirst();
    if (!taken) return undefined;
    this.#liveBytes -= taken.bytes.length + RECORD_OVERHEAD;
    await this.#journal.append({
      record: encodeRecord(TAKE, identityKey, encodeSeq(taken.order)),
      undo: () => this.#put(packages, taken.order, taken.bytes),
    });
    return taken.bytes;
  }

  get size(): number {
    let size = 0;
    for (const { packages } of this.#byIdentity.values()) size += packages.length;
    return size;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    let bytes = 0;
    for (const { packages } of this.#byIdentity.values()) bytes += packages.bytes;
    return bytes;
  }

  *[Symbol.iterator](): Generator<{ identityKey: Uint8Array; keyPackage: Uint8Array }> {
    for (const { identityKey, packages } of this.#byIdentity.values())
      for (const { bytes } of packages) yield { identityKey, keyPackage: bytes };
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  async #insert(identityKey: Uint8Array, order: bigint, keyPackage: Uint8Array): Promise<void> {
    const { packages } = this.#of(identityKey);
    this.#put(packages, order, keyPackage);
    await this.#journal.append({
      record: encodeRecord(ADD, identityKey, encodeSeq(order), keyPackage),
      undo: () => this.#remove(packages, order),
    });
  }

  #put(packages: Fifo, order: bigint, keyPackage: Uint8Array): void {
    packages.add(order, keyPackage);
    this.#liveBytes += keyPackage.length + RECORD_OVERHEAD;
  }

  #remove(packages: Fifo, order: bigint): void {
    this.#liveBytes -= packages.remove(order) + RECORD_OVERHEAD;
  }

  #of(identityKey: Uint8Array): Packages {
    const key = keyOf(identityKey);
    let found = this.#byIdentity.get(key);
    if (!found) {
      found = { identityKey: identityKey.slice(), packages: new Fifo() };
      this.#byIdentity.set(key, found);
    }
    return found;
  }

  #replay(record: Uint8Array): void {
    const { kind, fields } = decodeRecord(record);
    const [identityKey, orderBytes, keyPackage] = fields as [Uint8Array, Uint8Array, Uint8Array?];
    const order = decodeSeq(orderBytes);
    const { packages } = this.#of(identityKey);
    if (kind === ADD && keyPackage) {
      this.#put(packages, order, keyPackage.slice());
      if (order >= this.#next) this.#next = order + 1n;
      if (order <= this.#nextFront) this.#nextFront = order - 1n;
    } else if (kind === TAKE) {
      this.#remove(packages, order);
    }
  }

  *#records(): Generator<Uint8Array> {
    for (const { identityKey, packages } of this.#byIdentity.values()) {
      for (const { order, bytes } of packages) yield encodeRecord(ADD, identityKey, encodeSeq(order), bytes);
    }
  }
}
