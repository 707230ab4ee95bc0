// Calls side by side, many at once, and in order.
import { nodeService } from '@quicnprotochat/proto';
import { type Fault, mutantsOf } from '../../fault.ts';
import { onIncoming } from '../../seams/messages.ts';
import { inMethod } from '../../seams/methods.ts';
import { inMessages } from '../../seams/stream.ts';

const mutant = mutantsOf('rpc');

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const CONCURRENCY = [
  mutant('RPC-008', 'eight-at-a-time', 'has eight workers, and a wait takes one of them', eightAtATime()),
  mutant('RPC-008', 'one-after-the-other', 'begins a call when the one before is answered', oneAfterTheOther()),
  mutant(
    'RPC-009',
    'drops-above-500',
    'drops calls beyond 500 in flight',
    onIncoming(() => {
      let recent = 0;
      return ({ message }) => {
        if (message.kind !== 'call') return undefined;
        recent += 1;
        setTimeout(() => {
          recent -= 1;
        }, 200);
        return recent > 500 ? [] : undefined;
      };
    }),
  ),
  mutant(
    'RPC-009',
    'refuses-above-500',
    'ends a session with more than 500 calls in flight',
    onIncoming(() => {
      let recent = 0;
      return ({ message }, { reset }) => {
        if (message.kind !== 'call') return undefined;
        recent += 1;
        setTimeout(() => {
          recent -= 1;
        }, 200);
        if (recent > 500) reset();
        return undefined;
      };
    }),
  ),
  mutant('RPC-010', 'overtaking', 'a fetch overtakes the enqueue before it', {
    ...inMethod('enqueue', async ({ next }) => {
      await sleep(4);
      return next();
    }),
  }),
];

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
