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
  /** @returns what arrives instead; undefined: the end of the stream */
  incoming?(passing: Passing): Uint8Array[] | Promise<Uint8Array[]>;
  /** @returns what is sent instead */
  outgoing?(passing: Passing): Uint8Array[] | Promise<Uint8Array[]>;
  /** In pieces, as they are written. */
  pieces?(bytes: Uint8Array): Uint8Array[];
}

/** A fault in the messages of sessions. */
export function inMessages(makeTap: (control: { reset(): void; end(): void }) => Tap): Fault {
  return {
    stream: (stream) =>
      new TappedStream(stream, makeTap({ reset: () => stream.reset(0), end: () => void stream.end() })),
  };
}

/** A fault in the bytes of sessions, whatever they mean. */
export function inBytes(change: (stream: ByteStream) => Partial<ByteStream>): Fault {
  return {
    stream: (stream) => {
      const changed = change(stream);
      return {
        read: changed.read ?? (() => stream.read()),
        write: changed.write ?? ((bytes) => stream.write(bytes)),
        end: changed.end ?? (() => stream.end()),
        reset: changed.reset ?? ((code) => stream.reset(code)),
      };
    },
  };
}

class TappedStream implements ByteStream {
  readonly #stream: ByteStream;
  readonly #tap: Tap;
  readonly #arriving = new FrameReader();
  readonly #leaving = new FrameReader();
  readonly #ready: Uint8Array[] = [];
  #line: Promise<unknown> = Promise.resolve();
  #isRaw = false;

  constructor(stream: ByteStream, tap: Tap) {
    this.#stream = stream;
    this.#tap = tap;
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
        return chunk;
      }
      for (const { bytes } of frames) {
        const message = readable(bytes);
        this.#ready.push(...(message ? await incoming({ message, bytes }) : [bytes]));
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
