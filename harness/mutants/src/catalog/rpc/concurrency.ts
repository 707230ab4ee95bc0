// Calls side by side, many at once, and in order.
import { nodeService } from '@quicnprotochat/proto';
import { type Fault, mutantsOf } from '../../fault.ts';
import { onIncoming } from '../../seams/messages.ts';
import { inMethod } from '../../seams/methods.ts';
import { type Control, inMessages } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

const WINDOW_MS = 2_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const CONCURRENCY = [
  mutant('RPC-008', 'eight-at-a-time', 'has eight workers, and a wait takes one of them', eightAtATime()),
  mutant('RPC-008', 'one-after-the-other', 'begins a call when the one before is answered', oneAfterTheOther()),
  mutant(
    'RPC-009',
    'drops-above-500',
    'drops calls beyond 500 in flight',
    beyond500(() => []),
  ),
  mutant(
    'RPC-009',
    'refuses-above-500',
    'ends a session with more than 500 calls in flight',
    beyond500(({ reset }) => {
      reset();
      return undefined;
    }),
  ),
  ...(['ack', 'peek', 'fetchWait', 'batchEnqueue'] as const).map((name) =>
    mutant('RPC-010', `late-${name}`, `lets what comes after ${name} overtake it`, {
      ...inMethod([name], async ({ next }) => {
        await sleep(4);
        return next();
      }),
    }),
  ),
  mutant('RPC-010', 'late-when-long', 'lets a fetch overtake a long message before it', {
    ...inMethod('enqueue', async ({ params, next }) => {
      if (params.payload.length > 32_000) await sleep(4);
      return next();
    }),
  }),
  mutant('RPC-010', 'overtaking', 'a fetch overtakes the enqueue before it', {
    ...inMethod('enqueue', async ({ next }) => {
      await sleep(4);
      return next();
    }),
  }),
];

/** What is done with a call that comes while 500 others have come within the last two seconds: on a slow machine they take as long. */
function beyond500(act: (control: Control) => Uint8Array[] | undefined): Fault {
  return onIncoming(() => {
    const recent: number[] = [];
    return ({ message }, control) => {
      if (message.kind !== 'call') return undefined;
      const now = performance.now();
      while (recent[0] !== undefined && recent[0] < now - WINDOW_MS) recent.shift();
      recent.push(now);
      return recent.length > 500 ? act(control) : undefined;
    };
  });
}

function oneAfterTheOther(): Fault {
  return inMessages(() => {
    const open = new Map<number, () => void>();
    let last: Promise<void> = Promise.resolve();
    return {
      incoming: async ({ message, bytes }) => {
        if (message.kind !== 'call') return [bytes];
        await last;
        last = new Promise((resolve) => open.set(message.questionId, resolve));
        return [bytes];
      },
      outgoing: ({ message, bytes }) => {
        if (message.kind === 'return') open.get(message.answerId)?.();
        return [bytes];
      },
    };
  });
}

function eightAtATime(): Fault {
  let free = 8;
  const queued: (() => void)[] = [];
  return inMethod(Object.keys(nodeService) as (keyof typeof nodeService)[], async ({ next }) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queued.push(resolve));
    try {
      return await next();
    } finally {
      const following = queued.shift();
      if (following) following();
      else free += 1;
    }
  });
}
