import type { Delivery } from '@quicnprotochat/proto';
import { needKeys } from './batch-calls.ts';
import { rightCall } from './calls.ts';
import { hybridPublicKey } from './contents.ts';
import type { CalledMethod, CallParams } from './methods.ts';
import type { NodeScenario } from './node-scenario.ts';
import { type Results, resultsOf } from './outcome.ts';
import type { Person, QueueName } from './people.ts';
import { anyPayload, drain, fetchParams, needRoom } from './queue-calls.ts';

/** Each on a connection of its own: what a server keeps for a connection must not hide what it keeps in one place. */
const SESSIONS = 3;

/** A call for each of `items`, all at the same time, over several sessions. @throws when one is refused */
async function atOnce<T>(
  scenario: NodeScenario,
  method: CalledMethod,
  items: readonly T[],
  paramsOf: (item: T) => CallParams,
  connections: 'one each' | 'one for all' = 'one each',
): Promise<{ item: T; params: CallParams; results: Results }[]> {
  let sessions = Array.from({ length: SESSIONS }, (_, index) => `at once ${index}`);
  if (connections === 'one each') await scenario.target.openAll(sessions);
  else sessions = await scenario.target.openOnOneConnection(sessions);
  return Promise.all(
    items.map(async (item, index) => {
      const params = paramsOf(item);
      // Each session has calls of all kinds, however many kinds there are.
      const session = sessions[(index + Math.floor(index / sessions.length)) % sessions.length] as string;
      const outcome = await scenario.call(session, method, params);
      // A target may keep few of them (KP-011).
      if (method === 'uploadKeyPackage' && outcome.kind === 'refused' && outcome.code === 'E015')
        scenario.target.skip('the target keeps fewer KeyPackages of an identity (E015)');
      return { item, params, results: resultsOf(outcome) };
    }),
  );
}

/** One of each, and again from the beginning, so that calls of all kinds are under way together. */
const inTurn = <T>(kinds: readonly T[], times: number): T[] => Array.from({ length: times }, () => kinds).flat();

/** Messages into all of these queues, the same number into each. */
export async function putInTurn(
  scenario: NodeScenario,
  sender: Person,
  queues: QueueName[],
  times: number,
  connections?: 'one each' | 'one for all',
): Promise<void> {
  needRoom(scenario, times);
  const paramsOf = (queue: QueueName): CallParams => ({
    ...rightCall(scenario, sender, 'enqueue'),
    recipientKey: scenario.identity(queue.owner),
    channelId: scenario.channelId(queue),
  });
  const put = await atOnce(scenario, 'enqueue', inTurn(queues, times), paramsOf, connections);
  for (const { item, params, results } of put) scenario.queue(item).add(params.payload, results.seq as bigint);
  for (const queue of queues) scenario.queue(queue).sort();
}

/** Everybody fetches what is theirs, a message at a time. @throws unless each message came to its owner, once */
export async function fetchInTurn(scenario: NodeScenario, owners: readonly Person[], times: number): Promise<void> {
  const queues = owners.map((owner): QueueName => ({ owner, peer: undefined }));
  const fetched = await atOnce(scenario, 'fetch', inTurn(queues, times), (queue) =>
    fetchParams(scenario, queue.owner, queue, 1),
  );
  for (const queue of queues) {
    const answers = fetched.filter(({ item }) => item === queue).map(({ results }) => results.payloads as Delivery[]);
    scenario.queue(queue).takeFromMany([...answers, ...(await drain(scenario, queue))]);
  }
}

/** Batches for each of these groups of people. */
export async function putBatchesInTurn(scenario: NodeScenario, sender: Person, groups: Person[][], times: number) {
  const queueOf = (owner: Person): QueueName => ({ owner, peer: undefined });
  needRoom(scenario, groups.length * times);
  for (const group of groups) needKeys(scenario, 'batchEnqueue', group.length);
  const put = await atOnce(scenario, 'batchEnqueue', inTurn(groups, times), (group) => ({
    ...rightCall(scenario, sender, 'batchEnqueue'),
    recipientKeys: group.map((owner) => scenario.identity(owner)),
    payload: anyPayload(scenario.random),
  }));
  for (const { item, params, results } of put) {
    const { seqs = [] } = results;
    if (seqs.length !== item.length) throw new Error(`${seqs.length} numbers came back for ${item.length} recipients`);
    for (const [index, owner] of item.entries())
      scenario.queue(queueOf(owner)).add(params.payload, seqs[index] as bigint);
  }
  for (const owner of new Set(groups.flat())) scenario.queue(queueOf(owner)).sort();
}

/** Everybody uploads KeyPackages. @returns what was uploaded by whom, and the fingerprint that came back */
export async function uploadPackagesInTurn(scenario: NodeScenario, owners: readonly Person[], times: number) {
  const uploads = await atOnce(scenario, 'uploadKeyPackage', inTurn(owners, times), (owner) =>
    rightCall(scenario, owner, 'uploadKeyPackage'),
  );
  return uploads.map(({ item, params, results }) => ({
    owner: item,
    keyPackage: params.package,
    fingerprint: results.fingerprint as Uint8Array,
  }));
}

/** @returns whose KeyPackage was asked for, and what came */
export async function fetchPackagesInTurn(
  scenario: NodeScenario,
  caller: Person,
  owners: readonly Person[],
  times: number,
) {
  const fetches = await atOnce(scenario, 'fetchKeyPackage', inTurn(owners, times), (owner) => ({
    ...rightCall(scenario, caller, 'fetchKeyPackage'),
    identityKey: scenario.identity(owner),
  }));
  return fetches.map(({ item, results }) => ({ owner: item, got: results.package as Uint8Array }));
}

/** Everybody uploads one hybrid key. */
export async function uploadHybridKeysAtOnce(scenario: NodeScenario, owners: readonly Person[]): Promise<void> {
  const uploads = await atOnce(scenario, 'uploadHybridKey', owners, (owner) => ({
    ...rightCall(scenario, owner, 'uploadHybridKey'),
    hybridPublicKey: hybridPublicKey(scenario.random),
  }));
  for (const { item, params } of uploads) scenario.hybridKeys.set(item, params.hybridPublicKey);
}

/** Everybody publishes one endpoint. */
export async function publishAtOnce(scenario: NodeScenario, owners: readonly Person[]): Promise<void> {
  const published = await atOnce(scenario, 'publishEndpoint', owners, (owner) =>
    rightCall(scenario, owner, 'publishEndpoint'),
  );
  for (const { item, params } of published) scenario.endpoints.set(item, params.nodeAddr);
}

/** @returns whose was looked up, and what came */
export async function lookUpInTurn(
  scenario: NodeScenario,
  caller: Person,
  method: 'fetchHybridKey' | 'resolveEndpoint',
  owners: readonly Person[],
  times: number,
): Promise<{ owner: Person; got: Uint8Array }[]> {
  const found = await atOnce(scenario, method, inTurn(owners, times), (owner) => ({
    ...rightCall(scenario, caller, method),
    identityKey: scenario.identity(owner),
  }));
  return found.map(({ item, results }) => ({
    owner: item,
    got: (results.hybridPublicKey ?? results.nodeAddr) as Uint8Array,
  }));
}

/** Many hybrid keys a call, in another order each time. @returns whose were asked for, and what came */
export async function lookUpManyInTurn(
  scenario: NodeScenario,
  caller: Person,
  orders: readonly Person[][],
  times: number,
) {
  for (const order of orders) needKeys(scenario, 'fetchHybridKeys', order.length);
  const found = await atOnce(scenario, 'fetchHybridKeys', inTurn(orders, times), (order) => ({
    ...rightCall(scenario, caller, 'fetchHybridKeys'),
    identityKeys: order.map((owner) => scenario.identity(owner)),
  }));
  return found.map(({ item, results }) => ({ owners: item, keys: results.keys as Uint8Array[] }));
}

/** Each two of these people create their channel, from both sides. @returns the pair and the id of each call */
export async function createChannelsInTurn(scenario: NodeScenario, people: readonly Person[], times: number) {
  const pairs = people.flatMap((one) => people.filter((other) => other !== one).map((other) => [one, other] as const));
  const made = await atOnce(scenario, 'createChannel', inTurn(pairs, times), ([one, other]) => ({
    ...rightCall(scenario, one, 'createChannel'),
    peerKey: scenario.identity(other),
  }));
  return made.map(({ item, results }) => ({
    pair: [...item].sort().join(' and '),
    id: Buffer.from(results.channelId as Uint8Array).toString('hex'),
  }));
}
