import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '@quicnprotochat/proto';
import type { RandomSource } from '../world/random.ts';
import { rightCall } from './calls.ts';
import type { CallParams } from './methods.ts';
import type { NodeScenario } from './node-scenario.ts';
import { type Outcome, resultsOf } from './outcome.ts';
import type { Person, QueueName } from './people.ts';
import { sameBytes } from './queue-model.ts';

/** Skips the scenario when a queue of the target does not hold so many messages. */
export function needRoom({ target }: NodeScenario, count: number): void {
  const { queueMessages } = target.limits;
  if (count > queueMessages) target.skip(`a queue of the target holds ${queueMessages} messages, not ${count}`);
}

/** Enqueues and, unless refused, adds the message to the queue's model. The outcome is remembered. */
export async function put(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payload: Uint8Array,
  session = scenario.sessionOf(sender),
): Promise<void> {
  const params = { ...enqueueParams(scenario, sender, queue), payload };
  scenario.sent = params;
  const outcome = await scenario.call(session, 'enqueue', params);
  scenario.outcome = outcome;
  if (outcome.kind === 'results') scenario.queue(queue).add(payload, outcome.results.seq as bigint);
}

/** As `put`, and throws when it is refused. */
export async function mustPut(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payload: Uint8Array,
): Promise<void> {
  await put(scenario, sender, queue, payload);
  if (scenario.outcome) resultsOf(scenario.outcome);
}

/** Enqueues all without waiting for answers; they are in the model in the order of the calls. @throws when one is refused */
export async function putAtOnce(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
): Promise<void> {
  const params = enqueueParams(scenario, sender, queue);
  const session = scenario.sessionOf(sender);
  const calls = payloads.map((payload) => scenario.callOnce(session, 'enqueue', { ...params, payload }));
  for (const [index, outcome] of (await Promise.all(calls)).entries()) {
    scenario.queue(queue).add(payloads[index] as Uint8Array, scenario.accepted(outcome).seq as bigint);
  }
}

/**
 * As `putAtOnce`, for one of many times in a row, until the queue is full; kept out of the record.
 * @returns whether all were accepted; if not, the outcome is remembered
 */
export async function putFlood(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
): Promise<boolean> {
  const refused = (await flood(scenario, sender, queue, payloads, ['E014', 'E015'])).filter(isRefused);
  if (refused.some(({ code }) => code === 'E014')) scenario.skipForRate();
  scenario.outcome = refused.at(-1) ?? scenario.outcome;
  return refused.length === 0;
}

/** Enqueues all at once, as fast as it goes. @returns whether some were refused for their rate; then one of those is remembered */
export async function putUnpaced(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
): Promise<boolean> {
  const outcomes = await flood(scenario, sender, queue, payloads, ['E014']);
  const refused = outcomes.filter(isRefused);
  scenario.outcome = refused.at(-1) ?? outcomes.at(-1);
  return refused.length > 0;
}

type Refused = Extract<Outcome, { kind: 'refused' }>;
const isRefused = (outcome: Outcome): outcome is Refused => outcome.kind === 'refused';

/** Enqueues all at once; what is accepted is in the model. @param mayFail codes that are no fault @throws for another code */
async function flood(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
  mayFail: readonly string[],
): Promise<Outcome[]> {
  const params = enqueueParams(scenario, sender, queue);
  const session = scenario.sessionOf(sender);
  const calls = payloads.map((payload) => scenario.callInFlood(session, 'enqueue', { ...params, payload }));
  const outcomes = await scenario.target.inTime(Promise.all(calls));
  for (const [index, outcome] of outcomes.entries()) {
    if (isRefused(outcome) && mayFail.includes(outcome.code ?? '')) continue;
    scenario.queue(queue).add(payloads[index] as Uint8Array, resultsOf(outcome).seq as bigint);
  }
  return outcomes;
}

/**
 * Enqueues one after the other, some under way at any time, until so many are answered; then `end` is called while the others
 * are still under way. What was answered is in the model, and what was not is known to it as sent.
 * @throws when one is refused
 */
export async function putUntilLost(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
  answered: number,
  end: () => Promise<void>,
): Promise<void> {
  const params = enqueueParams(scenario, sender, queue);
  const session = scenario.sessionOf(sender);
  const model = scenario.queue(queue);
  let count = 0;
  let ending: Promise<void> | undefined;
  const calls = payloads.map(async (payload) => {
    let outcome: Outcome;
    model.sent.push(payload);
    try {
      outcome = await scenario.callOnce(session, 'enqueue', { ...params, payload });
    } catch (error) {
      // Only the end of the server leaves a call without an answer.
      if (ending === undefined) throw error;
      return;
    }
    if (isRefused(outcome) && outcome.code !== 'E014' && ending !== undefined) return;
    model.add(payload, scenario.accepted(outcome).seq as bigint);
    count += 1;
    if (count === answered) ending = end();
  });
  await Promise.all(calls);
  await ending;
}

/** Calls under way at any time, and what lies between the answer to one and the next, in ms. */
const STREAM_WIDTH = 4;
const STREAM_PAUSE_MS = 4;

/**
 * Enqueues one after the other, with little time in between, until the server takes no more or so many are sent; after `before`
 * of them are answered `end` is called. What was answered is in the model, and what was not is known to it as sent.
 * @throws when one is refused before that
 */
export async function putUntilEnded(
  scenario: NodeScenario,
  sender: Person,
  queue: QueueName,
  payloads: readonly Uint8Array[],
  before: number,
  end: () => Promise<void>,
): Promise<void> {
  const params = enqueueParams(scenario, sender, queue);
  const session = scenario.sessionOf(sender);
  const model = scenario.queue(queue);
  const left = payloads.values();
  let count = 0;
  let ending: Promise<void> | undefined;
  const putAll = async (): Promise<void> => {
    for (const payload of left) {
      model.sent.push(payload);
      try {
        const outcome = await scenario.callOnce(session, 'enqueue', { ...params, payload });
        if (outcome.kind === 'refused' && ending !== undefined) return;
        model.add(payload, scenario.accepted(outcome).seq as bigint);
      } catch (error) {
        if (ending === undefined) throw error;
        return;
      }
      count += 1;
      if (count === before) ending = end();
      await sleep(STREAM_PAUSE_MS);
    }
  };
  await Promise.all(Array.from({ length: STREAM_WIDTH }, putAll));
  await ending;
}

function enqueueParams(scenario: NodeScenario, sender: Person, queue: QueueName): CallParams {
  const recipientKey = scenario.identity(queue.owner);
  return { ...rightCall(scenario, sender, 'enqueue'), recipientKey, channelId: scenario.channelId(queue) };
}

/** The longest that `anyPayload` makes. */
export const MAX_ANY_PAYLOAD = 63;

/** A payload like no other: 16 to 63 random bytes. */
export function anyPayload(random: RandomSource): Uint8Array {
  return random.bytes(16 + random.below(48));
}

/** So many of them. */
export const anyPayloads = (random: RandomSource, count: number): Uint8Array[] =>
  Array.from({ length: count }, () => anyPayload(random));

/** What a right fetch, fetchWait or peek of that queue sends. */
export function fetchParams(scenario: NodeScenario, caller: Person, queue: QueueName, limit: number): CallParams {
  const recipientKey = scenario.identity(queue.owner);
  return { ...rightCall(scenario, caller, 'fetch'), recipientKey, channelId: scenario.channelId(queue), limit };
}

/**
 * Fetches by the owner until the queue is empty.
 * @returns the answers, without the last, empty one
 * @throws when a fetch is refused, or returns again what the one before it returned
 */
export async function drain(scenario: NodeScenario, queue: QueueName): Promise<Delivery[][]> {
  const answers: Delivery[][] = [];
  for (;;) {
    const params = fetchParams(scenario, queue.owner, queue, 0);
    const outcome = await scenario.call(scenario.sessionOf(queue.owner), 'fetch', params);
    const answer = resultsOf(outcome).payloads as Delivery[];
    const [first] = answer;
    if (!first) return answers;
    const before = answers.at(-1)?.[0];
    if (before && before.seq === first.seq && sameBytes(before.payload, first.payload)) {
      throw new Error(`a second fetch returned message ${first.seq} again: the first did not remove it`);
    }
    answers.push(answer);
  }
}

/** @throws unless the answer holds a message or more, and no more bytes of payloads than `maxBytes`, unless it is one alone */
export function requireSome(answer: readonly Delivery[], maxBytes = Infinity): void {
  if (answer.length === 0) throw new Error('the answer is empty, but the queue was not');
  const bytes = answer.reduce((sum, { payload }) => sum + payload.length, 0);
  if (answer.length > 1 && bytes > maxBytes)
    throw new Error(`the answer holds ${bytes} bytes of payloads, expected at most ${maxBytes}`);
}
