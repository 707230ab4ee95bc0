import { QUESTION, type QuestionState, transition } from './lifecycle.ts';

/** Our questions. An id is used again once both its Return and its Finish went over the wire. */
export class QuestionTable {
  readonly #states = new Map<number, QuestionState>();
  readonly #free: number[] = [];
  #next = 0;

  /** Questions that the peer has not returned, those that were canceled among them. */
  get size(): number {
    return this.#states.size;
  }

  ask(): number {
    const id = this.#free.pop() ?? this.#next++;
    this.#states.set(id, 'asked');
    return id;
  }

  /** @returns whether that is news, so that a Finish is due */
  cancel(id: number): boolean {
    const state = this.#states.get(id);
    const next = state && transition(QUESTION, state, 'cancel');
    if (!next) return false;
    this.#states.set(id, next);
    return true;
  }

  /** Takes a question off the table. @returns whether somebody waited for it; undefined when it is not known */
  return(id: number): { isAwaited: boolean } | undefined {
    const state = this.#states.get(id);
    if (!state || !transition(QUESTION, state, 'return')) return undefined;
    this.#states.delete(id);
    this.#free.push(id);
    return { isAwaited: state === 'asked' };
  }
}
