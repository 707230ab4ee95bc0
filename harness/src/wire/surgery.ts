import { frame, splitFrame, writeMessage } from '@quicnprotochat/rpc';
import { health } from './messages.ts';

/** Words, as hex in the order of the wire, to bytes. */
const words = (...hex: string[]): Uint8Array => Buffer.from(hex.join('').replaceAll(' ', ''), 'hex');
const NULL = '0000000000000000';

/** The one segment of a message that was written in one. */
function segmentOf(message: Uint8Array): Uint8Array {
  const [segment] = splitFrame(message).segments;
  if (!segment) throw new Error('a message has no segment');
  return Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength);
}

const MANY_SEGMENTS = 40;
/** Words that nothing leads to, and that are no zeros. */
const GAP = new Uint8Array(24).fill(0x5a);

/**
 * The same message, laid out in another way. The root of what was written begins in its second word.
 * `far`: the first segment only leads to the second · `double far`: over a landing pad in a segment of its own ·
 * `empty segments`: as `far`, with empty segments in between and behind · `many segments`: as `far`, with segments in between
 * that hold a word each.
 */
export function spread(
  message: Uint8Array,
  how:
    | 'far'
    | 'double far'
    | 'empty segments'
    | 'many segments'
    | 'a gap behind the root pointer'
    | 'a root that lies behind its call',
): Uint8Array {
  const segment = segmentOf(message);
  const empty = new Uint8Array();
  if (how === 'a gap behind the root pointer') return frame([withGap(segment)]);
  if (how === 'a root that lies behind its call') return frame([rootLast(segment)]);
  if (how === 'many segments') {
    const between = Array.from({ length: MANY_SEGMENTS - 2 }, () => GAP.subarray(0, 8));
    const toTheLast = Buffer.from(words('02000000 00000000'));
    toTheLast.writeUInt32LE(MANY_SEGMENTS - 1, 4);
    return frame([toTheLast, ...between, segment]);
  }
  if (how === 'far') return frame([words('02000000 01000000'), segment]);
  if (how === 'empty segments') return frame([words('02000000 03000000'), empty, empty, segment, empty]);
  // The tag has the root's kind and size, and no offset: the pad's far pointer tells where the content lies.
  const tag = Buffer.concat([Buffer.alloc(4), segment.subarray(4, 8)]);
  const pad = Buffer.concat([words('0a000000 02000000'), tag]);
  return frame([words('06000000 01000000'), pad, segment]);
}

/** Moves all but the root pointer back. */
function withGap(segment: Uint8Array): Uint8Array {
  const root = Buffer.from(segment.subarray(0, 8));
  root.writeInt32LE(root.readInt32LE(0) + (GAP.length / 8) * 4, 0);
  return Buffer.concat([root, GAP, segment.subarray(8)]);
}

/** Copies the Message, a word and a pointer, to the end, so that its pointer leads back to the Call. */
function rootLast(segment: Uint8Array): Uint8Array {
  const moved = Buffer.concat([segment, segment.subarray(8, 24)]);
  const root = segment.length / 8;
  moved.writeInt32LE((root - 1) * 4, 0);
  const pointer = segment.length + 8;
  moved.writeInt32LE(moved.readInt32LE(pointer) - (pointer - CALL_POINTER) / 2, pointer);
  return moved;
}

/** Segment tables that claim a gigabyte or more, but for the first. */
export const TABLES: Readonly<Record<string, Uint8Array>> = {
  '65,536 segments': words('ffff0000 00000000'),
  '2^28 segments': words('ffffff0f 00000000'),
  '2^32 segments': words('ffffffff 00000000'),
  'a segment of 8 GiB': words('00000000 00000040'),
  'a segment of 32 GiB': words('00000000 ffffffff'),
  'two segments of 16 GiB': words('01000000 00000080', '00000080 00000000'),
  'four segments of 32 GiB': words('03000000 ffffffff', 'ffffffff ffffffff', 'ffffffff 00000000'),
};

/** The question id of malformed calls. */
export const MALFORMED_QUESTION = 7;

/** A call of health whose segment was changed; offsets are in bytes. */
function changed(change: (segment: Buffer) => void): Uint8Array {
  const segment = Buffer.from(segmentOf(writeMessage(health(MALFORMED_QUESTION))));
  change(segment);
  return frame([segment]);
}

// Places in a call as it is written here: root pointer, Message (1 + 1 words), Call (3 + 3), then target and payload.
const CALL_POINTER = 16;
const CALL = 24;
const SEND_RESULTS_TO = CALL + 6;
const TARGET_POINTER = CALL + 24;
const PARAMS_POINTER = CALL + 32;
const TARGET = CALL + 48;
const TARGET_KIND = TARGET + 4;

const OUT_OF_BOUNDS = Buffer.from('fcffff0f01000100', 'hex');
const BEFORE_THE_START = Buffer.from('00ffffff01000100', 'hex');
const TO_NO_SEGMENT = Buffer.from('0200000009000000', 'hex');
const A_LIST = Buffer.from('01000000fa010000', 'hex');
const A_CAPABILITY = Buffer.from('0300000000000000', 'hex');

/** Messages that every reader stumbles over: what is wrong with them lies where each has to look. */
export const MESSAGES: Readonly<Record<string, Uint8Array>> = {
  'an empty first segment': frame([new Uint8Array()]),
  'a root out of bounds': changed((segment) => segment.set(OUT_OF_BOUNDS, 0)),
  'a root before the start': changed((segment) => segment.set(BEFORE_THE_START, 0)),
  'a root in a segment that is not there': changed((segment) => segment.set(TO_NO_SEGMENT, 0)),
  'a root behind the end of another segment': frame([words('4a000000 01000000'), words(NULL)]),
  'a root that is a list': changed((segment) => segment.set(A_LIST, 0)),
  'a root that is a capability': changed((segment) => segment.set(A_CAPABILITY, 0)),
  'a landing pad that leads to another one': frame([words('02000000 01000000'), words('02000000 00000000')]),
  'a double far pointer without landing pad': frame([words('06000000 01000000'), words(NULL)]),
  'a call out of bounds': changed((segment) => segment.set(OUT_OF_BOUNDS, CALL_POINTER)),
  'a call that is a list': changed((segment) => segment.set(A_LIST, CALL_POINTER)),
  'a target out of bounds': changed((segment) => segment.set(OUT_OF_BOUNDS, TARGET_POINTER)),
  'a target of an unknown kind': changed((segment) => segment.writeUInt16LE(9, TARGET_KIND)),
  'parameters out of bounds': changed((segment) => segment.set(OUT_OF_BOUNDS, PARAMS_POINTER)),
  'parameters in a segment that is not there': changed((segment) => segment.set(TO_NO_SEGMENT, PARAMS_POINTER)),
  'results sent to an unknown place': changed((segment) => segment.writeUInt16LE(9, SEND_RESULTS_TO)),
};

/** Small messages that claim to hold very much. */
export const AMPLIFIERS: Readonly<Record<string, Uint8Array>> = {
  'a table of 2^29 capabilities without size': changed((segment) => {
    // The payload's second pointer: a list of structs without size, whose tag stands in the last word of the call.
    const payload = segment.length - 16;
    segment.set(Buffer.from('f9ffffff07000000', 'hex'), payload + 8);
    segment.set(Buffer.from('fcffff7f00000000', 'hex'), payload);
  }),
  'a target of 2^29 steps without size': amplifiedTransform(),
};

/** A call on a promised answer whose transform is a list of 2^29 - 1 structs without size. */
function amplifiedTransform(): Uint8Array {
  const segment = Buffer.from(segmentOf(writeMessage(health(MALFORMED_QUESTION))));
  const answer = TARGET + 16;
  const transform = answer + 8;
  // The tag goes to the end of the segment, the pointer to it from where the (null) transform was.
  const grown = Buffer.concat([segment, Buffer.from('fcffff7f00000000', 'hex')]);
  const offset = (segment.length - transform - 8) / 8;
  grown.writeInt32LE((offset << 2) | 1, transform);
  grown.writeUInt32LE(7, transform + 4);
  return frame([grown]);
}
