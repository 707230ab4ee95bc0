import { ProtocolError } from './errors.ts';
import { ANSWER, type AnswerState, transition } from './lifecycle.ts';
import type { MessageTarget } from './message.ts';

interface Answer {
  state: AnswerState;
  /** Whether the result is the bootstrap capability. It is held as long as the answer is, whatever the peer releases. */
  isBootstrap: boolean;
}

/** The one capability we export. */
export const BOOTSTRAP_EXPORT = 0;

/** The peer's questions, and the references that it holds to our bootstrap capability. */
export class AnswerTable {
  readonly #maxUnfinished: number;
  readonly #answers = new Map<number, Answer>();
  #running = 0;
  #references = 0;

  /** @param maxUnfinished answers that may be given and not finished */
  constructor(maxUnfinished: number) {
    this.#maxUnfinished = maxUnfinished;
  }

  /** Calls that are not answered yet. */
  get running(): number {
    return this.#running;
  }

  /** Whether a Finish would cancel a call. */
  isRunning(questionId: number): boolean {
    return this.#answers.get(questionId)?.state === 'running';
  }

  /** Notes a call. @throws ProtocolError */
  startCall(questionId: number): void {
    this.#add(questionId, { state: 'running', isBootstrap: false });
    this.#running += 1;
  }

  /** Notes a Bootstrap, which is answered at once. @throws ProtocolError */
  answerBootstrap(questionId: number, hasBootstrap: boolean): void {
    this.#add(questionId, { state: 'answered', isBootstrap: hasBootstrap });
    if (hasBootstrap) this.#references += 1;
  }

  /** @returns what is due: the answer, word that it was canceled, or nothing when none is owed */
  answerCall(questionId: number): 'answer' | 'canceled' | undefined {
    const answer = this.#answers.get(questionId);
    const next = answer && transition(ANSWER, answer.state, 'answer');
    if (!next) return undefined;
    this.#running -= 1;
    this.#move(questionId, answer, next);
    return next === 'answered' ? 'answer' : 'canceled';
  }

  /** @returns whether that cancels a call. @throws ProtocolError for an unknown question, or a second Finish */
  finish(questionId: number, releaseResultCaps: boolean): boolean {
    const answer = this.#answers.get(questionId);
    const next = answer && transition(ANSWER, answer.state, 'finish');
    if (!next) throw new ProtocolError(`Finish of question ${questionId}, which is not known`);
    this.#move(questionId, answer, next);
    // A peer that has released it early has no reference left to give back here.
    if (answer.isBootstrap && releaseResultCaps && this.#references > 0) this.#references -= 1;
    return next === 'finished';
  }

  /** @throws ProtocolError for another capability, or more references than were given */
  release(id: number, count: number): void {
    if (id !== BOOTSTRAP_EXPORT || count > this.#references)
      throw new ProtocolError(`Release of ${count} references to capability ${id}, more than were given`);
    this.#references -= count;
  }

  /**
   * @returns why a call to the target fails; undefined when it is our bootstrap capability
   * @throws ProtocolError when the peer cannot name that target
   */
  faultOf(target: MessageTarget): string | undefined {
    if (target.kind === 'importedCap') {
      if (target.id === BOOTSTRAP_EXPORT && this.#references > 0) return undefined;
      throw new ProtocolError(`capability ${target.id} is not exported`);
    }
    const answer = this.#answers.get(target.questionId);
    if (!answer || answer.state === 'finished')
      throw new ProtocolError(`question ${target.questionId} of a promised answer is not known`);
    return answer.isBootstrap && target.transform.length === 0 ? undefined : 'that answer holds no capability there';
  }

  #add(questionId: number, answer: Answer): void {
    if (this.#answers.has(questionId)) throw new ProtocolError(`question ${questionId} is already in use`);
    if (this.#answers.size - this.#running >= this.#maxUnfinished)
      throw new ProtocolError('too many answers were not finished');
    this.#answers.set(questionId, answer);
  }

  #move(questionId: number, answer: Answer, next: AnswerState): void {
    answer.state = next;
    if (next === 'gone') this.#answers.delete(questionId);
  }
}
