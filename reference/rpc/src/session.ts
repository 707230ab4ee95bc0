import type { ByteStream } from './byte-stream.ts';
import { ProtocolError, type SessionEnd } from './errors.ts';
import { FrameReader } from './frame.ts';
import { Inbox, makesWork } from './inbox.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import type { RpcMessage } from './message.ts';
import { readMessage } from './read-message.ts';
import type { Received, Vat, VatEvent } from './vat.ts';

/** Application error code of streams given up here. */
const NO_ERROR = 0;
/** Small messages are written together up to this many bytes. */
const RUN = 64 * 1024;
/** How long the transport gets to take what was written before FIN, in ms. */
const END_WAIT_MS = 10_000;

/** What a session needs of its owner. */
export interface SessionOwner {
  onEvent(event: VatEvent): void;
  /** There may be room for more to be sent. */
  onRoom(): void;
}

/**
 * Ties a vat to a byte stream: reads, hands events to the owner, and sends what the vat puts out.
 *
 * Backpressure. A message that makes work waits while `callsInFlight` calls are unanswered or the transport has not
 * taken `unsentBytes`, and all that comes behind it waits, too. Up to `readAheadBytes` are still read then: a Finish that
 * cancels a call under way is handled at once, and the end of the stream is noticed. Beyond that nothing is read until
 * there is room; a Finish that is stuck there waits for a call to end by itself.
 */
export class Session {
  /** Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #stream: ByteStream;
  readonly #vat: Vat;
  readonly #owner: SessionOwner;
  readonly #limits: RpcLimits;
  readonly #frames: FrameReader;
  readonly #inbox = new Inbox();
  readonly #readOver: Promise<void>;
  #resolveClosed!: (end: SessionEnd) => void;
  #isOver = false;
  #isFlushing = false;
  /** Bytes written that the transport has not taken. */
  #unsent = 0;
  #wakeReader: (() => void) | undefined;

  constructor(stream: ByteStream, vat: Vat, owner: SessionOwner, limits: RpcLimits) {
    this.#stream = stream;
    this.#vat = vat;
    this.#owner = owner;
    this.#limits = limits;
    this.#frames = new FrameReader(limits);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#readOver = this.#readAll();
  }

  /** Whether more may be built to be sent. */
  get hasRoom(): boolean {
    return this.#vat.outgoingBytes + this.#unsent < this.#limits.unsentBytes;
  }

  /** Bytes of messages held here: not whole yet, waiting for room, or not taken by the transport. */
  get heldBytes(): number {
    return this.#frames.buffered + this.#inbox.bytes + this.#vat.outgoingBytes + this.#unsent;
  }

  /** Ends it at once: nothing more is sent, nor read. */
  abandon(reason: string): void {
    if (this.#isOver) return;
    this.#vat.close({ kind: 'transport', reason });
    void this.#over();
  }

  /** Something was put into the vat: sends it with whatever else comes up in this turn. */
  flush(): void {
    if (this.#isFlushing || this.#isOver) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      try {
        this.#takeHeld();
      } catch (error) {
        this.#lost(error);
      }
      this.#sendAll();
      if (this.#vat.end) void this.#over();
    });
  }

  /**
   * Sends FIN behind what is to be sent, and takes no notice of the peer any more.
   * @param waitMs how long the transport gets to take it
   * @param peerWaitMs how long the peer then gets to end its direction, too
   */
  async finish(end: SessionEnd, waitMs = END_WAIT_MS, peerWaitMs = 0): Promise<void> {
    this.#vat.close(end);
    await this.#over(waitMs, peerWaitMs);
  }

  async #readAll(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#stream.read();
        if (chunk === null) {
          const reason = this.#frames.buffered > 0 ? 'the stream ended in the middle of a message' : '';
          this.#vat.close({ kind: 'closed', reason });
          break;
        }
        // Read to the peer's FIN, but not looked at.
        if (this.#vat.end) continue;
        this.#takeChunk(chunk);
        this.flush();
        await this.#roomToRead();
        if (this.#vat.end) break;
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#vat.abort(error.message);
      else this.#lost(error);
    }
    void this.#over();
  }

  #takeChunk(chunk: Uint8Array): void {
    for (const frame of this.#frames.push(chunk)) {
      const received = { frame, message: readMessage(frame, this.#limits) };
      const waits = this.#inbox.first
        ? !this.#inbox.overtakes(received.message, (id) => this.#vat.isRunning(id))
        : !this.#hasRoomFor(received.message);
      if (waits) this.#inbox.hold(received);
      else this.#handle(received);
      if (this.#vat.end) return;
    }
  }

  #handle(received: Received): void {
    for (const event of this.#vat.receive(received)) this.#owner.onEvent(event);
  }

  #hasRoomFor(message: RpcMessage): boolean {
    return !makesWork(message) || (this.hasRoom && this.#vat.running < this.#limits.callsInFlight);
  }

  #takeHeld(): void {
    for (let first = this.#inbox.first; first && !this.#vat.end && this.#hasRoomFor(first); first = this.#inbox.first)
      this.#handle(this.#inbox.shift() as Received);
    this.#wakeReader?.();
  }

  async #roomToRead(): Promise<void> {
    while (
      this.#inbox.first &&
      this.#inbox.bytes + this.#frames.buffered >= this.#limits.readAheadBytes &&
      !this.#vat.end
    ) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
    }
  }

  #sendAll(): void {
    if (this.#isOver) return;
    for (const run of runs(this.#vat.takeOutgoing())) {
      this.#unsent += run.length;
      this.#stream.write(run).then(
        () => {
          this.#unsent -= run.length;
          this.#owner.onRoom();
          if (this.#inbox.first) this.flush();
        },
        (error) => {
          this.#lost(error);
          void this.#over();
        },
      );
    }
  }

  #lost(error: unknown): void {
    this.#vat.close({ kind: 'transport', reason: error instanceof Error ? error.message : String(error) });
  }

  async #over(waitMs = END_WAIT_MS, peerWaitMs = 0): Promise<void> {
    if (this.#isOver) return;
    this.#sendAll();
    this.#isOver = true;
    this.#wakeReader?.();
    const end = this.#vat.end as SessionEnd;
    this.#resolveClosed(end);
    if (end.kind !== 'transport') await within(waitMs, this.#stream.end());
    if (peerWaitMs > 0) await within(peerWaitMs, this.#readOver);
    // What the peer still sends is not read.
    this.#stream.reset(NO_ERROR);
  }
}

/** @returns limits with the defaults filled in */
export function fullLimits(limits: Partial<RpcLimits> | undefined): RpcLimits {
  return { ...DEFAULT_RPC_LIMITS, ...limits };
}

/** Puts small messages together: each write costs the transport about the same. */
function* runs(messages: Uint8Array[]): Generator<Uint8Array> {
  let run: Uint8Array[] = [];
  let length = 0;
  for (const message of messages) {
    if (length + message.length > RUN && run.length > 0) {
      yield run.length === 1 ? (run[0] as Uint8Array) : Buffer.concat(run, length);
      run = [];
      length = 0;
    }
    run.push(message);
    length += message.length;
  }
  if (run.length > 0) yield run.length === 1 ? (run[0] as Uint8Array) : Buffer.concat(run, length);
}

/** Waits for a promise, however it ends, but no longer than some ms. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise.catch(() => {}), late]);
  clearTimeout(timer);
}
