import type { ByteStream } from './byte-stream.ts';
import { ProtocolError, type SessionEnd } from './errors.ts';
import { FrameReader } from './frame.ts';
import { DEFAULT_RPC_LIMITS, type RpcLimits } from './limits.ts';
import type { Vat, VatEvent } from './vat.ts';

/** Application error code of streams given up here. */
const NO_ERROR = 0;

/**
 * Ties a vat to a byte stream: reads while there is room, hands events to the owner, and sends what the vat puts out.
 *
 * Room: with `callsInFlight` calls unanswered, or while the transport takes no more of our answers, nothing is read. A
 * Finish behind that point waits, too; every call ends by itself in bounded time, so that the session goes on then.
 */
export class Session {
  /** Never rejects. */
  readonly closed: Promise<SessionEnd>;
  readonly #stream: ByteStream;
  readonly #vat: Vat;
  readonly #onEvent: (event: VatEvent) => void;
  readonly #frames: FrameReader;
  #resolveClosed!: (end: SessionEnd) => void;
  #isOver = false;
  #isFlushing = false;
  /** Resolves when the transport has room again. */
  #sent: Promise<void> = Promise.resolve();
  #wakeReader: (() => void) | undefined;

  constructor(stream: ByteStream, vat: Vat, onEvent: (event: VatEvent) => void, limits: Partial<RpcLimits> = {}) {
    this.#stream = stream;
    this.#vat = vat;
    this.#onEvent = onEvent;
    this.#frames = new FrameReader({ ...DEFAULT_RPC_LIMITS, ...limits });
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    void this.#readAll();
  }

  /** Something was put into the vat: sends it with whatever else comes up in this turn. */
  flush(): void {
    this.#wakeReader?.();
    if (this.#isFlushing || this.#isOver) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.#sendAll();
    });
  }

  /** Sends FIN behind what is to be sent, and takes no notice of the peer any more. */
  async finish(end: SessionEnd): Promise<void> {
    if (this.#isOver) return;
    this.#sendAll();
    this.#vat.close(end);
    await this.#over();
  }

  async #readAll(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#stream.read();
        if (chunk === null) {
          const reason = this.#frames.isAtBoundary ? '' : 'the stream ended in the middle of a message';
          this.#vat.close({ kind: 'closed', reason });
          break;
        }
        for (const frame of this.#frames.push(chunk)) {
          for (const event of this.#vat.receive(frame)) this.#onEvent(event);
          this.flush();
          if (this.#vat.end) break;
          await this.#room();
        }
        if (this.#vat.end) break;
      }
    } catch (error) {
      if (error instanceof ProtocolError) this.#vat.abort(error.message);
      else this.#vat.close({ kind: 'transport', reason: error instanceof Error ? error.message : String(error) });
    }
    await this.#over();
  }

  async #room(): Promise<void> {
    await this.#sent;
    while (this.#vat.isFull && !this.#vat.end) {
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
      this.#wakeReader = undefined;
    }
  }

  #sendAll(): void {
    for (const message of this.#vat.takeOutgoing()) {
      this.#sent = this.#stream.write(message).catch((error) => {
        this.#vat.close({ kind: 'transport', reason: error instanceof Error ? error.message : String(error) });
        void this.#over();
      });
    }
  }

  async #over(): Promise<void> {
    if (this.#isOver) return;
    this.#sendAll();
    this.#isOver = true;
    this.#wakeReader?.();
    const end = this.#vat.end as SessionEnd;
    this.#resolveClosed(end);
    if (end.kind !== 'transport') await this.#stream.end();
    // What the peer still sends is not read.
    this.#stream.reset(NO_ERROR);
  }
}
