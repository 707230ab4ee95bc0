import type { RpcMessage } from './message.ts';
import type { Received } from './vat.ts';

/**
 * Whether a message makes work or an answer here that the peer did not have to wait for: those wait while there is no
 * room. Return, Finish and Release do not, so that two ends that are both short of room still let go of each other.
 */
export function makesWork({ kind }: RpcMessage): boolean {
  return kind === 'call' || kind === 'bootstrap' || kind === 'disembargo' || kind === 'resolve' || kind === 'other';
}

/** Messages that wait for room, in order: the first makes work, the others came behind it. */
export class Inbox {
  #held: Received[] = [];
  #bytes = 0;
  /** Questions whose answers a held message builds on. */
  readonly #builtOn = new Set<number>();

  get first(): RpcMessage | undefined {
    return this.#held[0]?.message;
  }

  /** Bytes of what is held. */
  get bytes(): number {
    return this.#bytes;
  }

  hold(received: Received): void {
    this.#held.push(received);
    this.#bytes += received.frame.bytes.length;
    const { message } = received;
    if (message.kind !== 'call' && message.kind !== 'disembargo') return;
    if (message.target.kind === 'promisedAnswer') this.#builtOn.add(message.target.questionId);
  }

  shift(): Received | undefined {
    const first = this.#held.shift();
    if (first) this.#bytes -= first.frame.bytes.length;
    if (this.#held.length === 0) this.#builtOn.clear();
    return first;
  }

  /**
   * Whether a message may be handled before those that wait: a Finish that cancels a call under way, which is what makes
   * room (unless a waiting message builds on that call), and the peer's goodbye.
   */
  overtakes(message: RpcMessage, isRunning: (questionId: number) => boolean): boolean {
    if (message.kind === 'abort') return true;
    const { kind } = message;
    return kind === 'finish' && isRunning(message.questionId) && !this.#builtOn.has(message.questionId);
  }
}
