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
  /** How many wait for a recipient, on all queues of theirs. */
  readonly #ofRecipient = new Map<string, number>();
  readonly #limit: number;

  /** @param limit how many may wait for one recipient */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many wait. */
  get size(): number {
    return this.#all.size;
  }

  /** Something came into the queue: the first in line gets the turn. */
  wake(queue: QueueId): void {
    this.#wakeKey(keyOf(queue.channelId, queue.recipientKey));
  }

  /** Nobody waits any longer. */
  wakeAll(): void {
    for (const stop of [...this.#all]) stop();
  }

  /** Something may have come into any queue: everybody looks. */
  wakeEvery(): void {
    for (const line of [...this.#lines.values()]) for (const turn of [...line]) turn();
  }

  /**
   * @param timeoutMs how long to wait at most
   * @returns undefined when too many wait for this recipient already
   */
  join(queue: QueueId, timeoutMs: number, signal: AbortSignal): Turn | undefined {
    const recipient = keyOf(queue.recipientKey);
    const others = this.#ofRecipient.get(recipient) ?? 0;
    if (others >= this.#limit) return undefined;
    this.#ofRecipient.set(recipient, others + 1);
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
      if (this.#all.delete(stop)) this.#leaveRecipient(recipient);
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

  #leaveRecipient(recipient: string): void {
    const left = (this.#ofRecipient.get(recipient) ?? 1) - 1;
    if (left > 0) this.#ofRecipient.set(recipient, left);
    else this.#ofRecipient.delete(recipient);
  }

  #wakeKey(key: string): void {
    const [first] = this.#lines.get(key) ?? [];
    first?.();
  }
}
