import { rightCall } from './calls.ts';
import { type NodeScenario, type Outcome, resultsOf } from './node-scenario.ts';
import type { Person, QueueName } from './people.ts';
import { anyPayload } from './queue-calls.ts';

/** What a right batchEnqueue into these queues sends; they are all default queues, or all of one channel. */
function batchParams(scenario: NodeScenario, sender: Person, queues: readonly QueueName[], payload: Uint8Array) {
  const [first] = queues as [QueueName];
  const recipientKeys = queues.map(({ owner }) => scenario.identity(owner));
  const channelId = scenario.channelId(first);
  return { ...rightCall(scenario, sender, 'batchEnqueue'), recipientKeys, channelId, payload };
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
    if (outcome.kind === 'refused' && outcome.code === 'E014') scenario.skipForRate();
    if (outcome.method === 'batchEnqueue') addAll(scenario, queues, payload, outcome);
    else scenario.queue(queue).add(payload, resultsOf(outcome).seq as bigint);
  }
}
