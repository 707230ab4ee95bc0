import { keyOf } from '../store/records.ts';
import type { QueueId } from '../store/store.ts';

/** A place in the line for a queue. */
export interface Turn {
  /** Resolves true when something came into the queue, false after the time, the signal or `wakeAll`. */
  readonly woken: Promise<boolean>;
  /** Leaves the line. A turn that came and was not used goes to the next in line. */
  leave(): void;
}

/** Those who wait for a message, in line by queue. One message wakes one of them. */
export class Waiters {
  readonly #lines = new Map<string, Set<() => void>>();
  readonly #all = new Set<() => void>();

  /** Something came into the queue: the first in line gets the turn. */
  wake(queue: QueueId): void {
    this.#wakeKey(keyOf(queue.channelId, queue.recipientKey));
  }

  /** Nobody waits any longer. */
  wakeAll(): void {
    for (const stop of [...this.#all]) stop();
  }

  /** @param timeoutMs how long to wait at most */
  join(queue: QueueId, timeoutMs: number, signal: AbortSignal): Turn {
    const key = keyOf(queue.channelId, queue.recipientKey);
    const line = this.#lines.get(key) ?? new Set();
    this.#lines.set(key, line);
    let isWoken = false;
    let settle: (isTurn: boolean) => void = () => {};
    const woken = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const out = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      line.delete(turn);
      this.#all.delete(stop);
      if (line.size === 0 && this.#lines.get(key) === line) this.#lines.delete(key);
    };
    const turn = (): void => {
      isWoken = true;
      out();
      settle(true);
    };
    const stop = (): void => {
      out();
      settle(false);
    };
    const timer = setTimeout(stop, timeoutMs);
    line.add(turn);
    this.#all.add(stop);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    return {
      woken,
      leave: () => {
        if (isWoken) this.#wakeKey(key);
        else stop();
      },
    };
  }

  #wakeKey(key: string): void {
    const [first] = this.#lines.get(key) ?? [];
    first?.();
  }
}
