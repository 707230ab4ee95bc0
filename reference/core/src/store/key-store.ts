/** Where secrets stay between runs: byte strings by name. A name has printable ASCII characters only. */
export interface KeyStore {
  /** @returns a copy, undefined when there is none */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Settles when it would survive a crash. */
  set(name: string, value: Uint8Array): Promise<void>;
  /** Settles when it would survive a crash; no error when there is none. */
  delete(name: string): Promise<void>;
  /** @returns the names that begin with `prefix`, sorted */
  names(prefix?: string): Promise<string[]>;
}

/** A key store that forgets when the process ends. */
export class MemoryKeyStore implements KeyStore {
  readonly #values = new Map<string, Uint8Array>();

  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#values.get(name)?.slice();
  }

  async set(name: string, value: Uint8Array): Promise<void> {
    this.#values.set(name, Uint8Array.from(value));
  }

  async delete(name: string): Promise<void> {
    this.#values.get(name)?.fill(0);
    this.#values.delete(name);
  }

  async names(prefix = ''): Promise<string[]> {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix)).sort();
  }
}
