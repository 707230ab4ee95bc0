import type { RecordedFrame } from '../frames/recorder.ts';
import { type Discretion, type ReportedFrame, reportFrames } from '../frames/reported.ts';
import type { Difference, Pair } from './compare.ts';
import type { Question } from './observation.ts';

/** One field of the two messages. */
export interface Row {
  /** Bytes from the beginning of each message; null where it does not have the field, or not among what was kept. */
  offset: { a: number | null; b: number | null };
  field: string;
  a: string | null;
  b: string | null;
  /** Whether this is what the difference is about. */
  differs: boolean;
}

/** The first message in which two servers differ. */
export interface SideBySide {
  /** The call, and both answers to it, as they passed; null when there was none. */
  call: ReportedFrame | null;
  answers: Pair<ReportedFrame | null>;
  rows: Row[];
}

/** Holds the two answers against each other, field by field. No token is in what it returns. */
export function sideBySide({ question, path, shown }: Difference, discretion: Pair<Discretion>): SideBySide {
  if (!question) return { call: null, answers: { a: null, b: null }, rows: [] };
  const a = framesOf(question.a, discretion.a);
  const b = framesOf(question.b, discretion.b);
  const rows = rowsOf(a.answer, b.answer, path);
  // Of a long list or a long message the place may not have been kept.
  if (!rows.some(({ differs }) => differs))
    rows.push({ offset: { a: null, b: null }, field: path, a: shown.a, b: shown.b, differs: true });
  return { call: a.call, answers: { a: a.answer, b: b.answer }, rows };
}

function framesOf({ frame, answer }: Question, discretion: Discretion) {
  const frames: RecordedFrame[] = answer ? [frame, answer.frame] : [frame];
  const [call, reply] = reportFrames(frames, discretion);
  return { call: call ?? null, answer: reply ?? null };
}

function rowsOf(a: ReportedFrame | null, b: ReportedFrame | null, path: string): Row[] {
  const of = (frame: ReportedFrame | null) => new Map((frame?.fields ?? []).map((field) => [field.name, field]));
  const [fieldsA, fieldsB] = [of(a), of(b)];
  const names = [...new Set([...fieldsA.keys(), ...fieldsB.keys()])];
  return names
    .filter((name) => isAbout(name, path) || !(name.endsWith('→') || name.startsWith('segment')))
    .map((name) => {
      const [one, other] = [fieldsA.get(name), fieldsB.get(name)];
      const offset = { a: one?.offset ?? null, b: other?.offset ?? null };
      return { offset, field: name, a: one?.value ?? null, b: other?.value ?? null, differs: isAbout(name, path) };
    });
}

/** Whether the annotation of that name shows the place that the path leads to. */
const isAbout = (name: string, path: string): boolean =>
  path === 'answer' ? name === 'return.which' : name === path || name === `${path} →` || name.endsWith(`.${path}`);
