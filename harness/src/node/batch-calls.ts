import { rightCall } from './calls.ts';
import type { NodeScenario } from './node-scenario.ts';
import { type Outcome, resultsOf } from './outcome.ts';
import type { Person, QueueName } from './people.ts';
import { anyPayload, needRoom } from './queue-calls.ts';

/** What a right batchEnqueue into these queues sends; they are all default queues, or all of one channel. */
function batchParams(scenario: NodeScenario, sender: Person, queues: readonly QueueName[], payload: Uint8Array) {
  const [first] = queues as [QueueName];
  const recipientKeys = queues.map(({ owner }) => scenario.identity(owner));
  const channelId = scenario.channelId(first);
  return { ...rightCall(scenario, sender, 'batchEnqueue'), recipientKeys, channelId, payload };
}

/** An RPC message holds 16 MiB, and each key needs 40 bytes of it and some time to be made. */
const MAX_KEYS = 50_000;

/** Skips the scenario when a call of the target, or of ours, does not take so many keys. */
export function needKeys({ target }: NodeScenario, method: 'batchEnqueue' | 'fetchHybridKeys', count: number): void {
  const most = method === 'batchEnqueue' ? target.limits.batchRecipients : target.limits.batchKeys;
  if (count > most) target.skip(`the target takes ${most} keys in one ${method}, not ${count}`);
  needFewKeys(target, count);
}

/** As `needKeys`, for those who mean to go beyond the target's limit. */
export function needFewKeys(target: NodeScenario['target'], count: number): void {
  if (count > MAX_KEYS) target.skip(`${count} keys are too many to send here`);
}

/** @throws unless a number came back for each queue */
function addAll(scenario: NodeScenario, queues: readonly QueueName[], payload: Uint8Array, outcome: Outcome): void {
  const seqs = resultsOf(outcome).seqs ?? [];
  if (seqs.length !== queues.length)
    throw new Error(`batchEnqueue returned ${seqs.length} numbers for ${queues.length} recipients`);
  for (const [index, queue] of queues.entries()) scenario.queue(queue).add(payload, seqs[index] as bigint);
}

/** One payload into several queues by one call; unless refused it is in their models. The outcome is remembered. */
export async function putBatch(
  scenario: NodeScenario,
  sender: Person,
  queues: readonly QueueName[],
  payload: Uint8Array,
): Promise<Outcome> {
  needKeys(scenario, 'batchEnqueue', queues.length);
  const outcome = await scenario.callAndRemember(
    sender,
    'batchEnqueue',
    batchParams(scenario, sender, queues, payload),
  );
  if (outcome.kind === 'results') addAll(scenario, queues, payload, outcome);
  return outcome;
}

/** Messages into one queue on one session, every second one by a batch that is for another queue too. @throws when one is refused */
export async function putBatchesAndMessages(
  scenario: NodeScenario,
  sender: Person,
  count: number,
  queue: QueueName,
  other: QueueName,
): Promise<void> {
  needRoom(scenario, count);
  needKeys(scenario, 'batchEnqueue', 2);
  const session = scenario.sessionOf(sender);
  const calls = Array.from({ length: count }, async (_, index) => {
    const payload = anyPayload(scenario.random);
    const queues = index % 2 ? [other, queue] : [queue];
    const method = index % 2 ? 'batchEnqueue' : 'enqueue';
    const params = batchParams(scenario, sender, queues, payload);
    const [recipientKey] = params.recipientKeys as [Uint8Array];
    return { payload, queues, outcome: await scenario.callOnce(session, method, { ...params, recipientKey }) };
  });
  for (const { payload, queues, outcome } of await Promise.all(calls)) {
    const { seq } = scenario.accepted(outcome);
    if (outcome.method === 'batchEnqueue') addAll(scenario, queues, payload, outcome);
    else scenario.queue(queue).add(payload, seq as bigint);
  }
}

/** Batches on two connections at the same time, which name the queues in opposite order. @throws when one is refused */
export async function putBatchesInEitherOrder(
  scenario: NodeScenario,
  sender: Person,
  queues: readonly QueueName[],
  count: number,
): Promise<void> {
  needRoom(scenario, 2 * count);
  needKeys(scenario, 'batchEnqueue', queues.length);
  const ways = [
    { session: scenario.sessionOf(sender), inOrder: queues },
    { session: 'the other way', inOrder: [...queues].reverse() },
  ];
  await scenario.target.openAll(ways.map(({ session }) => session));
  const calls = ways.flatMap(({ session, inOrder }) =>
    Array.from({ length: count }, async () => {
      const payload = anyPayload(scenario.random);
      const params = batchParams(scenario, sender, inOrder, payload);
      return { payload, inOrder, outcome: await scenario.call(session, 'batchEnqueue', params) };
    }),
  );
  for (const { payload, inOrder, outcome } of await Promise.all(calls)) addAll(scenario, inOrder, payload, outcome);
  for (const queue of queues) scenario.queue(queue).sort();
}
