/**
 * The lives of a question (ours) and an answer (the peer's question), as rpc.capnp tells them at Call, Return and
 * Finish: an id is free again once both Return and Finish went over the wire.
 */
export type QuestionState = 'asked' | 'canceled' | 'gone';
export type QuestionEvent = 'return' | 'cancel';

/** A missing entry is something that cannot happen by the rules. */
export const QUESTION: Readonly<Record<QuestionState, Partial<Record<QuestionEvent, QuestionState>>>> = {
  /** Waiting for the Return. Cancelling sends Finish; the Return still comes. */
  asked: { return: 'gone', cancel: 'canceled' },
  canceled: { return: 'gone', cancel: 'canceled' },
  gone: {},
};

export type AnswerState = 'running' | 'finished' | 'answered' | 'gone';
export type AnswerEvent = 'answer' | 'finish';

export const ANSWER: Readonly<Record<AnswerState, Partial<Record<AnswerEvent, AnswerState>>>> = {
  running: { answer: 'answered', finish: 'finished' },
  /** The peer lost interest before the Return, which we still owe. */
  finished: { answer: 'gone' },
  answered: { finish: 'gone' },
  gone: {},
};
