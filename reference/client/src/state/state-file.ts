import { rmSync } from 'node:fs';
import { extname } from 'node:path';
import { DiskKeyStore, IdentityKeypair, readFileIfAny, StoreCrypto, writeFileAtomically } from '@quicnprotochat/core';
import { ClientError, toClientError } from '../errors.ts';
import { lockFile } from './lock.ts';
import { decodeState, encodeState, newState, type StoredState } from './stored-state.ts';

/** How long a command waits for another one that uses the same state, in ms. */
const LOCK_WAIT_MS = 30_000;

/** Which state, and what it is encrypted with. */
export interface StateOptions {
  /** Path of the file. */
  state: string;
  /** Undefined or empty: not encrypted. */
  statePassword?: string | undefined;
}

/** The key store beside a state file: the same name with the extension `.ks`. */
export function keyStorePath(path: string): string {
  const extension = extname(path);
  return `${extension === '' ? path : path.slice(0, -extension.length)}.ks`;
}

/** A state file, mode 0600, optionally encrypted, and the key store beside it. Only whoever has the lock writes. */
export class StateFile {
  /** Of the state; the key store's is `keyStorePath` of it. */
  readonly path: string;
  readonly #passphrase: string | undefined;
  #crypto: StoreCrypto | undefined;
  #keyStore: DiskKeyStore | undefined;

  /** @throws ClientError `usage` when state and key store would be one file */
  constructor({ state, statePassword }: StateOptions) {
    this.path = state;
    this.#passphrase = statePassword || undefined;
    if (keyStorePath(state) === state)
      throw new ClientError('usage', `--state ${state}: the name .ks is for the key store beside it`);
  }

  /**
   * Keeps other commands away from the state. Also takes care that a sudden end leaves no half-written file.
   * @throws ClientError `state` when it stays in use
   */
  async lock(waitMs = LOCK_WAIT_MS): Promise<() => void> {
    const unlock = await lockFile(this.path, waitMs);
    const sweep = (): void => {
      for (const path of [this.path, keyStorePath(this.path)]) rmSync(`${path}.new`, { force: true });
    };
    process.on('exit', sweep);
    return () => {
      process.off('exit', sweep);
      unlock();
    };
  }

  /** @returns undefined when there is none. @throws ClientError `state` */
  async read(): Promise<StoredState | undefined> {
    try {
      const file = await readFileIfAny(this.path);
      if (!file) return undefined;
      if (this.#crypto?.wrote(file)) return decodeState(this.#crypto.reopen(file));
      const { crypto, contents } = await StoreCrypto.open(file, this.#passphrase);
      this.#crypto = crypto;
      return decodeState(contents);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** @throws ClientError `state` */
  async write(state: StoredState): Promise<void> {
    try {
      if (!this.#crypto || (this.#passphrase !== undefined && !this.#crypto.isEncrypted))
        this.#crypto = await StoreCrypto.create(this.#passphrase);
      const contents = encodeState(state);
      await writeFileAtomically(this.path, this.#crypto.seal(contents));
      contents.fill(0);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Makes a new identity, and keeps it. */
  async create(): Promise<StoredState> {
    const identity = IdentityKeypair.generate();
    const state = newState(identity.seed);
    identity.dispose();
    await this.write(state);
    return state;
  }

  /** @throws ClientError `state` */
  async keyStore(): Promise<DiskKeyStore> {
    try {
      const passphrase = this.#passphrase === undefined ? {} : { passphrase: this.#passphrase };
      this.#keyStore ??= await DiskKeyStore.open(keyStorePath(this.path), passphrase);
      return this.#keyStore;
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #explained(error: unknown): ClientError {
    const code = (error as { code?: string }).code;
    const hint = code === 'PASSPHRASE_REQUIRED' ? ' (--state-password, or QUICNPROTOCHAT_STATE_PASSWORD)' : '';
    const known = toClientError(error, this.path);
    return hint === '' ? known : new ClientError('state', `${known.message}${hint}`, { cause: error });
  }
}

/** @returns undefined when there is no state file. @throws ClientError `state` */
export function readStateIfThere(options: StateOptions): Promise<StoredState | undefined> {
  return new StateFile(options).read();
}
