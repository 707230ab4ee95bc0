import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { CoreError } from '../errors.ts';

const MAGIC = 'QKST';
const VERSION = 1;
const PLAIN = 0;
const ENCRYPTED = 1;
const PREFIX_LEN = 6;
const SALT_LEN = 16;
const NONCE_LEN = 12;
const KEY_LEN = 32;
const TAG_LEN = 16;
const HEADER_LEN = PREFIX_LEN + 9 + SALT_LEN + NONCE_LEN;

/** What deriving a key costs (RFC 9106): memory in KiB, passes, lanes. */
export interface Argon2Cost {
  /** KiB. */
  memory: number;
  /** Times that the memory is gone over. */
  passes: number;
  /** Degree of parallelism. */
  lanes: number;
}

/** The cost of new files: 19 MiB and two passes, as for OPAQUE here. */
const DEFAULT_COST: Argon2Cost = { memory: 19_456, passes: 2, lanes: 1 };
/** A file that asks for more is refused: else whoever can change it can make a program hang or run out of memory. */
const MAX_COST: Argon2Cost = { memory: 1_048_576, passes: 16, lanes: 16 };

/**
 * Wraps the contents of files with secrets, encrypted when there is a passphrase (Argon2id, ChaCha20-Poly1305):
 *
 *     offset  length  field
 *     0       4       "QKST"
 *     4       1       version, 1
 *     5       1       0: the contents follow · 1: encrypted, as below
 *     6       4       Argon2id memory in KiB, big-endian
 *     10      4       passes, big-endian
 *     14      1       lanes
 *     15      16      salt
 *     31      12      nonce, new at each write
 *     43      n + 16  ciphertext and tag; bytes 0 … 42 are the associated data
 */
export class StoreCrypto {
  readonly #key: Uint8Array | undefined;
  /** Bytes 0 … 30 of the files. */
  readonly #prefix: Uint8Array;

  private constructor(prefix: Uint8Array, key?: Uint8Array) {
    this.#prefix = prefix;
    this.#key = key;
  }

  /**
   * For a new file.
   * @param passphrase encrypts; without one the file is only protected by its mode
   * @throws CoreError `PASSPHRASE_REQUIRED` for an empty one
   */
  static async create(passphrase?: string, cost: Argon2Cost = DEFAULT_COST): Promise<StoreCrypto> {
    const prefix = new Uint8Array(passphrase === undefined ? PREFIX_LEN : HEADER_LEN - NONCE_LEN);
    prefix.set(new TextEncoder().encode(MAGIC));
    prefix[4] = VERSION;
    prefix[5] = passphrase === undefined ? PLAIN : ENCRYPTED;
    if (passphrase === undefined) return new StoreCrypto(prefix);
    const view = new DataView(prefix.buffer);
    view.setUint32(6, cost.memory);
    view.setUint32(10, cost.passes);
    view.setUint8(14, cost.lanes);
    crypto.getRandomValues(prefix.subarray(15));
    return new StoreCrypto(prefix, await deriveKey(passphrase, prefix));
  }

  /**
   * Reads a file, and gives what writes it again with the same passphrase.
   * @param passphrase ignored for a file that is not encrypted
   * @throws CoreError `STORE_MALFORMED`, `PASSPHRASE_REQUIRED`, `PASSPHRASE_WRONG`
   */
  static async open(bytes: Uint8Array, passphrase?: string): Promise<{ crypto: StoreCrypto; contents: Uint8Array }> {
    // `slice` of a Buffer would not copy.
    const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (new TextDecoder('latin1').decode(file.subarray(0, 4)) !== MAGIC || file.length < PREFIX_LEN) {
      throw malformed('is none of this program');
    }
    if (file[4] !== VERSION) throw malformed(`has the version ${file[4]}; this program reads ${VERSION}`);
    if (file[5] === PLAIN) {
      return { crypto: new StoreCrypto(file.slice(0, PREFIX_LEN)), contents: file.slice(PREFIX_LEN) };
    }
    if (file[5] !== ENCRYPTED) throw malformed('is encrypted in a way that is not known here');
    if (file.length < HEADER_LEN + TAG_LEN) throw malformed('is cut off');
    if (passphrase === undefined)
      throw new CoreError('PASSPHRASE_REQUIRED', 'the file is encrypted: give its passphrase');
    const prefix = file.slice(0, HEADER_LEN - NONCE_LEN);
    const opened = new StoreCrypto(prefix, await deriveKey(passphrase, prefix));
    return { crypto: opened, contents: opened.reopen(file) };
  }

  /** Whether what it writes needs the passphrase to be read. */
  get isEncrypted(): boolean {
    return this.#key !== undefined;
  }

  /** Whether a file was written by this object, or one that opened the same file: then `reopen` reads it without Argon2id. */
  wrote(file: Uint8Array): boolean {
    return this.#prefix.every((byte, i) => byte === file[i]);
  }

  /** @returns the file */
  seal(contents: Uint8Array): Uint8Array {
    if (!this.#key) {
      const file = new Uint8Array(PREFIX_LEN + contents.length);
      file.set(this.#prefix);
      file.set(contents, PREFIX_LEN);
      return file;
    }
    const file = new Uint8Array(HEADER_LEN + contents.length + TAG_LEN);
    file.set(this.#prefix);
    const header = file.subarray(0, HEADER_LEN);
    const nonce = crypto.getRandomValues(header.subarray(HEADER_LEN - NONCE_LEN));
    file.set(chacha20poly1305(this.#key, nonce, header).encrypt(contents), HEADER_LEN);
    return file;
  }

  /**
   * @returns the contents of a file that `wrote` knows
   * @throws CoreError `PASSPHRASE_WRONG`
   */
  reopen(file: Uint8Array): Uint8Array {
    if (!this.#key) return Uint8Array.from(file.subarray(PREFIX_LEN));
    const header = Uint8Array.from(file.subarray(0, HEADER_LEN));
    try {
      return chacha20poly1305(this.#key, header.subarray(HEADER_LEN - NONCE_LEN), header).decrypt(
        file.slice(HEADER_LEN),
      );
    } catch (cause) {
      throw new CoreError('PASSPHRASE_WRONG', 'the passphrase is wrong, or the file is damaged', { cause });
    }
  }

  /** Zeroizes the key; may be called twice. */
  dispose(): void {
    this.#key?.fill(0);
  }
}

const malformed = (what: string): CoreError => new CoreError('STORE_MALFORMED', `the file ${what}`);

/** @param prefix bytes 0 … 30 of a file */
async function deriveKey(passphrase: string, prefix: Uint8Array): Promise<Uint8Array> {
  if (passphrase === '') throw new CoreError('PASSPHRASE_REQUIRED', 'a passphrase has one character or more');
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
  const cost: Argon2Cost = { memory: view.getUint32(6), passes: view.getUint32(10), lanes: view.getUint8(14) };
  const { memory, passes, lanes } = cost;
  const low = lanes < 1 || passes < 1 || memory < 8 * lanes;
  const high = lanes > MAX_COST.lanes || passes > MAX_COST.passes || memory > MAX_COST.memory;
  if (low || high) throw malformed('asks for a cost of Argon2id that is out of bounds');
  // The same characters in another composition are the same passphrase.
  const secret = new TextEncoder().encode(passphrase.normalize('NFC'));
  try {
    const salt = prefix.slice(15, 15 + SALT_LEN);
    return await argon2idAsync(secret, salt, { m: memory, t: passes, p: lanes, dkLen: KEY_LEN });
  } finally {
    secret.fill(0);
  }
}
