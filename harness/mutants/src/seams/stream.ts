import type { QuicConnection } from '@quicnprotochat/quic';
import { type ByteStream, FrameReader, type RpcMessage, readMessage, splitFrame } from '@quicnprotochat/rpc';
import type { Fault } from '../fault.ts';

/** A message on its way, and its bytes. */
export interface Passing {
  message: RpcMessage;
  /** Framed. */
  bytes: Uint8Array;
}

/** What one session does with what passes. Made anew for each, so that it may remember. */
export interface Tap {
  /** @returns what arrives instead */
  incoming?(passing: Passing): Uint8Array[] | Promise<Uint8Array[]>;
  /** @returns what is sent instead */
  outgoing?(passing: Passing): Uint8Array[] | Promise<Uint8Array[]>;
  /** What is made of a message that is malformed; without it the session judges. */
  malformed?(bytes: Uint8Array): Uint8Array[];
  /** In pieces, as they are written. */
  pieces?(bytes: Uint8Array): Uint8Array[];
}

/** What a tap may do besides. */
export interface Control {
  /** Sends bytes of its own. */
  send(bytes: Uint8Array): void;
  reset(): void;
  end(): void;
  connection: QuicConnection;
}

/** What went wrong in taps themselves: a mutant must be caught for its fault, never for a slip of its author. */
export const slips: string[] = [];

function guarded<A, R>(act: (passing: A) => R): (passing: A) => R {
  return (passing) => {
    try {
      return act(passing);
    } catch (error) {
      slips.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      throw error;
    }
  };
}

/** A fault in the messages of sessions. */
export function inMessages(makeTap: (control: Control) => Tap): Fault {
  return {
    stream: (stream, connection) =>
      new TappedStream(stream, (send) => {
        const tap = makeTap({ send, reset: () => stream.reset(0), end: () => void stream.end(), connection });
        return {
          ...tap,
          incoming: tap.incoming && guarded(tap.incoming),
          outgoing: tap.outgoing && guarded(tap.outgoing),
        };
      }),
  };
}

/** A stream that does some of it otherwise. */
export const changedStream = (stream: ByteStream, changed: Partial<ByteStream>): ByteStream => ({
  read: () => stream.read(),
  write: (bytes) => stream.write(bytes),
  end: () => stream.end(),
  reset: (code) => stream.reset(code),
  ...changed,
});

class TappedStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #tap: Tap;
  readonly #arriving = new FrameReader();
  readonly #leaving = new FrameReader();
  readonly #ready: Uint8Array[] = [];
  #line: Promise<unknown> = Promise.resolve();
  #isRaw = false;

  constructor(stream: ByteStream, makeTap: (send: (bytes: Uint8Array) => void) => Tap) {
    this.#stream = stream;
    this.#tap = makeTap((bytes) => {
      this.#line = this.#line.then(() => stream.write(bytes)).catch(() => {});
    });
  }

  async read(): Promise<Uint8Array | null> {
    const { incoming } = this.#tap;
    if (!incoming || this.#isRaw) return this.#ready.shift() ?? this.#stream.read();
    for (;;) {
      const ready = this.#ready.shift();
      if (ready) return ready;
      const chunk = await this.#stream.read();
      if (chunk === null) return null;
      let frames: { bytes: Uint8Array }[];
      try {
        frames = [...this.#arriving.push(chunk)];
      } catch {
        // What is no message is for the session to judge.
        this.#isRaw = true;
        return this.#tap.malformed ? this.read() : chunk;
      }
      for (const { bytes } of frames) {
        const message = readable(bytes);
        const instead = message ? await incoming({ message, bytes }) : this.#tap.malformed?.(bytes);
        this.#ready.push(...(instead ?? [bytes]));
      }
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    const written = this.#line.then(() => this.#send(bytes));
    this.#line = written.catch(() => {});
    return written;
  }

  async #send(bytes: Uint8Array): Promise<void> {
    const { outgoing, pieces } = this.#tap;
    const sent: Uint8Array[] = [];
    for (const frame of this.#leaving.push(bytes)) {
      const message = readable(frame.bytes);
      sent.push(...(outgoing && message ? await outgoing({ message, bytes: frame.bytes }) : [frame.bytes]));
    }
    for (const piece of sent.flatMap((whole) => pieces?.(whole) ?? [whole])) await this.#stream.write(piece);
  }

  async end(): Promise<void> {
    await this.#line;
    await this.#stream.end();
  }

  reset(code: number): void {
    this.#stream.reset(code);
  }
}

function readable(bytes: Uint8Array): RpcMessage | undefined {
  try {
    return readMessage(splitFrame(bytes));
  } catch {
    return undefined;
  }
}
