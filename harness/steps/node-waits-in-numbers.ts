// Waits in numbers, of which nothing may stay when they are over.
import { setTimeout as delay } from 'node:timers/promises';
import { When } from '@cucumber/cucumber';
import { rightCall } from '../src/node/calls.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { QueueName } from '../src/node/people.ts';
import { fetchParams } from '../src/node/queue-calls.ts';

const SESSION = 'waiting in numbers';
/** How late a wait may end: timers are coarse and machines busy. */
const LATE_MS = 5_000;
/** Longer than any of them goes on before it is cancelled. */
const LONG_MS = 20_000n;
const CANCEL_SETTLE_MS = 150;

/** Calls of one session begin in order: when this one is answered, those before it have begun. */
async function roundTrip(scenario: NodeScenario): Promise<void> {
  resultsOf(await scenario.call(SESSION, 'health', rightCall(scenario, 'Alice', 'health')));
}

/** So many of them at a time: a server may bound how many calls wait for one recipient. */
const WAITS_AT_A_TIME = 35;

/** Waits in numbers, some at a time, all on one session. `end` is called with each lot when they have begun. */
async function inLots(
  scenario: NodeScenario,
  queue: QueueName,
  count: number,
  timeoutMs: bigint,
  end: (lot: Promise<Outcome | 'cancelled'>[], abort: AbortController) => Promise<unknown>,
): Promise<void> {
  await scenario.target.openAll([SESSION]);
  const params = { ...fetchParams(scenario, queue.owner, queue, 0), timeoutMs };
  for (let left = count; left > 0; left -= WAITS_AT_A_TIME) {
    const abort = new AbortController();
    const options = { signal: abort.signal, timeoutMs: Number(timeoutMs) + LATE_MS };
    const lot = Array.from({ length: Math.min(left, WAITS_AT_A_TIME) }, () =>
      scenario.call(SESSION, 'fetchWait', params, options).catch((error): Outcome | 'cancelled' => {
        if (abort.signal.aborted) return 'cancelled';
        throw error;
      }),
    );
    await roundTrip(scenario);
    await end(lot, abort);
  }
}

When(
  '{int} waits of {biginteger} ms have come to their end on {queue}',
  async function (count: number, ms: bigint, queue: QueueName) {
    await inLots(scenarioOf(this), queue, count, ms, async (lot) => {
      for (const outcome of await Promise.all(lot))
        if (outcome !== 'cancelled') expectEqual('messages in the answer', resultsOf(outcome).payloads?.length, 0);
    });
  },
);

When('{int} waits are begun and cancelled on {queue}', async function (count: number, queue: QueueName) {
  const scenario = scenarioOf(this);
  await inLots(scenario, queue, count, LONG_MS, async (lot, abort) => {
    abort.abort();
    await Promise.all(lot);
  });
  await roundTrip(scenario);
  await delay(CANCEL_SETTLE_MS);
});
