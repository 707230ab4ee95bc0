// Messages in bytes: the segment table, segments, and where the parts of a message lie.
import { mutantsOf } from '../../fault.ts';
import { endsAt, onOutgoing } from '../../seams/messages.ts';
import { changedStream } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

const segments = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32LE(0) + 1;
const segmentLengths = (bytes: Uint8Array): number[] =>
  Array.from({ length: segments(bytes) }, (_, i) => Buffer.from(bytes).readUInt32LE(4 + i * 4));

export const FRAMES = [
  mutant(
    'RPC-001',
    'packed',
    'writes messages packed',
    onOutgoing(() => ({ bytes }) => [packed(bytes)]),
  ),
  mutant(
    'RPC-001',
    'length-in-bytes',
    'counts the length of a segment in bytes',
    onOutgoing(() => ({ bytes }) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt32LE(changed.readUInt32LE(4) * 8, 4);
      return [changed];
    }),
  ),
  mutant(
    'RPC-001',
    'no-segment-table',
    'writes segments without their table',
    onOutgoing(() => ({ bytes }) => [bytes.subarray(8)]),
  ),
  mutant(
    'RPC-002',
    'one-segment-only',
    'reads messages of one segment only',
    endsAt(({ bytes }) => segments(bytes) > 1),
  ),
  mutant(
    'RPC-002',
    'no-empty-segments',
    'takes an empty segment for malformed',
    endsAt(({ bytes }) => segmentLengths(bytes).some((length) => length === 0)),
  ),
  mutant(
    'RPC-002',
    'no-even-tables',
    'forgets the padding of the segment table',
    endsAt(({ bytes }) => segments(bytes) % 2 === 0),
  ),
  mutant(
    'RPC-002',
    'eight-segments',
    'reads messages of eight segments at most',
    endsAt(({ bytes }) => segments(bytes) > 8),
  ),
  mutant(
    'RPC-038',
    'root-follows-its-pointer',
    'looks for the root behind its pointer, whatever the pointer says',
    endsAt(({ bytes }) => segments(bytes) === 1 && Buffer.from(bytes).readInt32LE(8) !== 0),
  ),
  mutant('TRN-019', 'one-read-one-message', 'takes what arrives at once for one message', {
    stream: (stream) =>
      changedStream(stream, {
        read: async () => {
          const chunk = await stream.read();
          if (chunk && chunk.length >= 8) {
            const whole = Buffer.from(chunk);
            const count = whole.readUInt32LE(0);
            const length = count === 0 ? 8 + whole.readUInt32LE(4) * 8 : chunk.length;
            if (chunk.length < length) {
              stream.reset(0);
              return null;
            }
            return chunk.subarray(0, length);
          }
          return chunk;
        },
      }),
  }),
];

function packed(bytes: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const word = bytes.subarray(at, at + 8);
    const tag = word.reduce((bits, byte, i) => (byte === 0 ? bits : bits | (1 << i)), 0);
    out.push(tag, ...word.filter((byte) => byte !== 0));
    if (tag === 0 || tag === 0xff) out.push(0);
  }
  return Uint8Array.from(out);
}
