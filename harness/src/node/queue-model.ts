import { createHash } from 'node:crypto';
import type { Delivery } from '@quicnprotochat/proto';
import { showBytes } from '../world/exchange.ts';

/** A message that was enqueued and, as far as the answers say, not delivered yet. */
export interface Expected {
  payload: Uint8Array;
  seq: bigint;
}

/** What a queue must hold, by the answers so far: the oracle of the delivery scenarios. */
export class QueueModel {
  readonly name: string;
  /** Oldest first. */
  messages: Expected[] = [];
  /** Every number that `enqueue` returned in this scenario, in the order of the calls. */
  readonly numbers: bigint[] = [];
  /** Payloads of calls of which some may have had no answer, in the order of the calls. */
  readonly sent: Uint8Array[] = [];

  constructor(name: string) {
    this.name = name;
  }

  add(payload: Uint8Array, seq: bigint): void {
    this.messages.push({ payload, seq });
    this.numbers.push(seq);
  }

  /**
   * Holds an answer against the model, and leaves the model as it is.
   * @returns the messages that the answer holds
   * @throws unless they are the first of the queue, in order and byte for byte
   */
  check(answer: readonly Delivery[]): Expected[] {
    const first = this.messages.slice(0, answer.length);
    for (const [index, { payload }] of answer.entries()) {
      const expected = first[index];
      if (!expected) {
        throw new Error(`${this.name}: ${answer.length} messages came back, ${first.length} were queued`);
      }
      if (!sameBytes(payload, expected.payload)) {
        throw new Error(
          `${this.name}: message ${index + 1} is ${describe(payload)}${this.#whereIs(payload)}, expected ${describe(expected.payload)}` +
            difference(payload, expected.payload),
        );
      }
    }
    return first;
  }

  /** As `check`, and takes the messages of the answer out of the model. */
  take(answer: readonly Delivery[]): Expected[] {
    const taken = this.check(answer);
    this.messages.splice(0, taken.length);
    return taken;
  }

  /** @throws unless the answer holds messages that follow each other in the queue, wherever they begin */
  checkRun(answer: readonly Delivery[]): void {
    const [head] = answer;
    if (!head) return;
    const from = this.messages.findIndex(({ payload }) => sameBytes(payload, head.payload));
    if (from < 0) throw new Error(`${this.name}: ${describe(head.payload)} came back and was not enqueued`);
    for (const [index, { payload, seq }] of answer.entries()) {
      const expected = this.messages[from + index];
      if (!expected || !sameBytes(payload, expected.payload) || seq !== expected.seq) {
        throw new Error(
          `${this.name}: an answer that begins with message ${from + 1} goes on with ${describe(payload)}${this.#whereIs(payload)} as its message ${index + 1}`,
        );
      }
    }
  }

  /**
   * Takes everything out of the model.
   * @throws unless each message of the model came back, under its number, and else only what was sent; in the order in which it
   *   was sent, and nothing twice
   */
  takeAnswered(there: readonly Delivery[]): void {
    const numbers = new Map(this.messages.map(({ payload, seq }) => [digest(payload), seq]));
    const places = new Map<string, number>();
    for (const payload of [...this.sent, ...this.messages.map((message) => message.payload)])
      if (!places.has(digest(payload))) places.set(digest(payload), places.size);
    let last = -1;
    for (const { payload, seq } of there) {
      const name = digest(payload);
      const place = places.get(name);
      if (place === undefined) throw new Error(`${this.name}: ${describe(payload)} came back and was not enqueued`);
      if (place === last) throw new Error(`${this.name}: message ${place + 1} came back twice`);
      if (place < last)
        throw new Error(`${this.name}: message ${place + 1} came back after message ${last + 1}, or a second time`);
      last = place;
      const number = numbers.get(name);
      if (number !== undefined && number !== seq)
        throw new Error(`${this.name}: message ${place + 1} has number ${seq}; enqueue returned ${number}`);
      numbers.delete(name);
    }
    if (numbers.size > 0)
      throw new Error(
        `${this.name}: ${numbers.size} of ${this.messages.length} messages whose enqueue was answered are lost`,
      );
    this.messages = [];
  }

  /** Puts what was added at once into the order of its numbers. @throws when two have the same */
  sort(): void {
    this.messages.sort((one, other) => (one.seq < other.seq ? -1 : 1));
    for (const [index, { seq }] of this.messages.entries())
      if (seq === this.messages[index + 1]?.seq) throw new Error(`${this.name}: number ${seq} was returned twice`);
  }

  /** Takes all messages up to that number out of the model. */
  ack(seqUpTo: bigint): void {
    this.messages = this.messages.filter(({ seq }) => seq > seqUpTo);
  }

  /** @throws unless every message of the model is in exactly one of the answers, in queue order within each, and nothing else is */
  takeFromMany(answers: readonly (readonly Delivery[])[]): void {
    const places = new Map(this.messages.map(({ payload }, index) => [digest(payload), index]));
    const seen = new Set<number>();
    for (const answer of answers) {
      let last = -1;
      for (const { payload } of answer) {
        const place = places.get(digest(payload));
        if (place === undefined) throw new Error(`${this.name}: ${describe(payload)} came back and was not enqueued`);
        if (seen.has(place)) throw new Error(`${this.name}: message ${place + 1} was delivered twice`);
        if (place < last)
          throw new Error(`${this.name}: message ${place + 1} came after message ${last + 1} in one answer`);
        seen.add(place);
        last = place;
      }
    }
    const lost = this.messages.length - seen.size;
    if (lost > 0) throw new Error(`${this.name}: ${lost} of ${this.messages.length} messages were delivered to nobody`);
    this.messages = [];
  }

  #whereIs(payload: Uint8Array): string {
    const at = this.messages.findIndex((message) => sameBytes(message.payload, payload));
    return at < 0 ? '' : ` (message ${at + 1} of the queue)`;
  }
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Says which bytes are meant, as the timeline of the calls shows them. */
export const describe = (bytes: Uint8Array): string => (bytes.length === 0 ? '0 bytes' : showBytes(bytes));

export function difference(got: Uint8Array, expected: Uint8Array): string {
  const end = Math.min(got.length, expected.length);
  let at = 0;
  while (at < end && got[at] === expected[at]) at += 1;
  return at === 0 ? '' : `; they differ from byte ${at + 1} on`;
}
