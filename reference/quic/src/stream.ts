import { quiche } from '@matrixai/quic/native/index.js';
import type { Connection } from '@matrixai/quic/native/types.js';
import { QuicError } from './errors.ts';

/** What a stream needs of its connection. */
export interface StreamHost {
  readonly quiche: Connection;
  /** Something is to be sent, or room was made. */
  wake(): void;
  /** Both directions of a stream are over. */
  forget(id: number): void;
}

/** Bytes waiting for the transport beyond which `write` waits. */
const HIGH_WATER = 64 * 1024;
/** Small writes are put together up to this; one system call of the binding each. */
const RUN = 64 * 1024;
const scratch = new Uint8Array(64 * 1024);
const NOTHING = new Uint8Array();

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

type ReadSide = { state: 'open' } | { state: 'finished' } | { state: 'failed'; error: Error };
type WriteSide = { state: 'open' | 'ending' | 'ended' } | { state: 'failed'; error: Error };

/**
 * One QUIC stream. Nothing is read ahead: what the owner does not read stays under flow control, so a slow reader holds
 * its peer. What is written waits in a bounded queue until the transport takes it.
 */
export class QuicStream {
  /** Stream id (RFC 9000 section 2.1): bit 0 who opened it, bit 1 whether it is unidirectional. */
  readonly id: number;
  readonly #host: StreamHost;
  #read: ReadSide = { state: 'open' };
  #write: WriteSide = { state: 'open' };
  #reader: Waiter<Uint8Array | null> | undefined;
  #queue: Uint8Array[] = [];
  #queued = 0;
  #writers: Waiter<void>[] = [];
  #enders: (() => void)[] = [];
  /** Whether the transport knows the stream: from the first bytes on, or from the start when the peer opened it. */
  #isKnown: boolean;

  constructor(id: number, host: StreamHost, directions: { read: boolean; write: boolean; isKnown: boolean }) {
    this.id = id;
    this.#host = host;
    this.#isKnown = directions.isKnown;
    if (!directions.read) this.#read = { state: 'finished' };
    if (!directions.write) this.#write = { state: 'ended' };
  }

  /** Whether the transport knows the stream: from its first bytes on, or from the start when the peer opened it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /**
   * Waits for the next bytes; one read at a time.
   * @returns up to 64 KiB that the caller may keep, or null after the peer's FIN
   * @throws QuicError `STREAM_RESET` with the peer's code, `CLOSED`, `IDLE_TIMEOUT`
   */
  read(): Promise<Uint8Array | null> {
    if (this.#reader) return Promise.reject(new Error('a read is already waiting'));
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.onReadable();
    });
  }

  /**
   * Queues bytes in order; resolves once there is room for more. The bytes must not be changed afterwards.
   * @throws QuicError `STREAM_STOPPED` with the peer's code, `CLOSED`, `IDLE_TIMEOUT`; Error after `end`
   */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#write.state === 'failed') return Promise.reject(this.#write.error);
    if (this.#write.state !== 'open') return Promise.reject(new Error('write after end'));
    if (bytes.length > 0) {
      this.#queue.push(bytes);
      this.#queued += bytes.length;
      this.#host.wake();
    }
    if (this.#queued <= HIGH_WATER) return Promise.resolve();
    return new Promise((resolve, reject) => this.#writers.push({ resolve, reject }));
  }

  /** Sends FIN behind what was written. Resolves when the transport has taken it, or cannot any more; never rejects. */
  end(): Promise<void> {
    if (this.#write.state === 'open') this.#write = { state: 'ending' };
    if (this.#write.state !== 'ending') return Promise.resolve();
    this.#host.wake();
    return new Promise((resolve) => this.#enders.push(resolve));
  }

  /** Gives up both directions with an application error code (RESET_STREAM and STOP_SENDING). Never throws. */
  reset(code: number): void {
    this.resetWriting(code);
    this.stopReading(code);
  }

  /** Sends STOP_SENDING; what was not read is dropped. */
  stopReading(code: number): void {
    if (this.#read.state !== 'open') return;
    this.#shutdown(quiche.Shutdown.Read, code);
    this.#failReading(
      new QuicError('STREAM_RESET', `reading was given up here with code ${code}`, { errorCode: code }),
    );
  }

  /** Sends RESET_STREAM; what was not sent is dropped. */
  resetWriting(code: number): void {
    if (this.#write.state === 'ended' || this.#write.state === 'failed') return;
    this.#shutdown(quiche.Shutdown.Write, code);
    this.#failWriting(
      new QuicError('STREAM_STOPPED', `writing was given up here with code ${code}`, { errorCode: code }),
    );
  }

  /** There may be bytes, a FIN or a reset. */
  onReadable(): void {
    const reader = this.#reader;
    if (!reader) return;
    if (this.#read.state === 'open') this.#receive(reader);
    else if (this.#read.state === 'finished') this.#answer(() => reader.resolve(null));
    else {
      const { error } = this.#read;
      this.#answer(() => reader.reject(error));
    }
  }

  /** The transport may take more, or the peer may have sent STOP_SENDING, which shows only on touching the stream. */
  onWritable(): void {
    if (this.#write.state === 'failed' || this.#write.state === 'ended') return;
    try {
      if (this.#queue.length > 0 || this.#write.state === 'ending') this.#drain();
      else if (this.#isKnown) this.#host.quiche.streamCapacity(this.id);
    } catch (error) {
      this.#failWriting(streamError(error));
    }
  }

  /** The connection is over. */
  onClosed(error: Error): void {
    this.#failReading(error);
    this.#failWriting(error);
  }

  #answer(settle: () => void): void {
    this.#reader = undefined;
    settle();
  }

  #receive(reader: Waiter<Uint8Array | null>): void {
    let received: [number, boolean] | null;
    try {
      received = this.#host.quiche.streamRecv(this.id, scratch);
    } catch (error) {
      if (!this.#isKnown) return;
      this.#failReading(streamError(error));
      return;
    }
    if (received === null) return;
    const [length, isFinal] = received;
    if (isFinal) this.#read = { state: 'finished' };
    this.#host.wake();
    if (length > 0 || isFinal) this.#answer(() => reader.resolve(length > 0 ? scratch.slice(0, length) : null));
    this.#forgetIfOver();
  }

  #drain(): void {
    this.#isKnown = true;
    while (this.#queue.length > 0) {
      const run = this.#nextRun();
      const taken = this.#host.quiche.streamSend(this.id, run, false) ?? 0;
      this.#queued -= taken;
      if (taken < run.length) {
        this.#queue.unshift(run.subarray(taken));
        break;
      }
    }
    if (this.#queue.length === 0 && this.#write.state === 'ending') {
      if (this.#host.quiche.streamSend(this.id, NOTHING, true) === null) return;
      this.#write = { state: 'ended' };
      for (const resolve of this.#enders.splice(0)) resolve();
      this.#forgetIfOver();
    }
    if (this.#queued <= HIGH_WATER) for (const { resolve } of this.#writers.splice(0)) resolve();
  }

  /** Takes the next chunks off the queue, several small ones as one. */
  #nextRun(): Uint8Array {
    const first = this.#queue[0] as Uint8Array;
    let count = 1;
    let length = first.length;
    while (count < this.#queue.length && length + (this.#queue[count] as Uint8Array).length <= RUN) {
      length += (this.#queue[count] as Uint8Array).length;
      count += 1;
    }
    const chunks = this.#queue.splice(0, count);
    return count === 1 ? first : Buffer.concat(chunks, length);
  }

  #shutdown(direction: number, code: number): void {
    try {
      this.#host.quiche.streamShutdown(this.id, direction, code);
    } catch {
      // The transport has already let go of this direction.
    }
    this.#host.wake();
  }

  #failReading(error: Error): void {
    if (this.#read.state === 'open') this.#read = { state: 'failed', error };
    this.onReadable();
    this.#forgetIfOver();
  }

  #failWriting(error: Error): void {
    if (this.#write.state === 'open' || this.#write.state === 'ending') this.#write = { state: 'failed', error };
    this.#queue = [];
    this.#queued = 0;
    for (const { reject } of this.#writers.splice(0)) reject(error);
    for (const resolve of this.#enders.splice(0)) resolve();
    this.#forgetIfOver();
  }

  #forgetIfOver(): void {
    const isReadOver = this.#read.state !== 'open';
    const isWriteOver = this.#write.state === 'ended' || this.#write.state === 'failed';
    if (isReadOver && isWriteOver) this.#host.forget(this.id);
  }
}

/** The binding gives codes as text: `StreamReset(7)`. */
function streamError(error: unknown): QuicError {
  const text = error instanceof Error ? error.message : String(error);
  const [, kind, code] = /(StreamReset|StreamStopped)\((\d+)\)/.exec(text) ?? [];
  if (kind === 'StreamReset')
    return new QuicError('STREAM_RESET', `the peer reset the stream with code ${code}`, { errorCode: Number(code) });
  if (kind === 'StreamStopped')
    return new QuicError('STREAM_STOPPED', `the peer stopped the stream with code ${code}`, {
      errorCode: Number(code),
    });
  if (text.startsWith('StreamLimit')) return new QuicError('STREAM_LIMIT', 'the peer allows no further stream');
  return new QuicError('CLOSED', `the stream is over (${text})`, { cause: error });
}
