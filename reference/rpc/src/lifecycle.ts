/**
 * The lives of a question (ours) and an answer (the peer's question), as rpc.capnp tells them at Call, Return and
 * Finish: an id is free again once both Return and Finish went over the wire. In a table, an event that is missing
 * cannot happen by the rules.
 */
export type Lifecycle<State extends string, Event extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, State>>>>
>;

export type QuestionState = 'asked' | 'canceled' | 'gone';
export type QuestionEvent = 'return' | 'cancel';

export const QUESTION: Lifecycle<QuestionState, QuestionEvent> = {
  /** Waiting for the Return. Cancelling sends Finish; the Return still comes, and keeps the id from being used until then. */
  asked: { return: 'gone', cancel: 'canceled' },
  canceled: { return: 'gone' },
  gone: {},
};

export type AnswerState = 'running' | 'finished' | 'answered' | 'gone';
export type AnswerEvent = 'answer' | 'finish';

export const ANSWER: Lifecycle<AnswerState, AnswerEvent> = {
  running: { answer: 'answered', finish: 'finished' },
  /** The peer lost interest before the Return, which we still owe. */
  finished: { answer: 'gone' },
  answered: { finish: 'gone' },
  gone: {},
};

/** @returns the next state, or undefined when the event cannot happen in this one */
export function transition<State extends string, Event extends string>(
  lifecycle: Lifecycle<State, Event>,
  state: State,
  event: Event,
): State | undefined {
  return lifecycle[state][event];
}
