// What one session or connection does to the others, and to those that come after it.
import type { QuicConnection } from '@quicnprotochat/quic';
import type { RpcMessage } from '@quicnprotochat/rpc';
import { type Fault, mutantsOf } from '../fault.ts';
import { calling } from '../seams/connections.ts';
import { isResults } from '../seams/messages.ts';
import { inMethod } from '../seams/methods.ts';
import { changedStream, inMessages } from '../seams/stream.ts';

const mutant = mutantsOf('transport');
const NO_ANSWER = { payloads: [] };

/** Waits that end, empty, with what ends beside them. */
class Waits {
  readonly #open = new Map<unknown, Set<() => void>>();

  /** @param group what they have in common */
  of(group: unknown): Set<() => void> {
    const all = this.#open.get(group) ?? new Set();
    this.#open.set(group, all);
    return all;
  }

  end(group: unknown): void {
    for (const end of this.of(group)) end();
  }

  /** What `answer` gives, unless the group ends before. */
  async during<T>(group: unknown, answer: Promise<T>): Promise<T | typeof NO_ANSWER> {
    let end = (): void => {};
    const ended = new Promise<typeof NO_ANSWER>((resolve) => {
      end = () => resolve(NO_ANSWER);
    });
    this.of(group).add(end);
    return Promise.race([answer, ended]).finally(() => this.of(group).delete(end));
  }
}

/** The end of a stream ends all waits of its connection. */
function endsWaits(how: 'fin' | 'reset'): Fault {
  const waits = new Waits();
  return {
    ...inMethod('fetchWait', ({ next }) => waits.during(calling.getStore(), next())),
    stream: (stream, connection) => {
      calling.enterWith(connection);
      return changedStream(stream, {
        read: async () => {
          try {
            const chunk = await stream.read();
            if (chunk === null && how === 'fin') waits.end(connection);
            return chunk;
          } catch (error) {
            if (how === 'reset') waits.end(connection);
            throw error;
          }
        },
      });
    },
  };
}

/** Who closes a connection leaves with all that they have. */
function leavingEndsWaits(): Fault {
  const waits = new Waits();
  const seen = new WeakSet<QuicConnection>();
  return {
    ...inMethod(['fetch', 'fetchWait'], async ({ name, params, next, around }) => {
      const person = Buffer.from((await around.identityOf(params.auth)) ?? []).toString('hex');
      const connection = calling.getStore();
      if (connection && !seen.has(connection)) {
        seen.add(connection);
        void connection.closed.then(() => waits.end(person));
      }
      return name === 'fetch' ? next() : waits.during(person, next());
    }),
    stream: (stream, connection) => {
      calling.enterWith(connection);
      return stream;
    },
  };
}

function oneWriterAConnection(): Fault {
  const lines = new WeakMap<QuicConnection, { last: Promise<unknown> }>();
  return {
    stream: (stream, connection) => {
      const line = lines.get(connection) ?? { last: Promise.resolve() };
      lines.set(connection, line);
      return changedStream(stream, {
        write: (bytes) => {
          const written = line.last.then(() => stream.write(bytes));
          line.last = written.catch(() => {});
          return written;
        },
      });
    },
  };
}

/** The next one is neither served nor over. */
function streamsInAll(most: number): Fault {
  const counts = new WeakMap<QuicConnection, number>();
  return {
    stream: (stream, connection) => {
      const count = (counts.get(connection) ?? 0) + 1;
      counts.set(connection, count);
      if (count <= most) return stream;
      return changedStream(stream, { read: () => new Promise(() => {}), write: async () => {} });
    },
  };
}

/** Returns under one id that are ready at the same time on two streams of a connection go out on each other's. */
function crossed(): Fault {
  interface Ready {
    send: unknown;
    answerId: number;
    bytes: Uint8Array;
    answer(bytes: Uint8Array[]): void;
  }
  const ready = new WeakMap<QuicConnection, Ready>();
  return inMessages(({ connection, send }) => ({
    outgoing: ({ message, bytes }) => {
      if (message.kind !== 'return' || !isResults(message) || isOfBootstrap(message)) return [bytes];
      const { answerId } = message;
      const other = ready.get(connection);
      if (other && other.send !== send && other.answerId === answerId) {
        ready.delete(connection);
        other.answer([bytes]);
        return [other.bytes];
      }
      return new Promise((answer) => {
        const own = { send, answerId, bytes, answer };
        ready.set(connection, own);
        setTimeout(() => {
          if (ready.get(connection) === own) ready.delete(connection);
          answer([bytes]);
        }, CROSSED_MS);
      });
    },
  }));
}

const CROSSED_MS = 8;
const isOfBootstrap = (message: RpcMessage): boolean =>
  message.kind === 'return' && 'payload' in message.value && message.value.payload.capTable.length > 0;

/** A Finish cancels the calls under its id on all streams of the connection. */
function finishesAll(): Fault {
  const finished = new WeakMap<QuicConnection, Map<number, number>>();
  return inMessages(({ connection }) => {
    const times = finished.get(connection) ?? new Map<number, number>();
    finished.set(connection, times);
    const begun = new Map<number, number>();
    return {
      incoming: ({ message, bytes }) => {
        if (message.kind === 'call') begun.set(message.questionId, performance.now());
        if (message.kind === 'finish') times.set(message.questionId, performance.now());
        return [bytes];
      },
      outgoing: ({ message, bytes }) => {
        if (message.kind !== 'return') return [bytes];
        const at = begun.get(message.answerId) ?? Number.POSITIVE_INFINITY;
        return (times.get(message.answerId) ?? 0) > at ? [] : [bytes];
      },
    };
  });
}

export const BESIDE = [
  mutant(
    'TRN-006',
    'crosses-answers',
    'sends answers on the wrong stream of a connection when two are ready',
    crossed(),
  ),
  mutant('TRN-006', 'one-table-of-questions', 'takes a Finish for one on all streams of the connection', finishesAll()),
  mutant(
    'TRN-007',
    'one-writer-a-connection',
    'writes for all sessions of a connection in one line',
    oneWriterAConnection(),
  ),
  mutant('TRN-008', 'fin-ends-waits', 'the end of a stream ends all waits of its connection', endsWaits('fin')),
  mutant('TRN-010', 'reset-ends-waits', 'a reset ends all waits of its connection', endsWaits('reset')),
  mutant('TRN-016', 'leaving-ends-waits', 'the end of a connection ends all waits of its caller', leavingEndsWaits()),
  mutant('TRN-028', 'hundred-streams', 'serves a hundred streams of a connection, and no more', streamsInAll(100)),
];
