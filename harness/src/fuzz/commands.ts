import fc from 'fast-check';
import type { TargetLimits } from '../target/limits.ts';
import type { Profile } from '../target/target.ts';
import { SESSIONS, type SessionName } from './people.ts';

/** Alice's default queue, Bob's, and the two of the channel between them: `AB` is Alice's, `BA` Bob's. */
export const QUEUES = ['A', 'B', 'AB', 'BA'] as const;
export type QueueKey = (typeof QUEUES)[number];
export const ownerOf = (queue: QueueKey): 'Alice' | 'Bob' => (queue.startsWith('A') ? 'Alice' : 'Bob');
export const isChannel = (queue: QueueKey): boolean => queue.length === 2;

/** Of payloads, KeyPackages and endpoints; `long` is more than 64 KiB. */
export type Content = 'short' | 'ends in zeros' | 'long';

export type Call =
  | { op: 'enqueue'; queue: QueueKey; content: Content }
  | { op: 'batchEnqueue'; queues: QueueKey[] }
  | { op: 'fetch' | 'fetchWait' | 'peek'; queue: QueueKey; limit: number }
  /** Up to the greatest number that was seen of the queue when it is sent, less `less`, which may be below 0. */
  | { op: 'ack'; queue: QueueKey; less: number }
  /** It is there already. */
  | { op: 'createChannel' }
  | { op: 'uploadKeyPackage'; content: Content }
  | { op: 'fetchKeyPackage' }
  | { op: 'write'; register: 'hybrid key' | 'endpoint'; content: Content }
  | { op: 'read'; register: 'hybrid key' | 'endpoint' }
  | { op: 'readAll' };
export type CallBy = Call & { by: SessionName };
/** One call. Unless `atOnce`, it waits until all before it are answered. */
export type Command = CallBy & { atOnce: boolean };

const MAX_COMMANDS = 24;

const sessionsOf = (person: string): SessionName[] =>
  (Object.keys(SESSIONS) as SessionName[]).filter((name) => SESSIONS[name] === person);

/** Commands that a right server answers, for what the target offers. Simpler ones, and ones that wait, are shrunk to. */
export function commandsOf(
  profiles: ReadonlySet<Profile>,
  hasPeople: boolean,
  limits: Pick<TargetLimits, 'batchRecipients' | 'batchKeys'>,
): fc.Arbitrary<Command[]> {
  const withChannels = profiles.has('channels') && hasPeople;
  const queues = QUEUES.filter((queue) => withChannels || !isChannel(queue));
  const anybody = fc.constantFrom(...(Object.keys(SESSIONS) as SessionName[]));
  const members = fc.constantFrom(...sessionsOf('Alice'), ...sessionsOf('Bob'));
  const alice = fc.constantFrom(...sessionsOf('Alice'));
  const atOnce = fc.boolean();
  // The first one is shrunk to.
  const content = fc.constantFrom<Content[]>('short', 'short', 'short', 'short', 'short', 'ends in zeros', 'long');
  const limit = fc.constantFrom(0, 0, 1, 1, 2, 2, 3, 2 ** 32 - 1);
  // The last one is a smaller number to whoever keeps 32 bits.
  const less = fc.constantFrom(0, 0, 1, 1, 2, 3, -1, -(2 ** 32), 1 - 2 ** 32);
  type Drawn = fc.Arbitrary<Command>;
  const onQueue = (queue: QueueKey): { arbitrary: Drawn; weight: number }[] => {
    const owner = fc.constantFrom(...sessionsOf(ownerOf(queue)));
    const key = fc.constant(queue);
    const reading = (op: 'fetch' | 'fetchWait' | 'peek'): Drawn =>
      fc.record({ op: fc.constant(op), queue: key, limit, by: owner, atOnce });
    const put: Drawn = fc.record({
      op: fc.constant('enqueue' as const),
      queue: key,
      content,
      by: isChannel(queue) ? members : anybody,
      atOnce,
    });
    const ack: Drawn = fc.record({ op: fc.constant('ack' as const), queue: key, less, by: owner, atOnce });
    const channel: Drawn = fc.record({ op: fc.constant('createChannel' as const), by: members, atOnce });
    return [
      ...(isChannel(queue) ? [{ arbitrary: channel, weight: 1 }] : []),
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
  const pairs: QueueKey[][] = withChannels
    ? [
        ['A', 'B'],
        ['A', 'AB'],
        ['AB', 'BA'],
      ]
    : [['A', 'B']];
  const focus = fc.oneof(
    ...[...queues.map((queue) => [queue]), ...pairs].map((few) => fc.array(fc.oneof(...few.flatMap(onQueue)), SIZE)),
  );
  const batch: Drawn = fc.record({
    op: fc.constant('batchEnqueue' as const),
    queues: fc.constantFrom<QueueKey[]>(
      ['A'],
      ...(limits.batchRecipients < 2 ? [] : [['A', 'B'] satisfies QueueKey[], ['B', 'A'] satisfies QueueKey[]]),
    ),
    by: anybody,
    atOnce,
  });
  const keys: Drawn = fc.oneof<Drawn[]>(
    fc.record({ op: fc.constant('uploadKeyPackage' as const), content, by: alice, atOnce }),
    fc.record({ op: fc.constant('fetchKeyPackage' as const), by: anybody, atOnce }),
  );
  const register = fc.constantFrom<('hybrid key' | 'endpoint')[]>(
    'hybrid key',
    ...(profiles.has('p2p') ? (['endpoint'] as const) : []),
  );
  const ending = fc.constantFrom<Content[]>('short', 'ends in zeros');
  const registers: Drawn = fc.oneof<Drawn[]>(
    fc.record({ op: fc.constant('write' as const), register, content: ending, by: alice, atOnce }),
    fc.record({ op: fc.constant('read' as const), register, by: anybody, atOnce }),
    ...(profiles.has('batch') && limits.batchKeys > 1
      ? [fc.record({ op: fc.constant('readAll' as const), by: anybody, atOnce })]
      : []),
  );
  const batches = fc.oneof(...onQueue('A'), ...onQueue('B'), { arbitrary: batch, weight: 12 });
  const anyQueue = queues.flatMap(onQueue);
  const everything = fc.oneof(
    ...anyQueue,
    ...(profiles.has('batch') ? [{ arbitrary: batch, weight: 8 }] : []),
    { arbitrary: keys, weight: 10 },
    { arbitrary: registers, weight: 8 },
  );
  const lists = fc.oneof(
    { arbitrary: focus, weight: 4 },
    { arbitrary: fc.array(keys, SIZE), weight: 2 },
    { arbitrary: fc.array(registers, SIZE), weight: 1 },
    ...(profiles.has('batch') ? [{ arbitrary: fc.array(batches, SIZE), weight: 2 }] : []),
    { arbitrary: fc.array(everything, SIZE), weight: 3 },
  );
  // What shows one call at a time is made small that way: the same then happens every time.
  return fc
    .tuple(fc.constantFrom(false, true, true), lists)
    .map(([isAtOnce, list]) => (isAtOnce ? list : list.map((command) => ({ ...command, atOnce: false }))));
}
const SIZE = { minLength: 1, maxLength: MAX_COMMANDS, size: 'max' } as const;

const PROFILE_OF: Partial<Record<Call['op'], Profile>> = {
  ...{ peek: 'reliable', ack: 'reliable', batchEnqueue: 'batch', readAll: 'batch', createChannel: 'channels' },
};

/** Whether a target offers what a command, of another target's perhaps, needs. */
export function isOffered(
  command: Command,
  profiles: ReadonlySet<Profile>,
  hasPeople: boolean,
  limits: Pick<TargetLimits, 'batchRecipients' | 'batchKeys'>,
): boolean {
  const isInChannel = command.op === 'createChannel' || ('queue' in command && isChannel(command.queue));
  const profile = PROFILE_OF[command.op];
  if (isInChannel && !(hasPeople && profiles.has('channels'))) return false;
  if (profile !== undefined && !profiles.has(profile)) return false;
  if ('register' in command && command.register === 'endpoint' && !profiles.has('p2p')) return false;
  if (command.op === 'readAll') return limits.batchKeys > 1;
  return command.op !== 'batchEnqueue' || command.queues.length <= limits.batchRecipients;
}

/** As people read it. */
export function showCommand({ by, atOnce, ...call }: Command): string {
  const { op, ...rest } = call;
  const details = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return `${atOnce ? 'at once, ' : ''}${by}: ${[op, ...details].join(', ')}`;
}
