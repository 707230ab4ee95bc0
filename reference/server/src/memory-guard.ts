/** A session, as far as memory goes. */
export interface Holder {
  /** Bytes of messages that it holds: not whole yet, waiting to be worked on, or not taken by the peer. */
  readonly heldBytes: number;
  /** Ends it at once, without waiting for the peer. */
  abandon(reason: string): void;
}

/** How often it is looked at, in ms: more than arrives in that time is never over the limit. */
const EVERY_MS = 100;

/**
 * Keeps what all sessions hold together under a limit. What one session holds is bounded by itself, but a peer may open
 * many and send, or take, the first half of a large message on each. Over the limit, those that hold most are ended
 * until the rest is within half of it: a session that does its work holds something for a moment only.
 */
export class MemoryGuard {
  readonly #sessions: ReadonlySet<Holder>;
  readonly #limit: number;
  readonly #timer: NodeJS.Timeout;
  readonly #onEnded: (sessions: number, bytes: number) => void;

  /** @param limit bytes @param onEnded told how many sessions were ended, and what they held */
  constructor(sessions: ReadonlySet<Holder>, limit: number, onEnded: (sessions: number, bytes: number) => void) {
    this.#sessions = sessions;
    this.#limit = limit;
    this.#onEnded = onEnded;
    this.#timer = setInterval(() => this.check(), EVERY_MS);
    this.#timer.unref();
  }

  check(): void {
    const holders = [...this.#sessions].map((session) => ({ session, bytes: session.heldBytes }));
    let held = holders.reduce((sum, { bytes }) => sum + bytes, 0);
    if (held <= this.#limit) return;
    const before = held;
    let count = 0;
    for (const { session, bytes } of holders.sort((a, b) => b.bytes - a.bytes)) {
      if (held <= this.#limit / 2) break;
      session.abandon('the server is short of memory, and this session holds too much of it');
      held -= bytes;
      count += 1;
    }
    this.#onEnded(count, before - held);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
