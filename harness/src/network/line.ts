import type { Decision } from './decide.ts';

/** How long a packet waits for those that overtake it, when they do not come, in ms: QUIC's own timers need it then. */
const OVERTAKE_LIMIT_MS = 25;

interface Held {
  packet: Uint8Array;
  decision: Decision;
  left: number;
  timer: NodeJS.Timeout;
}

/** One direction of a flow. Packets leave in their order, but for those that are decided to be overtaken. */
export class Line {
  readonly #send: (packet: Uint8Array) => void;
  readonly #decide: (number: number) => Decision;
  readonly #held = new Set<Held>();
  /** On their way; none arrives before those ahead of it. Times of performance.now(). */
  readonly #travelling: { packet: Uint8Array; arrivesAt: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #number = 0;

  constructor(decide: (number: number) => Decision, send: (packet: Uint8Array) => void) {
    this.#decide = decide;
    this.#send = send;
  }

  take(packet: Uint8Array): void {
    const decision = this.#decide(this.#number);
    this.#number += 1;
    if (decision.isLost) return;
    if (decision.overtakenBy > 0) {
      const held: Held = {
        ...{ packet, decision, left: decision.overtakenBy },
        timer: setTimeout(() => this.#letGo(held), OVERTAKE_LIMIT_MS),
      };
      this.#held.add(held);
      return;
    }
    this.#enter(packet, decision);
    for (const held of [...this.#held]) {
      held.left -= 1;
      if (held.left === 0) this.#letGo(held);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const { timer } of this.#held) clearTimeout(timer);
    this.#held.clear();
    this.#travelling.length = 0;
  }

  #letGo(held: Held): void {
    clearTimeout(held.timer);
    this.#held.delete(held);
    this.#enter(held.packet, held.decision);
  }

  #enter(packet: Uint8Array, { delayMs, isDoubled }: Decision): void {
    const arrivesAt = performance.now() + delayMs;
    this.#travelling.push({ packet, arrivesAt });
    if (isDoubled) this.#travelling.push({ packet, arrivesAt });
    if (this.#timer === undefined) this.#arrive();
  }

  /** Hands on what has arrived, and comes back for the next. */
  #arrive(): void {
    this.#timer = undefined;
    for (;;) {
      const [first] = this.#travelling;
      if (first === undefined) return;
      const ms = first.arrivesAt - performance.now();
      if (ms > 0) {
        this.#timer = setTimeout(() => this.#arrive(), ms);
        return;
      }
      this.#travelling.shift();
      this.#send(first.packet);
    }
  }
}
