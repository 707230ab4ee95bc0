import { strict as assert } from 'node:assert';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { rightCall } from '../src/node/calls.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { type NodeScenario, scenarioOf, type Wait } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { QueueName } from '../src/node/people.ts';
import { fetchParams, requireSome } from '../src/node/queue-calls.ts';

/** A wait may end early by this part of it, or late by LATE_MS: timers are coarse and machines busy. */
const EARLY_PART = 0.1;
const LATE_MS = 5_000;
/** A long answer takes its time: a slow line still carries as much, in bytes a ms. */
const LEAST_RATE = 256;
/** After a round trip on its session a wait is taken to have begun, or to be cancelled, when this has passed. */
const SETTLE_MS = 40;
const CANCEL_SETTLE_MS = 150;
const LOST_CONNECTION_SETTLE_MS = 500;
/** A wait that goes on for so long does go on. */
const STILL_MS = 250;
/** The shortest cap of a target under which scenarios make sense that count on a long wait. */
const LEAST_CAP_MS = 600;
const LEAST_CAP_ROUND_TRIPS = 10;
/** When the harness itself gives up on a wait. */
const MAX_LATE_MS = 20_000;
const LONGEST_CAP_MS = 10_000;

async function begin(
  scenario: NodeScenario,
  queue: QueueName,
  timeoutMs: bigint,
  limit: number,
  count = 1,
): Promise<void> {
  const { fetchWaitMs } = scenario.target.limits;
  const sessions = Array.from({ length: count }, (_, index) =>
    scenario.sharedSession ? scenario.sessionOf(queue.owner) : `waiting ${scenario.waits.length + index}`,
  );
  await scenario.target.openAll(sessions);
  for (const session of sessions) {
    const abort = new AbortController();
    const params = { ...fetchParams(scenario, queue.owner, queue, limit), timeoutMs };
    const waitMs = Number(timeoutMs < BigInt(fetchWaitMs) ? timeoutMs : fetchWaitMs);
    const wait: Wait = {
      queue,
      session,
      waitMs,
      startedAt: performance.now(),
      endedAt: undefined,
      outcome: scenario
        .call(session, 'fetchWait', params, { signal: abort.signal, timeoutMs: waitMs + MAX_LATE_MS })
        .catch((error): Outcome | 'cancelled' => {
          if (abort.signal.aborted) return 'cancelled';
          throw error;
        }),
      cancel: () => abort.abort(),
    };
    const ended = (): void => {
      wait.endedAt = performance.now();
    };
    // Whoever looks at the outcome sees the error; nobody may look at a wait that a scenario leaves behind.
    wait.outcome.then(ended, ended);
    scenario.waits.push(wait);
  }
  const sentAt = performance.now();
  await Promise.all(sessions.map((session) => roundTrip(scenario, session)));
  requireTime(scenario, timeoutMs, performance.now() - sentAt);
  await delay(SETTLE_MS);
}

/** A wait that is over before the next steps could be made shows nothing: the target's cap may be that short, the way that long. */
function requireTime({ target }: NodeScenario, timeoutMs: bigint, roundTripMs: number): void {
  const { fetchWaitMs } = target.limits;
  if (timeoutMs > BigInt(fetchWaitMs) && fetchWaitMs < LEAST_CAP_MS + LEAST_CAP_ROUND_TRIPS * roundTripMs)
    target.skip(`the target waits ${fetchWaitMs} ms at most, too short for what this scenario does meanwhile`);
}

/** Calls of one session begin in order: when this one is answered, those before it have begun. */
async function roundTrip(scenario: NodeScenario, session: string): Promise<void> {
  resultsOf(await scenario.call(session, 'health', rightCall(scenario, 'Alice', 'health')));
}

When('a wait of {biginteger} ms begins on {queue}', async function (ms: bigint, queue: QueueName) {
  await begin(scenarioOf(this), queue, ms, 0);
});

When(
  'a wait of {biginteger} ms with limit {int} begins on {queue}',
  async function (ms: bigint, limit: number, queue: QueueName) {
    await begin(scenarioOf(this), queue, ms, limit);
  },
);

When('{int} waits of {biginteger} ms begin on {queue}', async function (count: number, ms: bigint, queue: QueueName) {
  await begin(scenarioOf(this), queue, ms, 0, count);
});

When(
  '{int} waits of {biginteger} ms with limit {int} begin on {queue}',
  async function (count: number, ms: bigint, limit: number, queue: QueueName) {
    await begin(scenarioOf(this), queue, ms, limit, count);
  },
);

Given('the target waits 10 seconds at most', function () {
  const { target } = scenarioOf(this);
  const { fetchWaitMs } = target.limits;
  if (fetchWaitMs > LONGEST_CAP_MS) target.skip(`the target waits up to ${fetchWaitMs} ms, too long to wait for here`);
});

function firstWait({ waits: [wait] }: NodeScenario): Wait {
  if (!wait) throw new Error('no wait began before this step');
  return wait;
}

function lastWait(scenario: NodeScenario): Wait {
  const wait = scenario.waits.at(-1);
  if (!wait) throw new Error('no wait began before this step');
  return wait;
}

async function cancel(scenario: NodeScenario, wait: Wait): Promise<void> {
  assert.ok(wait.endedAt === undefined, 'the wait ended before it was cancelled');
  wait.cancel();
  assert.ok((await wait.outcome) === 'cancelled', 'the wait was answered before it was cancelled');
  scenario.waits = scenario.waits.filter((other) => other !== wait);
  await roundTrip(scenario, wait.session);
  await delay(CANCEL_SETTLE_MS);
}

When('the wait is cancelled', async function () {
  const scenario = scenarioOf(this);
  await cancel(scenario, lastWait(scenario));
});

When('the first wait is cancelled', async function () {
  const scenario = scenarioOf(this);
  await cancel(scenario, firstWait(scenario));
});

When('the connection of the wait is lost', async function () {
  const scenario = scenarioOf(this);
  const wait = lastWait(scenario);
  assert.ok(wait.endedAt === undefined, 'the wait ended before its connection did');
  scenario.waits.pop();
  await scenario.target.endConnection(wait.session);
  await assert.rejects(wait.outcome, 'the wait was answered although its connection had ended');
  await delay(LOST_CONNECTION_SETTLE_MS);
});

Then('the wait is still going on', async function () {
  const wait = lastWait(scenarioOf(this));
  await delay(STILL_MS);
  if (wait.endedAt === undefined) return;
  const outcome = await wait.outcome;
  const how = outcome === 'cancelled' ? outcome : `${resultsOf(outcome).payloads?.length} messages`;
  throw new Error(`the wait ended after ${Math.round(wait.endedAt - wait.startedAt)} ms with ${how}`);
});

/** @returns the messages of the wait's answer, and how long it took @throws when it takes longer than `ms` from now on */
async function endWithin(wait: Wait, ms: number): Promise<{ wait: Wait; answer: Delivery[]; tookMs: number }> {
  const timer = new AbortController();
  const late = delay(ms, 'late' as const, { signal: timer.signal });
  late.catch(() => undefined);
  const outcome = await Promise.race([wait.outcome, late]);
  timer.abort();
  if (outcome === 'late') {
    wait.cancel();
    throw new Error(
      `the wait of ${wait.waitMs} ms has not ended ${Math.round(performance.now() - wait.startedAt)} ms after its call`,
    );
  }
  assert.notEqual(outcome, 'cancelled', 'the wait was cancelled');
  const answer = resultsOf(outcome as Outcome).payloads as Delivery[];
  return { wait, answer, tookMs: (wait.endedAt ?? performance.now()) - wait.startedAt };
}

/** A message is there: the wait ends now, and not by its own time-out. */
function endSoon(scenario: NodeScenario, wait: Wait): ReturnType<typeof endWithin> {
  const { waitMs, startedAt } = wait;
  const bytes = scenario.queue(wait.queue).messages.reduce((sum, { payload }) => sum + payload.length, 0);
  const limitMs = LATE_MS + bytes / LEAST_RATE;
  if (waitMs === 0) return endWithin(wait, limitMs);
  return endWithin(wait, Math.min(limitMs, Math.max(0, (waitMs - (performance.now() - startedAt)) * 0.7)));
}

Then('the wait ends with all its messages', async function () {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, lastWait(scenario));
  const model = scenario.queue(wait.queue);
  expectEqual('messages in the answer', answer.length, model.messages.length);
  model.take(answer);
});

Then('the first wait ends with all its messages', async function () {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, firstWait(scenario));
  const model = scenario.queue(wait.queue);
  expectEqual('messages in the answer', answer.length, model.messages.length);
  model.take(answer);
});

Then('the wait ends with its first {int} message(s)', async function (count: number) {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, lastWait(scenario));
  expectEqual('messages in the answer', answer.length, count);
  scenario.queue(wait.queue).take(answer);
});

Then('the wait ends with that message under the number that enqueue returned', async function () {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, lastWait(scenario));
  expectEqual('messages in the answer', answer.length, 1);
  const [taken] = scenario.queue(wait.queue).take(answer);
  assert.ok(taken, 'nothing was enqueued before this step');
  expectEqual('number in the answer', answer[0]?.seq, taken.seq);
});

Then('the wait ends with some of its messages', async function () {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, lastWait(scenario));
  requireSome(answer);
  scenario.queue(wait.queue).take(answer);
});

Then('the wait ends with some of its messages and no more bytes than it should', async function () {
  const scenario = scenarioOf(this);
  const { wait, answer } = await endSoon(scenario, lastWait(scenario));
  scenario.queue(wait.queue).take(answer);
  requireSome(answer, scenario.target.limits.answerBytes);
});

Then('the wait ends with an empty list', async function () {
  const scenario = scenarioOf(this);
  const { answer } = await endWithin(lastWait(scenario), lastWait(scenario).waitMs + LATE_MS);
  expectEqual('messages in the answer', answer.length, 0);
});

async function endOnTime(wait: Wait): Promise<void> {
  const { waitMs } = wait;
  const { answer, tookMs } = await endWithin(wait, waitMs + LATE_MS);
  expectEqual('messages in the answer', answer.length, 0);
  if (tookMs < waitMs * (1 - EARLY_PART))
    throw new Error(`the wait of ${waitMs} ms ended after ${Math.round(tookMs)} ms`);
}

Then('the wait ends with an empty list when its time is over', async function () {
  await endOnTime(lastWait(scenarioOf(this)));
});

Then('every wait ends with an empty list when its time is over', async function () {
  const { waits } = scenarioOf(this);
  assert.ok(waits.length > 1, 'fewer than two waits began before this step');
  for (const wait of waits) await endOnTime(wait);
});

Then('every wait ends with {int} message(s)', async function (count: number) {
  const scenario = scenarioOf(this);
  const { waits } = scenario;
  assert.ok(waits.length > 1, 'fewer than two waits began before this step');
  for (const wait of waits) {
    const { answer } = await endSoon(scenario, wait);
    expectEqual('messages in the answer', answer.length, count);
  }
});
