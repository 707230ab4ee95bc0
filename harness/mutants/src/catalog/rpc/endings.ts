// How a session ends: by an Abort, by what is malformed, in the middle of a message.
import { FrameReader } from '@quicnprotochat/rpc';
import { mutantsOf } from '../../fault.ts';
import { ignores, onIncoming, onOutgoing } from '../../seams/messages.ts';
import { changedStream, inMessages } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

export const ENDINGS = [
  mutant('RPC-020', 'waits-for-the-rest', 'waits for as much as a table claims', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant('RPC-039', 'waits-for-many-segments', 'waits for as many segments as a table announces, up to 64 MiB', {
    rpcLimits: { segments: 1 << 23, messageBytes: 64 << 20 },
  }),
  mutant('RPC-021', 'skips-what-it-cannot-read', 'skips a malformed message without a word', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant('RPC-022', 'hangs-on-amplification', 'never answers a message that claims to be very large', {
    ...inMessages(() => ({ incoming: ({ bytes }) => [bytes], malformed: () => [] })),
  }),
  mutant(
    'RPC-024',
    'no-abort',
    'ends sessions without saying why',
    onOutgoing(
      () =>
        ({ message }) =>
          message.kind === 'abort' ? [] : undefined,
    ),
  ),
  mutant(
    'RPC-019',
    'abort-is-ignored',
    'goes on after an Abort',
    ignores(({ message }) => message.kind === 'abort'),
  ),
  mutant(
    'RPC-019',
    'abort-closes-the-connection',
    'an Abort closes the connection',
    onIncoming(() => ({ message }, { connection }) => {
      if (message.kind === 'abort') void connection.close(1, 'aborted');
      return undefined;
    }),
  ),
  mutant('RPC-034', 'half-a-message-ends-all', 'half a message at the end of a stream closes the connection', {
    stream: (stream, connection) => {
      const frames = new FrameReader();
      return changedStream(stream, {
        read: async () => {
          const chunk = await stream.read();
          if (chunk) for (const _ of frames.push(chunk));
          else if (frames.buffered > 0) void connection.close(1, 'half a message');
          return chunk;
        },
      });
    },
  }),
];
