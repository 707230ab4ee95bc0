// Queues with very much in them, and with nothing.
import { performance } from 'node:perf_hooks';
import { Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { scenarioOf } from '../src/node/node-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayload, anyPayloads, fetchParams, mustPut, needRoom, putFlood } from '../src/node/queue-calls.ts';

/** How many enqueues are under way at once. */
const FILL_WINDOW = 200;

When(
  '{person} puts {int} short messages into {queue}',
  async function (sender: Person, count: number, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    for (let left = count; left > 0; left -= FILL_WINDOW) {
      const payloads = anyPayloads(scenario.random, Math.min(left, FILL_WINDOW));
      if (!(await putFlood(scenario, sender, queue, payloads)) && scenario.outcome) resultsOf(scenario.outcome);
    }
  },
);

/** The best of so many counts: a busy machine is slow now and then. */
const TRIES = 3;
const AT_ONCE_MS = 500;

Then(
  'a fetch of nothing from {queue} takes little longer than one of a message of {person}',
  async function (queue: QueueName, sender: Person) {
    const scenario = scenarioOf(this);
    const timed = async (): Promise<number> => {
      const startedAt = performance.now();
      await scenario.callAndRemember(queue.owner, 'fetch', fetchParams(scenario, queue.owner, queue, 0));
      if (scenario.outcome) scenario.queue(queue).take(resultsOf(scenario.outcome).payloads as Delivery[]);
      return performance.now() - startedAt;
    };
    let full = 0;
    let empty = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < TRIES && empty > 2 * full + AT_ONCE_MS; tries += 1) {
      await mustPut(scenario, sender, queue, anyPayload(scenario.random));
      full = Math.max(full, await timed());
      empty = Math.min(empty, await timed());
    }
    if (empty > 2 * full + AT_ONCE_MS)
      throw new Error(
        `an empty list came after ${Math.round(empty)} ms at best, and a message within ${Math.round(full)} ms`,
      );
  },
);
