import type { Store } from '../store/store.ts';
import { NodeServiceError } from './error.ts';

/** What a message or KeyPackage takes besides its bytes, roughly. */
const OVERHEAD_BYTES = 500;
/** While it is full, the store is asked that often whether there is room again, in ms. */
const ASK_AGAIN_MS = 1_000;
/** The store is also asked after this part of the limit has been added. */
const ASK_AFTER = 1 / 16;

/**
 * Bounds what the store holds in all: queues are bounded one by one, but any caller may begin as many as there are keys.
 * It counts what is added, at once, and asks the store now and then how much of it is left.
 */
export class StorageQuota {
  readonly #store: Pick<Store, 'stats'>;
  readonly #limit: number;
  readonly #now: () => number;
  /** What the store held when it was asked. */
  #held = 0;
  #added = 0;
  #isAsking = false;
  #askedAt: number;

  /** @param limit bytes @param now ms */
  constructor(store: Pick<Store, 'stats'>, limit: number, now: () => number) {
    this.#store = store;
    this.#limit = limit;
    this.#now = now;
    this.#askedAt = now();
    void this.#ask();
  }

  /** @throws NodeServiceError E015 when there is no room for so many bytes more */
  take(bytes: number): void {
    const taken = bytes + OVERHEAD_BYTES;
    const isFull = this.#held + this.#added + taken > this.#limit;
    if (isFull ? this.#now() >= this.#askedAt + ASK_AGAIN_MS : this.#added > this.#limit * ASK_AFTER) void this.#ask();
    if (isFull) throw new NodeServiceError('E015', 'this server has no room left; try again later');
    this.#added += taken;
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#askedAt = this.#now();
    const before = this.#added;
    try {
      const { messages, messageBytes, keyPackages, keyPackageBytes } = await this.#store.stats();
      this.#held = messageBytes + keyPackageBytes + OVERHEAD_BYTES * (messages + keyPackages);
      this.#added -= before;
    } catch {
      // A store that is away for now: what was known holds on.
    }
    this.#isAsking = false;
  }
}
