import { NODE_SERVICE_ID, nodeService, parseReason } from '@quicnprotochat/proto';
import {
  type CallMessage,
  capnpPointer,
  type Method,
  type Payload,
  type ReturnMessage,
  type RpcMessage,
  readMessage,
  splitFrame,
} from '@quicnprotochat/rpc';
import { Message as CapnpMessage, Pointer } from 'capnp-es';
import type { RecordedFrame, RecordLimits } from '../frames/recorder.ts';
import { BYSTANDER } from '../frames/reported.ts';
import { type Fields, plainValue } from './values.ts';

/** Of a scenario that is compared everything is looked at; only the beginning of each message is kept after that. */
export const OBSERVED_LIMITS: RecordLimits = { bytes: 24 << 20, first: 30_000, last: 0, sessions: 4_096 };
const KEPT_BYTES = 4_096;

/** What came back for a question. */
export type Answer = { atMs: number; frame: RecordedFrame } & (
  | { kind: 'results'; fields: Fields }
  | { kind: 'exception'; type: string; code: string | undefined; reason: string }
  /** A Return of another kind, or one that cannot be read. */
  | { kind: 'other'; what: string }
);

/** A Bootstrap or a call, and its answer. */
export interface Question {
  id: number;
  atMs: number;
  /** Name of the method; of an unknown one its interface and number. */
  method: string;
  params: Fields;
  frame: RecordedFrame;
  /** Undefined when none came. */
  answer: Answer | undefined;
  /** The client gave it up before there was an answer. */
  isGivenUp: boolean;
}

/** Something else that the server said on a session: `abort`, `unimplemented`, `disembargo`, or how it ended. */
export interface Remark {
  atMs: number;
  kind: string;
  frame: RecordedFrame;
}

/** A stream, from the client's side. */
export interface ObservedSession {
  /** Who speaks on it, and which of their streams it is, from 1. */
  who: string;
  number: number;
  questions: Question[];
  remarks: Remark[];
}

/** What passed between a scenario and a server. */
export interface Observation {
  sessions: ObservedSession[];
  /** Texts of the scenario's steps. */
  steps: string[];
}

/** Messages that only keep the session tidy: when and whether they come is a server's own affair. */
const TIDYING = new Set(['release', 'finish', 'resolve', 'return']);

/** Makes an observation of all frames of a scenario. */
export function observe(frames: readonly RecordedFrame[], steps: string[]): Observation {
  const sessions = new Map<number, ObservedSession>();
  const counts = new Map<string, number>();
  for (const frame of frames) {
    const { number, who } = frame.session;
    if (who === BYSTANDER) continue;
    let session = sessions.get(number);
    if (!session) {
      const count = (counts.get(who) ?? 0) + 1;
      counts.set(who, count);
      session = { who: who || 'a session', number: count, questions: [], remarks: [] };
      sessions.set(number, session);
    }
    if (frame.direction === 'sent') noteSent(session, frame);
    else noteReceived(session, frame);
  }
  return { sessions: [...sessions.values()], steps };
}

function noteSent({ questions }: ObservedSession, frame: RecordedFrame): void {
  const message = messageOf(frame);
  const common = { atMs: frame.atMs, frame: shortened(frame), answer: undefined, isGivenUp: false };
  if (message?.kind === 'bootstrap')
    questions.push({ ...common, id: message.questionId, method: 'Bootstrap', params: {} });
  else if (message?.kind === 'call') {
    const method = methodOf(message);
    const params = method ? paramsOf(message, method) : {};
    const name = method?.name ?? `method ${message.methodId} of 0x${message.interfaceId.toString(16)}`;
    questions.push({ ...common, id: message.questionId, method: name, params });
  } else if (message?.kind === 'finish') {
    const question = questions.findLast(({ id }) => id === message.questionId);
    if (question && question.answer === undefined) question.isGivenUp = true;
  }
}

function noteReceived({ questions, remarks }: ObservedSession, frame: RecordedFrame): void {
  const message = messageOf(frame);
  const { atMs } = frame;
  if (message?.kind === 'return') {
    const question = questions.findLast(({ id, answer }) => id === message.answerId && answer === undefined);
    if (question) question.answer = { atMs, frame: shortened(frame), ...answerOf(question, message) };
    else remarks.push({ atMs, kind: 'a Return that answers nothing', frame: shortened(frame) });
  } else if (message === undefined || !TIDYING.has(message.kind)) {
    const kind = frame.event !== undefined ? 'the end' : (message?.kind ?? 'no message');
    remarks.push({ atMs, kind, frame: shortened(frame) });
  }
}

type DistributiveOmit<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never;

function answerOf({ method }: Question, { value }: ReturnMessage): DistributiveOmit<Answer, 'atMs' | 'frame'> {
  if (value.kind === 'exception') {
    const { type, reason } = value.exception;
    return { kind: 'exception', type, code: parseReason(reason), reason };
  }
  if (value.kind !== 'results') return { kind: 'other', what: value.kind };
  const known = methods.get(method);
  try {
    return {
      kind: 'results',
      fields: known ? contentOf(value.payload, (pointer) => known.readResults(pointer)) : {},
    };
  } catch (error) {
    return { kind: 'other', what: `results that cannot be read: ${error instanceof Error ? error.message : error}` };
  }
}

/** @returns undefined when it is no message */
function messageOf(frame: RecordedFrame): RpcMessage | undefined {
  if (frame.event !== undefined || frame.fault !== undefined || frame.bytes.length < frame.length) return undefined;
  try {
    return readMessage(splitFrame(frame.bytes));
  } catch {
    return undefined;
  }
}

type AnyMethod = Method<unknown, unknown>;
const methods = new Map(Object.entries(nodeService) as unknown as [string, AnyMethod][]);
const byNumber = new Map([...methods.values()].map((method) => [method.methodId, method]));

const methodOf = ({ interfaceId, methodId }: CallMessage): AnyMethod | undefined =>
  interfaceId === NODE_SERVICE_ID ? byNumber.get(methodId) : undefined;

/** What a scenario sends wrong may be of another type than the schema's: then there are none to compare. */
function paramsOf({ params }: CallMessage, method: AnyMethod): Fields {
  try {
    return contentOf(params, (pointer) => method.readParams(pointer));
  } catch {
    return {};
  }
}

/** @throws what the codec throws on a field of another type */
function contentOf({ content }: Payload, read: (pointer: Pointer) => unknown): Fields {
  const isPlace = content !== undefined && !(content instanceof Uint8Array);
  const pointer = isPlace ? capnpPointer(content) : new Pointer(new CapnpMessage().getSegment(0), 0);
  return plainValue(read(pointer)) as Fields;
}

const shortened = (frame: RecordedFrame): RecordedFrame => ({ ...frame, bytes: frame.bytes.slice(0, KEPT_BYTES) });
