import type { Delivery } from '@quicnprotochat/proto';
import type { QueueId } from '@quicnprotochat/server';
import { combine } from '../combine.ts';
import { type Fault, mutantsOf, NOTHING, refuse } from '../fault.ts';
import { inMethod, inParams } from '../seams/methods.ts';
import { ALL, nameOf } from '../seams/queues.ts';
import { inStore } from '../seams/store.ts';

const mutant = mutantsOf('delivery');

export const RELIABLE = [
  mutant('DS-031', 'peek-removes', 'peek removes what it shows', {
    ...inStore((store) => ({ peek: (queue, max) => store.take(queue, max) })),
  }),
  mutant('DS-031', 'peek-hides', 'what was peeked at is hidden from the next peek', {
    ...inStore((store) => {
      const shown = new Map<string, bigint>();
      return {
        peek: async (queue, max) => {
          const list = (await store.peek(queue, max)).filter(({ seq }) => seq > (shown.get(nameOf(queue)) ?? -1n));
          shown.set(nameOf(queue), list.at(-1)?.seq ?? shown.get(nameOf(queue)) ?? -1n);
          return list;
        },
      };
    }),
  }),
  mutant(
    'DS-032',
    'limit-counts-what-is-gone',
    'lets messages that were acknowledged count toward a limit',
    sweepsLater(),
  ),
  mutant(
    'DS-031',
    'remembers-what-it-showed',
    'shows what it has shown before until a message comes or is acknowledged',
    {
      ...remembersPeeks(),
    },
  ),
  mutant('DS-032', 'below-the-number', 'ack leaves the message of that number', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo - 1n < 0n ? 0n : seqUpTo - 1n })),
  }),
  mutant('DS-032', 'one-more', 'ack removes the message after it as well', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo + 1n > 0xffffffffffffffffn ? seqUpTo : seqUpTo + 1n })),
  }),
  mutant('DS-032', 'number-of-32-bits', 'reads the low half of the number alone', {
    ...inParams('ack', ({ seqUpTo }) => ({ seqUpTo: seqUpTo & 0xffff_ffffn })),
  }),
  mutant('DS-032', 'only-that-one', 'ack removes the message of that number alone', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        const all = await store.take(queue, ALL);
        await store.restore(
          queue,
          all.filter(({ seq }) => seq !== seqUpTo),
        );
      },
    })),
  }),
  mutant('DS-032', 'everything', 'ack empties the queue', {
    ...inParams('ack', () => ({ seqUpTo: 0xffffffffffffffffn })),
  }),
  mutant('DS-032', 'does-nothing', 'ack is answered and does nothing', { ...inStore(() => ({ ack: async () => {} })) }),
  mutant('DS-033', 'again-is-an-error', 'refuses an ack of what is gone', {
    ...inMethod('ack', async ({ params, next, around }) => {
      const own = await around.identityOf(params.auth);
      const is32 = params.recipientKey.length === 32;
      if (
        own &&
        is32 &&
        params.version === 1 &&
        !(await around.store.peek(params, ALL)).some(({ seq }) => seq <= params.seqUpTo)
      )
        throw refuse('E020');
      return next();
    }),
  }),
  mutant('DS-034', 'all-queues-of-the-recipient', 'an ack on a channel also empties the default queue', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        await store.ack(queue, seqUpTo);
        await store.ack({ channelId: NOTHING, recipientKey: queue.recipientKey }, seqUpTo);
      },
    })),
  }),
  mutant('DS-035', 'acks-later', 'answers first and removes afterwards', {
    ...inStore((store) => ({
      ack: async (queue, seqUpTo) => {
        setTimeout(() => void store.ack(queue, seqUpTo).catch(() => {}), 150);
      },
    })),
  }),
];

/** An ack marks; what is marked is left out of answers after the limit has counted it. */
function sweepsLater(): Fault {
  const upTo = new Map<string, bigint>();
  return inStore((store) => {
    const isLeft =
      (queue: QueueId) =>
      ({ seq }: Delivery): boolean =>
        seq > (upTo.get(nameOf(queue)) ?? -1n);
    return {
      ack: async (queue, seqUpTo) => {
        const last = (await store.peek(queue, ALL)).filter(({ seq }) => seq <= seqUpTo).at(-1);
        if (last && isLeft(queue)(last)) upTo.set(nameOf(queue), last.seq);
      },
      peek: async (queue, max) => (await store.peek(queue, max)).filter(isLeft(queue)),
      take: async (queue, max) => (await store.take(queue, max)).filter(isLeft(queue)),
    };
  });
}

function remembersPeeks(): Fault {
  const shown = new Map<string, Delivery[]>();
  const forgets = inMethod(['enqueue', 'ack'], async ({ params, next }) => {
    const results = await next();
    shown.delete(nameOf(params));
    return results;
  });
  const peeks = inMethod('peek', async ({ params, next }) => {
    if (params.limit > 0) return next();
    const payloads = shown.get(nameOf(params)) ?? (await next()).payloads;
    shown.set(nameOf(params), payloads);
    return { payloads };
  });
  return combine([peeks, forgets]);
}
