import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Log } from '../log.ts';
import type { Change, Journal, Snapshot } from './journal.ts';
import { StoreError } from './store.ts';

/**
 * A map's changes in an append-only file. Changes that come while the disk is busy are written together and made
 * durable by one fdatasync (group commit); each then resolves. The file:
 *
 *     offset  bytes  field
 *     0       8      "QNPCLOG1"
 *     …       a batch after the other:
 *       0     4      length of its records, bytes, little-endian
 *       4     4      CRC-32 of its records
 *       8     …      records: 4 bytes length, little-endian, and the record
 *
 * A crash can tear only the last batch, since the next one is begun when the last is durable. So a batch that is cut or
 * fails its CRC is the end; what is cut off is kept beside the file. When it is followed by an intact batch, something
 * else has damaged the file, and it is not touched.
 */
const MAGIC = Buffer.from('QNPCLOG1', 'latin1');
const BATCH_HEAD = 8;
/** Files smaller than this are not worth compacting, in bytes. */
const COMPACT_FROM = 16 << 20;
/** Records written at once while compacting, in bytes. */
const COMPACT_RUN = 4 << 20;

interface Pending {
  /** undefined: somebody who only waits for what is before. */
  change: Change | undefined;
  resolve(): void;
  reject(error: StoreError): void;
}

export class FileJournal implements Journal {
  readonly #path: string;
  readonly #snapshot: Snapshot;
  readonly #log: Log;
  #file: FileHandle;
  /** Length of the file up to the last durable batch. */
  #durable: number;
  #pending: Pending[] = [];
  #writing: Promise<void> | undefined;
  /** The file may hold more than is durable: it must be cut before the next batch. */
  #isDirty = false;
  #isClosed = false;

  private constructor(path: string, snapshot: Snapshot, log: Log, file: FileHandle, durable: number) {
    this.#path = path;
    this.#snapshot = snapshot;
    this.#log = log;
    this.#file = file;
    this.#durable = durable;
  }

  /** @throws StoreError when the file is no journal, or damaged other than at its end; the system's error */
  static async open(path: string, snapshot: Snapshot, log: Log): Promise<FileJournal> {
    await rm(`${path}.new`, { force: true });
    const file = await open(path, 'a+', 0o600).then(async (created) => {
      await created.close();
      return open(path, 'r+');
    });
    try {
      const durable = await replay(file, path, snapshot, log);
      return new FileJournal(path, snapshot, log, file, durable);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  append(change: Change): Promise<void> {
    if (this.#isClosed) {
      change.undo();
      return Promise.reject(new StoreError('the store is closed'));
    }
    return this.#push(change);
  }

  settled(): Promise<void> {
    return this.#writing ? this.#push(undefined) : Promise.resolve();
  }

  #push(change: Change | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ change, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#isClosed = true;
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    // One turn, so that the calls of a packet share a batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#pending.length > 0) {
      const batch = this.#pending.splice(0);
      try {
        if (this.#shouldCompact()) await this.#compact();
        else {
          const records = batch.flatMap(({ change }) => change?.record ?? []);
          if (records.length > 0) await this.#write(encodeBatch(records));
        }
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        this.#fail(batch, cause);
      }
    }
    this.#writing = undefined;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#isDirty) await this.#file.truncate(this.#durable);
    this.#isDirty = true;
    await writeFully(this.#file, bytes, this.#durable);
    await this.#file.datasync();
    this.#durable += bytes.length;
    this.#isDirty = false;
  }

  /** Takes back the batch, and what was changed on top of it since. */
  #fail(batch: Pending[], cause: unknown): void {
    const undone = [...batch, ...this.#pending.splice(0)];
    this.#log.error(
      `${this.#path}: cannot be written (${(cause as NodeJS.ErrnoException).code ?? cause}), ${undone.length} changes taken back`,
    );
    for (const { change } of undone.toReversed()) change?.undo();
    for (const { reject } of undone) reject(new StoreError('the change could not be written down', { cause }));
  }

  #shouldCompact(): boolean {
    return this.#durable > COMPACT_FROM && this.#durable > 2 * this.#snapshot.liveBytes();
  }

  /** Writes the present state, pending changes and all, to a new file that takes the place of this one. */
  async #compact(): Promise<void> {
    // Gathered in one go: the state goes on changing while it is written.
    const records = [...this.#snapshot.records()];
    const fresh = await open(`${this.#path}.new`, 'w', 0o600);
    let length = MAGIC.length;
    try {
      await fresh.write(MAGIC, 0, MAGIC.length, 0);
      for (const run of runs(records)) {
        const bytes = encodeBatch(run);
        await writeFully(fresh, bytes, length);
        length += bytes.length;
      }
      await fresh.datasync();
      await rename(`${this.#path}.new`, this.#path);
      await syncDirectory(dirname(this.#path));
    } catch (error) {
      await fresh.close();
      await rm(`${this.#path}.new`, { force: true }).catch(() => {});
      throw error;
    }
    const before = this.#durable;
    await this.#file.close();
    this.#file = fresh;
    this.#durable = length;
    this.#isDirty = false;
    this.#log.info(`${this.#path}: compacted from ${before} to ${length} bytes`);
  }
}

function encodeBatch(records: readonly Uint8Array[]): Buffer {
  const length = records.reduce((sum, record) => sum + 4 + record.length, 0);
  const batch = Buffer.allocUnsafe(BATCH_HEAD + length);
  let offset = BATCH_HEAD;
  for (const record of records) {
    batch.writeUInt32LE(record.length, offset);
    batch.set(record, offset + 4);
    offset += 4 + record.length;
  }
  batch.writeUInt32LE(length, 0);
  batch.writeUInt32LE(crc32(batch.subarray(BATCH_HEAD)), 4);
  return batch;
}

function* runs(records: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let run: Uint8Array[] = [];
  let bytes = 0;
  for (const record of records) {
    run.push(record);
    bytes += record.length;
    if (bytes < COMPACT_RUN) continue;
    yield run;
    run = [];
    bytes = 0;
  }
  if (run.length > 0) yield run;
}

/** @returns the length up to the end of the last intact batch */
async function replay(file: FileHandle, path: string, snapshot: Snapshot, log: Log): Promise<number> {
  const { size } = await file.stat();
  if (size < MAGIC.length) {
    // New, or torn when it was made: nothing was ever durable in it.
    await file.truncate(0);
    await writeFully(file, MAGIC, 0);
    await file.datasync();
    await syncDirectory(dirname(path));
    return MAGIC.length;
  }
  if (!(await readAt(file, 0, MAGIC.length)).equals(MAGIC))
    throw new StoreError(`${path} is not a journal of this server`);
  let offset = MAGIC.length;
  for (;;) {
    const batch = await readBatch(file, offset, size);
    if (batch === undefined) break;
    for (let at = 0; at < batch.length; ) {
      const length = batch.readUInt32LE(at);
      snapshot.replay(batch.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    offset += BATCH_HEAD + batch.length;
  }
  if (offset < size) await cutTail(file, path, offset, size, log);
  return offset;
}

/** @returns the records of an intact batch, undefined for anything else */
async function readBatch(file: FileHandle, offset: number, size: number): Promise<Buffer | undefined> {
  if (offset + BATCH_HEAD > size) return undefined;
  const head = await readAt(file, offset, BATCH_HEAD);
  const length = head.readUInt32LE(0);
  if (length === 0 || offset + BATCH_HEAD + length > size) return undefined;
  const records = await readAt(file, offset + BATCH_HEAD, length);
  return crc32(records) === head.readUInt32LE(4) ? records : undefined;
}

async function cutTail(file: FileHandle, path: string, offset: number, size: number, log: Log): Promise<void> {
  const claimed = size - offset >= BATCH_HEAD ? (await readAt(file, offset, BATCH_HEAD)).readUInt32LE(0) : 0;
  const next = offset + BATCH_HEAD + claimed;
  if (next < size && (await readBatch(file, next, size)) !== undefined) {
    throw new StoreError(`${path} is damaged at byte ${offset}, before its end: restore it from a copy`);
  }
  const tail = await readAt(file, offset, size - offset);
  await writeFile(`${path}.torn`, tail, { mode: 0o600 });
  await file.truncate(offset);
  await file.datasync();
  log.warn(`${path}: a torn tail of ${tail.length} bytes was cut off, a copy is in ${path}.torn`);
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, offset + read);
    if (bytesRead === 0) throw new StoreError('the file ended while it was read');
    read += bytesRead;
  }
  return buffer;
}

async function writeFully(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, offset + written);
    written += bytesWritten;
  }
}

/** A new name in a directory lasts only once the directory is synced; where that cannot be done the system sees to it. */
async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
