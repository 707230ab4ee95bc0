import fc from 'fast-check';
import type { Profile } from '../target/target.ts';
import { SESSIONS, type SessionName } from './clients.ts';

/** Alice's default queue, Bob's, and the two of the channel between them: `AB` is Alice's, `BA` Bob's. */
export const QUEUES = ['A', 'B', 'AB', 'BA'] as const;
export type QueueKey = (typeof QUEUES)[number];
export const ownerOf = (queue: QueueKey): 'Alice' | 'Bob' => (queue.startsWith('A') ? 'Alice' : 'Bob');
export const isChannel = (queue: QueueKey): boolean => queue.length === 2;

export type Call =
  | { op: 'enqueue'; queue: QueueKey }
  | { op: 'batchEnqueue'; queues: QueueKey[] }
  | { op: 'fetch' | 'fetchWait' | 'peek'; queue: QueueKey; limit: number }
  /** Up to the greatest number that was seen of the queue when it is sent, less `less`. */
  | { op: 'ack'; queue: QueueKey; less: number }
  | { op: 'uploadKeyPackage' | 'fetchKeyPackage' }
  | { op: 'write' | 'read'; register: 'hybrid key' | 'endpoint' }
  | { op: 'readAll' };
/** One call. Unless `atOnce`, it waits until all before it are answered. */
export type Command = Call & { by: SessionName; atOnce: boolean };

const MAX_COMMANDS = 24;

const sessionsOf = (person: string): SessionName[] =>
  (Object.keys(SESSIONS) as SessionName[]).filter((name) => SESSIONS[name] === person);

/** Commands that a right server answers, for what the target offers. Simpler ones, and ones that wait, are shrunk to. */
export function commandsOf(profiles: ReadonlySet<Profile>, hasPeople: boolean): fc.Arbitrary<Command[]> {
  const withChannels = profiles.has('channels') && hasPeople;
  const queues = QUEUES.filter((queue) => withChannels || !isChannel(queue));
  const anybody = fc.constantFrom(...(Object.keys(SESSIONS) as SessionName[]));
  const members = fc.constantFrom(...sessionsOf('Alice'), ...sessionsOf('Bob'));
  const alice = fc.constantFrom(...sessionsOf('Alice'));
  const atOnce = fc.boolean();
  const limit = fc.nat({ max: 3 });
  type Drawn = fc.Arbitrary<Command>;
  const onQueue = (queue: QueueKey): { arbitrary: Drawn; weight: number }[] => {
    const owner = fc.constantFrom(...sessionsOf(ownerOf(queue)));
    const key = fc.constant(queue);
    const reading = (op: 'fetch' | 'fetchWait' | 'peek'): Drawn =>
      fc.record({ op: fc.constant(op), queue: key, limit, by: owner, atOnce });
    const put: Drawn = fc.record({
      op: fc.constant('enqueue' as const),
      queue: key,
      by: isChannel(queue) ? members : anybody,
      atOnce,
    });
    const ack: Drawn = fc.record({ op: fc.constant('ack' as const), queue: key, less: limit, by: owner, atOnce });
    return [
      { arbitrary: put, weight: 6 },
      { arbitrary: reading('fetch'), weight: 4 },
      { arbitrary: reading('fetchWait'), weight: 1 },
      ...(profiles.has('reliable')
        ? [
            { arbitrary: reading('peek'), weight: 2 },
            { arbitrary: ack, weight: 2 },
          ]
        : []),
    ];
  };
  // Most runs are about few objects: that is where calls meet.
  const focus = fc.oneof(...queues.map((queue) => fc.oneof(...onQueue(queue))).map((one) => fc.array(one, SIZE)));
  const batch: Drawn = fc.record({
    op: fc.constant('batchEnqueue' as const),
    queues: fc.constantFrom<QueueKey[]>(['A', 'B'], ['B', 'A'], ['A']),
    by: anybody,
    atOnce,
  });
  const keys: Drawn = fc.oneof<Drawn[]>(
    fc.record({ op: fc.constant('uploadKeyPackage' as const), by: alice, atOnce }),
    fc.record({ op: fc.constant('fetchKeyPackage' as const), by: anybody, atOnce }),
  );
  const register = fc.constantFrom<('hybrid key' | 'endpoint')[]>(
    'hybrid key',
    ...(profiles.has('p2p') ? (['endpoint'] as const) : []),
  );
  const registers: Drawn = fc.oneof<Drawn[]>(
    fc.record({ op: fc.constant('write' as const), register, by: alice, atOnce }),
    fc.record({ op: fc.constant('read' as const), register, by: anybody, atOnce }),
    ...(profiles.has('batch') ? [fc.record({ op: fc.constant('readAll' as const), by: anybody, atOnce })] : []),
  );
  const anyQueue = queues.flatMap(onQueue);
  const everything = fc.oneof(
    ...anyQueue,
    ...(profiles.has('batch') ? [{ arbitrary: batch, weight: 8 }] : []),
    { arbitrary: keys, weight: 10 },
    { arbitrary: registers, weight: 8 },
  );
  return fc.oneof(
    { arbitrary: focus, weight: 4 },
    { arbitrary: fc.array(keys, SIZE), weight: 2 },
    { arbitrary: fc.array(registers, SIZE), weight: 1 },
    { arbitrary: fc.array(everything, SIZE), weight: 3 },
  );
}
const SIZE = { minLength: 1, maxLength: MAX_COMMANDS, size: 'max' } as const;

/** As people read it. */
export function showCommand({ by, atOnce, ...call }: Command): string {
  const { op, ...rest } = call;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return `${atOnce ? 'at once, ' : ''}${by}: ${[op, ...details].join(', ')}`;
}
