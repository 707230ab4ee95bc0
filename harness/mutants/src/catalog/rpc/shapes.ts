// Parameters that are larger, smaller or of another shape than the schema of today has them.
import { type Fault, mutantsOf } from '../../fault.ts';
import { callPlaces } from '../../seams/call-bytes.ts';
import { EMPTY_RESULTS, exception, failed, onIncoming, onOutgoing, returned } from '../../seams/messages.ts';

const mutant = mutantsOf('rpc');

interface Sizes {
  dataWords: number;
  pointers: number;
}
/** By ordinal. */
const OWN_SIZES: Record<number, Sizes> = {
  0: { dataWords: 0, pointers: 3 },
  1: { dataWords: 0, pointers: 2 },
  2: { dataWords: 1, pointers: 4 },
  3: { dataWords: 1, pointers: 3 },
  4: { dataWords: 2, pointers: 3 },
  5: { dataWords: 0, pointers: 0 },
  6: { dataWords: 0, pointers: 3 },
  7: { dataWords: 0, pointers: 2 },
};

/** Calls whose parameters are larger, or smaller, than the schema of today has them are refused. */
const wantsSizes = (isRefused: (actual: Sizes, own: Sizes) => boolean): Fault =>
  onIncoming(() => ({ message, bytes }, { send }) => {
    if (message.kind !== 'call') return undefined;
    const own = OWN_SIZES[message.methodId];
    const actual = callPlaces(bytes)?.params;
    if (!own || !actual || !isRefused(actual, own)) return undefined;
    send(returned(message.questionId, failed));
    return [];
  });

const ENQUEUE = 2;
const CHANNEL_ID = 2;

/** enqueue without a channel is refused when its field looks like that: a null pointer, or one to an empty list. */
const wantsChannelId = (isRefused: 'absent' | 'empty'): Fault =>
  onIncoming(() => ({ message, bytes }, { send }) => {
    const params = message.kind === 'call' && message.methodId === ENQUEUE ? callPlaces(bytes)?.params : undefined;
    if (message.kind !== 'call' || !params || params.pointers <= CHANNEL_ID) return undefined;
    const pointer = Buffer.from(bytes).readBigUInt64LE(params.firstPointer + 8 * CHANNEL_ID);
    // Of a list pointer the upper 29 bits are its length.
    const isEmpty = pointer !== 0n && pointer >> 35n === 0n;
    if (isRefused === 'absent' ? pointer !== 0n : !isEmpty) return undefined;
    send(returned(message.questionId, exception('failed', 'E020: a channelId of a wrong length')));
    return [];
  });

export const SHAPES = [
  mutant(
    'RPC-023',
    'reads-it-anyway',
    'takes parameters of another shape for absent ones',
    onOutgoing(() => ({ message }) => {
      const isBadParams =
        message.kind === 'return' &&
        message.value.kind === 'exception' &&
        /not those of the schema/.test(message.value.exception.reason);
      return isBadParams ? [returned(message.answerId, EMPTY_RESULTS)] : undefined;
    }),
  ),
  mutant(
    'RPC-030',
    'newer-are-refused',
    'refuses parameters with fields it does not know',
    wantsSizes((actual, own) => actual.dataWords > own.dataWords || actual.pointers > own.pointers),
  ),
  mutant('RPC-037', 'absent-is-a-fault', 'refuses a channelId that is absent', wantsChannelId('absent')),
  mutant(
    'RPC-037',
    'empty-is-not-absent',
    'takes a channelId that is there and empty for one',
    wantsChannelId('empty'),
  ),
  mutant(
    'RPC-031',
    'older-are-refused',
    'refuses parameters that lack fields',
    wantsSizes((actual, own) => actual.dataWords < own.dataWords || actual.pointers < own.pointers),
  ),
];
