// What happens at the same time, or just after something that may not be over yet.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { rightCall } from '../src/node/calls.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import { scenarioOf } from '../src/node/node-scenario.ts';
import { type Outcome, resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayload, anyPayloads, fetchParams, mustPut, needRoom, putAtOnce } from '../src/node/queue-calls.ts';

/** How long a wait that has its message may go on. */
const LATE_MS = 5_000;
/** What a target waits at least for scenarios that count on a long wait. */
const LEAST_CAP_MS = 1_000;
const SESSIONS_AT_ONCE = 3;
const CHUNK = 4;
/** When a queue that was emptied must take messages again. */
const EMPTIED_MS = 10_000;
const PAUSE_MS = 250;

Then(
  'a wait of {biginteger} ms on {queue} gets what {person} puts there as it begins, {int} times',
  async function (timeoutMs: bigint, queue: QueueName, sender: Person, times: number) {
    const scenario = scenarioOf(this);
    if (scenario.target.limits.fetchWaitMs < LEAST_CAP_MS) scenario.target.skip('the target does not wait for long');
    await scenario.target.openAll(['waiting', scenario.sessionOf(sender)]);
    const params = { ...fetchParams(scenario, queue.owner, queue, 0), timeoutMs };
    for (let round = 0; round < times; round += 1) {
      const wait = scenario.callOnce('waiting', 'fetchWait', params, { timeoutMs: Number(timeoutMs) + LATE_MS });
      wait.catch(() => undefined);
      // The message comes before the wait has begun, after it, and in between.
      if (round % 4 > 1) await delay((round % 4) - 1);
      await mustPut(scenario, sender, queue, anyPayload(scenario.random));
      const timer = new AbortController();
      const late = delay(LATE_MS, undefined, { signal: timer.signal });
      late.catch(() => undefined);
      const outcome = await Promise.race([wait, late]);
      timer.abort();
      if (!outcome) throw new Error(`the message is queued, and the wait goes on (time ${round + 1} of ${times})`);
      const answer = scenario.accepted(outcome).payloads as Delivery[];
      expectEqual('messages in the answer', answer.length, 1);
      scenario.queue(queue).take(answer);
    }
  },
);

When(
  '{person} and {person} fetch a message in turn, {int} times each, without waiting for the answers',
  async function (one: Person, other: Person, times: number) {
    const scenario = scenarioOf(this);
    const fetches = Array.from({ length: 2 * times }, (_, index) => {
      const owner = index % 2 ? other : one;
      const queue = { owner, peer: undefined };
      const params = fetchParams(scenario, owner, queue, 1);
      return { queue, fetched: scenario.callOnce(scenario.sessionOf(owner), 'fetch', params) };
    });
    const outcomes = await Promise.all(fetches.map(({ fetched }) => fetched));
    for (const [index, { queue }] of fetches.entries())
      scenario.queue(queue).take(scenario.accepted(outcomes[index] as Outcome).payloads as Delivery[]);
  },
);

/** How far from a wait's end a message comes, first and last, in ms. */
const BEFORE_MS = 4;
const BETWEEN_MS = 1;

When(
  '{person} puts messages into {queue} just as waits of {int} ms end on it, {int} times',
  async function (sender: Person, queue: QueueName, waitMs: number, times: number) {
    const scenario = scenarioOf(this);
    await scenario.target.openAll(['waiting', scenario.sessionOf(sender)]);
    const params = { ...fetchParams(scenario, queue.owner, queue, 0), timeoutMs: BigInt(waitMs) };
    for (let round = 0; round < times; round += 1) {
      const wait = scenario.callOnce('waiting', 'fetchWait', params);
      wait.catch(() => undefined);
      await delay(waitMs - BEFORE_MS + round * BETWEEN_MS);
      await mustPut(scenario, sender, queue, anyPayload(scenario.random));
      scenario.answers.push(scenario.accepted(await wait).payloads as Delivery[]);
    }
  },
);

When(
  '{person} acks {queue} up to message {int} by {int} calls while {person} puts {int} messages into it',
  async function (caller: Person, queue: QueueName, place: number, acks: number, sender: Person, count: number) {
    const scenario = scenarioOf(this);
    const model = scenario.queue(queue);
    const seqUpTo = model.messages[place - 1]?.seq;
    if (seqUpTo === undefined) throw new Error(`${model.name} holds no message ${place}`);
    needRoom(scenario, count + model.messages.length);
    const sessions = Array.from({ length: SESSIONS_AT_ONCE }, (_, index) => `at once ${index}`);
    await scenario.target.openAll([...sessions, scenario.sessionOf(sender)]);
    const params = { ...fetchParams(scenario, caller, queue, 0), seqUpTo };
    const acking = sessions.map(async (session) => {
      for (let call = 0; call < acks / SESSIONS_AT_ONCE; call += 1)
        resultsOf(await scenario.call(session, 'ack', params));
    });
    const putting = (async () => {
      for (let put = 0; put < count; put += CHUNK)
        await putAtOnce(scenario, sender, queue, anyPayloads(scenario.random, Math.min(CHUNK, count - put)));
    })();
    await Promise.all([...acking, putting]);
    model.ack(seqUpTo);
  },
);

Then('{queue} takes a message of {person} again', async function (queue: QueueName, sender: Person) {
  const scenario = scenarioOf(this);
  const payload = anyPayload(scenario.random);
  const params = {
    ...rightCall(scenario, sender, 'enqueue'),
    payload,
    recipientKey: scenario.identity(queue.owner),
    channelId: scenario.channelId(queue),
  };
  // A server may count what it holds now and then.
  for (const end = performance.now() + EMPTIED_MS; ; await delay(PAUSE_MS)) {
    const outcome = await scenario.call(scenario.sessionOf(sender), 'enqueue', params);
    if (outcome.kind === 'refused' && outcome.code === 'E015' && performance.now() < end) continue;
    scenario.queue(queue).add(payload, resultsOf(outcome).seq as bigint);
    return;
  }
});
