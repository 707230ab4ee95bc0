import { annotate, type Field } from './annotate.ts';
import type { MethodLayout } from './node-layout.ts';
import type { RecordedFrame } from './recorder.ts';

/** A frame in a report; holds no token. */
export interface ReportedFrame {
  /** Milliseconds since the scenario began. */
  atMs: number;
  /** Whose session it is, or its number. */
  session: string;
  direction: 'sent' | 'received';
  /** Bytes on the wire. */
  bytes: number;
  /** What it is: `Call 3 enqueue`. */
  summary: string;
  /** Its first bytes in hex, `**` for each byte of a secret. */
  hex: string;
  fields: Omit<Field, 'isSecret'>[];
}

/** How secrets are kept out. */
export interface Discretion {
  redact(text: string): string;
  blank(bytes: Uint8Array): Uint8Array;
  ownerOf(token: Uint8Array): string | undefined;
}

const MAX_TEXT = 400;

/**
 * Annotates frames in the order in which they passed.
 * @param hexBytes bytes of each that are shown in hex
 */
export function reportFrames(
  frames: readonly RecordedFrame[],
  discretion: Discretion,
  hexBytes = 1_024,
): ReportedFrame[] {
  const methods = new Map<number, Map<number, MethodLayout>>();
  const text = (value: string): string => {
    const redacted = discretion.redact(value);
    return redacted.length <= MAX_TEXT ? redacted : `${redacted.slice(0, MAX_TEXT)}…`;
  };
  return frames.map((frame) => {
    const { session } = frame;
    let known = methods.get(session.number);
    if (!known) {
      known = new Map();
      methods.set(session.number, known);
    }
    const { summary, fields } =
      frame.event !== undefined
        ? { summary: frame.event, fields: [] }
        : frame.fault === undefined || frame.fault.startsWith('cut off')
          ? annotate(frame.bytes, frame.length, { methods: known, ...discretion })
          : { summary: '', fields: [] };
    return {
      atMs: Math.round(frame.atMs),
      session: session.who || `session ${session.number}`,
      direction: frame.direction,
      bytes: frame.length,
      summary: text([summary, frame.fault ? `(${frame.fault})` : ''].filter(Boolean).join(' ')),
      hex: hexOf(frame.bytes, fields, discretion.blank(frame.bytes), hexBytes),
      fields: fields.map(({ isSecret: _, expected, ...field }) => ({
        ...{ ...field, value: text(field.value) },
        // What the suite sends wrong it means to.
        ...(expected === undefined || frame.direction === 'sent' ? {} : { expected }),
      })),
    };
  });
}

/** What the known tokens and the fields of secrets cover is `**`. */
function hexOf(bytes: Uint8Array, fields: readonly Field[], blanked: Uint8Array, limit: number): string {
  const secret = new Set<number>();
  for (const { offset, length, isSecret } of fields)
    if (isSecret) for (let i = offset; i < Math.min(offset + length, limit); i += 1) secret.add(i);
  const pairs: string[] = [];
  for (let i = 0; i < Math.min(bytes.length, limit); i += 1) {
    const byte = bytes[i] as number;
    pairs.push(secret.has(i) || blanked[i] !== byte ? '**' : byte.toString(16).padStart(2, '0'));
  }
  return pairs.join('');
}

const SHOWN_FIRST = 8;
const SHOWN_LAST = 32;

/** The frames worth showing: without those of a bystander that noticed nothing, and without the middle of a flood. */
export function selectFrames(frames: readonly RecordedFrame[]): RecordedFrame[] {
  const others = frames.filter(({ session }) => session.who !== BYSTANDER);
  const chosen = others.length > 0 ? others : [...frames];
  return chosen.length <= SHOWN_FIRST + SHOWN_LAST
    ? chosen
    : [...chosen.slice(0, SHOWN_FIRST), ...chosen.slice(-SHOWN_LAST)];
}

export const BYSTANDER = 'bystander';
