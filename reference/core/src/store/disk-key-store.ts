import { CoreError } from '../errors.ts';
import { Lock } from '../lock.ts';
import { readFileIfAny, writeFileAtomically } from './atomic-file.ts';
import type { KeyStore } from './key-store.ts';
import { type Argon2Cost, StoreCrypto } from './store-crypto.ts';

/** How the file is encrypted; by default it is not. */
export interface DiskKeyStoreOptions {
  /** Encrypts the file; a file that is not encrypted becomes so at the next write. */
  passphrase?: string;
  /** What a new encrypted file costs to open. */
  cost?: Argon2Cost;
}

/**
 * A key store in one file of mode 0600, by custom named `….ks`. Each change replaces the file atomically. The file is read
 * anew at each call, so that nothing stale is written; two processes must not change it at the same time.
 */
export class DiskKeyStore implements KeyStore {
  /** The file. */
  readonly path: string;
  readonly #options: DiskKeyStoreOptions;
  readonly #lock = new Lock();
  #crypto: StoreCrypto | undefined;

  private constructor(path: string, options: DiskKeyStoreOptions) {
    this.path = path;
    this.#options = options;
  }

  /**
   * Opens a key store; the file is made at the first `set`.
   * @throws CoreError `STORE_IO`, `STORE_MALFORMED`, `PASSPHRASE_REQUIRED`, `PASSPHRASE_WRONG`
   */
  static async open(path: string, options: DiskKeyStoreOptions = {}): Promise<DiskKeyStore> {
    const store = new DiskKeyStore(path, options);
    wipe(await store.#read());
    return store;
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.#with((entries) => entries.get(name)?.slice());
  }

  names(prefix = ''): Promise<string[]> {
    return this.#with((entries) => [...entries.keys()].filter((name) => name.startsWith(prefix)).sort());
  }

  set(name: string, value: Uint8Array): Promise<void> {
    if (!/^[\x20-\x7e]{1,255}$/.test(name)) throw new RangeError('a name has 1 … 255 printable ASCII characters');
    return this.#change((entries) => {
      entries.get(name)?.fill(0);
      entries.set(name, Uint8Array.from(value));
      return true;
    });
  }

  delete(name: string): Promise<void> {
    return this.#change((entries) => {
      entries.get(name)?.fill(0);
      return entries.delete(name);
    });
  }

  /** Zeroizes the file's key. */
  dispose(): void {
    this.#crypto?.dispose();
    this.#crypto = undefined;
  }

  #with<T>(use: (entries: Map<string, Uint8Array>) => T): Promise<T> {
    return this.#lock.run(async () => {
      const entries = await this.#read();
      try {
        return use(entries);
      } finally {
        wipe(entries);
      }
    });
  }

  /** @param change says whether there is something to write */
  #change(change: (entries: Map<string, Uint8Array>) => boolean): Promise<void> {
    return this.#lock.run(async () => {
      const entries = await this.#read();
      try {
        if (!change(entries)) return;
        if (!this.#crypto || (this.#options.passphrase !== undefined && !this.#crypto.isEncrypted)) {
          this.#crypto = await StoreCrypto.create(this.#options.passphrase, this.#options.cost);
        }
        const contents = encodeEntries(entries);
        await writeFileAtomically(this.path, this.#crypto.seal(contents));
        contents.fill(0);
      } finally {
        wipe(entries);
      }
    });
  }

  async #read(): Promise<Map<string, Uint8Array>> {
    const file = await readFileIfAny(this.path);
    if (!file) return new Map();
    let contents: Uint8Array;
    if (this.#crypto?.wrote(file)) contents = this.#crypto.reopen(file);
    else ({ crypto: this.#crypto, contents } = await StoreCrypto.open(file, this.#options.passphrase));
    const entries = decodeEntries(contents);
    contents.fill(0);
    return entries;
  }
}

/** Entries, each: length of the name (1 byte), name, length of the value (4 bytes, big-endian), value. */
function encodeEntries(entries: Map<string, Uint8Array>): Uint8Array {
  const length = [...entries].reduce((sum, [name, value]) => sum + 1 + name.length + 4 + value.length, 0);
  const out = new Uint8Array(length);
  const view = new DataView(out.buffer);
  let offset = 0;
  for (const [name, value] of entries) {
    view.setUint8(offset, name.length);
    out.set(new TextEncoder().encode(name), offset + 1);
    offset += 1 + name.length;
    view.setUint32(offset, value.length);
    out.set(value, offset + 4);
    offset += 4 + value.length;
  }
  return out;
}

/** @throws CoreError `STORE_MALFORMED` */
function decodeEntries(contents: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
  const entries = new Map<string, Uint8Array>();
  let offset = 0;
  const take = (length: number): number => {
    const start = offset;
    offset += length;
    if (offset > contents.length) throw new CoreError('STORE_MALFORMED', 'the key store is cut off');
    return start;
  };
  while (offset < contents.length) {
    const nameLength = view.getUint8(take(1));
    const name = new TextDecoder('latin1').decode(contents.subarray(take(nameLength), offset));
    const valueLength = view.getUint32(take(4));
    entries.set(name, contents.slice(take(valueLength), offset));
  }
  return entries;
}

function wipe(entries: Map<string, Uint8Array>): void {
  for (const value of entries.values()) value.fill(0);
}
