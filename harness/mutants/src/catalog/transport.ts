import type { QuicConnection } from '@quicnprotochat/quic';
import type { ByteStream } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf } from '../fault.ts';
import type { DatagramFault } from '../seams/datagrams.ts';
import { inMethod } from '../seams/methods.ts';
import { changedStream, inMessages } from '../seams/stream.ts';

const mutant = mutantsOf('transport');

/** What happens to a connection when one of its streams ends in some way. */
const whenStream = (ends: 'fin' | 'reset', act: (connection: QuicConnection) => void): Fault => ({
  stream: (stream, connection) =>
    changedStream(stream, {
      read: async () => {
        try {
          const chunk = await stream.read();
          if (chunk === null && ends === 'fin') act(connection);
          return chunk;
        } catch (error) {
          if (ends === 'reset') act(connection);
          throw error;
        }
      },
    }),
});

const closes = (connection: QuicConnection): void => void connection.close(1, 'a stream is over');
const silent = (stream: ByteStream): ByteStream =>
  changedStream(stream, {
    read: () => new Promise(() => {}),
    write: async () => {},
    end: async () => {},
  });

export const TRANSPORT = [
  mutant('TRN-001', 'another-name', 'calls the protocol capnp/1', { listen: { alpn: ['capnp/1'] } }),
  mutant('TRN-001', 'only-http-3', 'offers h3 alone', { listen: { alpn: ['h3'] } }),
  mutant('TRN-002', 'other-protocols-too', 'takes h3 and others beside capnp', {
    listen: { alpn: ['capnp', 'h3', 'http/1.1', 'hq-interop', 'capnproto', 'capnp2', 'CAPNP', 'capn', 'Capnp'] },
  }),
  mutant('TRN-004', 'prefers-another', 'agrees on h3 with who offers both', {
    listen: { alpn: ['h3', 'http/1.1', 'capnp'] },
  }),
  mutant('TRN-006', 'one-stream', 'serves the first stream of a connection alone', firstStreamOnly()),
  mutant('TRN-006', 'later-streams-are-reset', 'resets every stream but the first', {
    ...laterStreams((stream) => {
      stream.reset(0);
      return silent(stream);
    }),
  }),
  mutant('TRN-006', 'six-streams', 'grants many streams, and serves six at a time', sixStreams()),
  mutant('TRN-007', 'one-session-at-a-time', 'reads a stream when the one before is over', oneAtATime()),
  mutant(
    'TRN-007',
    'one-call-a-connection',
    'begins a call when the one before of the connection is answered',
    oneCallAConnection(),
  ),
  mutant('TRN-008', 'fin-closes', 'the end of a stream closes the connection', whenStream('fin', closes)),
  mutant('TRN-009', 'stays-open', 'leaves its side of a stream open', {
    stream: (stream) => ({
      read: () => stream.read(),
      write: (bytes) => stream.write(bytes),
      end: async () => {},
      reset: () => {},
    }),
  }),
  mutant('TRN-010', 'reset-closes', 'a reset closes the connection', whenStream('reset', closes)),
  mutant('TRN-011', 'waits-on', 'a wait goes on when its stream is gone, and takes what comes', {
    ...inMethod('fetchWait', ({ params, next }) => next(params, new AbortController().signal)),
  }),
  mutant('TRN-012', 'unidirectional', 'gives credit for unidirectional streams', {
    listen: { initialMaxStreamsUni: 10 },
  }),
  mutant('TRN-014', 'two-seconds', 'closes a connection two seconds after its last call, PING or not', {
    connection: (connection) => void setTimeout(() => void connection.close(1, 'idle'), 2_000),
  }),
  mutant('TRN-015', 'stops-at-garbage', 'stops listening at a datagram that is no QUIC packet', {
    datagrams: () => {
      let isStopped = false;
      return (packet) => {
        // Every QUIC packet has the fixed bit (RFC 9000 section 17).
        isStopped ||= ((packet[0] ?? 0) & 0x40) === 0;
        return isStopped ? 'drop' : undefined;
      };
    },
  }),
  mutant('TRN-026', 'silent-to-other-versions', 'says nothing to a client of another QUIC version', {
    datagrams: () => (packet) =>
      ((packet[0] ?? 0) & 0x80) !== 0 && Buffer.from(packet).toString('hex', 1, 5) !== '00000001' ? 'drop' : undefined,
  }),
  mutant(
    'TRN-026',
    'other-versions-of-initials',
    'tells of versions in answer to what version 1 calls an Initial alone',
    {
      datagrams: () => (packet) =>
        ((packet[0] ?? 0) & 0x80) !== 0 && ((packet[0] ?? 0) & 0x30) !== 0 ? 'drop' : undefined,
    },
  ),
  mutant('TRN-027', 'first-port-alone', 'hears a connection from the port alone that it began from', {
    datagrams: () => portsKept(1),
  }),
  mutant('TRN-027', 'two-ports-alone', 'hears a connection from two ports alone', { datagrams: () => portsKept(2) }),
  mutant('TRN-016', 'one-ends-all', 'the end of one connection ends all', oneEndsAll()),
  mutant('TRN-017', 'one-writer', 'writes for all clients in one line', oneWriter()),
  mutant('TRN-018', 'error-closes', 'a protocol error closes the connection', {
    ...inMessages(({ connection }) => ({
      outgoing: ({ message, bytes }) => {
        if (message.kind === 'abort') setImmediate(() => void connection.close(1, 'protocol error'));
        return [bytes];
      },
    })),
  }),
  mutant('TRN-018', 'error-closes-all', 'a protocol error closes the connections of all', errorClosesAll()),
  mutant('TRN-019', 'waits-for-8', 'drops what comes in pieces of less than a word', {
    stream: (stream) =>
      changedStream(stream, {
        read: async () => {
          for (;;) {
            const chunk = await stream.read();
            if (chunk === null || chunk.length >= 8) return chunk;
          }
        },
      }),
  }),
];

/** Every stream of a connection but its first. */
function laterStreams(change: (stream: ByteStream) => ByteStream): Fault {
  const seen = new WeakSet<QuicConnection>();
  return {
    stream: (stream, connection) => {
      if (seen.has(connection)) return change(stream);
      seen.add(connection);
      return stream;
    },
  };
}

function firstStreamOnly(): Fault {
  return laterStreams(silent);
}

function oneAtATime(): Fault {
  const lines = new WeakMap<QuicConnection, Promise<void>>();
  return {
    stream: (stream, connection) => {
      const before = lines.get(connection) ?? Promise.resolve();
      let over: () => void = () => {};
      lines.set(
        connection,
        before.then(
          () =>
            new Promise<void>((resolve) => {
              over = resolve;
            }),
        ),
      );
      return {
        read: async () => {
          await before;
          const chunk = await stream.read().catch((error) => {
            over();
            throw error;
          });
          if (chunk === null) over();
          return chunk;
        },
        write: (bytes) => stream.write(bytes),
        end: () => stream.end(),
        reset: (code) => {
          over();
          stream.reset(code);
        },
      };
    },
  };
}

function oneCallAConnection(): Fault {
  const lines = new WeakMap<QuicConnection, { last: Promise<void> }>();
  return inMessages(({ connection }) => {
    const line = lines.get(connection) ?? { last: Promise.resolve() };
    lines.set(connection, line);
    const open = new Map<number, () => void>();
    return {
      incoming: async ({ message, bytes }) => {
        if (message.kind !== 'call') return [bytes];
        const before = line.last;
        line.last = new Promise((resolve) => open.set(message.questionId, resolve));
        await before;
        return [bytes];
      },
      outgoing: ({ message, bytes }) => {
        if (message.kind === 'return') open.get(message.answerId)?.();
        return [bytes];
      },
    };
  });
}

function oneEndsAll(): Fault {
  const all = new Set<QuicConnection>();
  return {
    connection: (connection) => {
      all.add(connection);
      void connection.closed.then(() => {
        all.delete(connection);
        for (const other of all) void other.close(1, 'somebody left');
      });
    },
  };
}

function oneWriter(): Fault {
  let line: Promise<unknown> = Promise.resolve();
  return {
    stream: (stream) =>
      changedStream(stream, {
        write: (bytes) => {
          const written = line.then(() => stream.write(bytes));
          line = written.catch(() => {});
          return written;
        },
      }),
  };
}

function errorClosesAll(): Fault {
  const all = new Set<QuicConnection>();
  const closeAll = (): void => {
    for (const connection of all) void connection.close(1, 'protocol error');
  };
  return {
    connection: (connection) => {
      all.add(connection);
      void connection.closed.then(() => all.delete(connection));
    },
    ...inMessages(() => ({
      outgoing: ({ message, bytes }) => {
        if (message.kind === 'abort') setImmediate(closeAll);
        return [bytes];
      },
    })),
  };
}

function sixStreams(): Fault {
  const open = new WeakMap<QuicConnection, number>();
  return {
    stream: (stream, connection) => {
      const count = open.get(connection) ?? 0;
      if (count >= 6) {
        stream.reset(0);
        return silent(stream);
      }
      open.set(connection, count + 1);
      let isOver = false;
      const over = (): void => {
        if (!isOver) open.set(connection, (open.get(connection) ?? 1) - 1);
        isOver = true;
      };
      return changedStream(stream, {
        read: async () => {
          try {
            const chunk = await stream.read();
            if (chunk === null) over();
            return chunk;
          } catch (error) {
            over();
            throw error;
          }
        },
      });
    },
  };
}

/** Of each connection id of ours the first ports that it comes from; others are not heard. */
function portsKept(count: number): DatagramFault {
  const ports = new Map<string, Set<string>>();
  return (packet, from) => {
    // Packets with a short header begin with the id that the server gave, of 20 bytes.
    if (((packet[0] ?? 0) & 0x80) !== 0) return undefined;
    const id = Buffer.from(packet).toString('hex', 1, 21);
    const known = ports.get(id) ?? new Set<string>();
    ports.set(id, known);
    if (known.size < count) known.add(from);
    return known.has(from) ? undefined : 'drop';
  };
}
