import { rightCall } from './calls.ts';
import { scenarioOf } from './node-scenario.ts';
import type { OpaqueScenario, User } from './opaque-scenario.ts';
import { type Outcome, resultsOf } from './outcome.ts';
import type { Person } from './people.ts';

/** What somebody publishes, the last of which others find. */
export const RECORDS = {
  'hybrid key': { publish: 'uploadHybridKey', find: 'fetchHybridKey', field: 'hybridPublicKey' },
  endpoint: { publish: 'publishEndpoint', find: 'resolveEndpoint', field: 'nodeAddr' },
} as const;
export type RecordName = keyof typeof RECORDS;

/** What that person finds under a new user's identity. @throws RpcException when it is refused */
export async function find(
  scenario: OpaqueScenario,
  person: Person,
  user: User,
  record: RecordName,
): Promise<Uint8Array> {
  const node = scenarioOf(scenario.world);
  const { find: method, field } = RECORDS[record];
  const params = { ...rightCall(node, person, method), identityKey: scenario.user(user).identityKey };
  return resultsOf(await node.call(node.sessionOf(person), method, params))[field] as Uint8Array;
}

/** As `find`, for a hybrid key that is asked for between others by one call. */
export async function findByBatch(scenario: OpaqueScenario, person: Person, user: User): Promise<Uint8Array> {
  const node = scenarioOf(scenario.world);
  const { identityKey } = scenario.user(user);
  const identityKeys = [node.stranger(), identityKey, node.identity(person)];
  const params = { ...rightCall(node, person, 'fetchHybridKeys'), identityKeys };
  const keys = resultsOf(await node.call(node.sessionOf(person), 'fetchHybridKeys', params)).keys as Uint8Array[];
  if (keys.length !== identityKeys.length)
    throw new Error(`${keys.length} keys came back for ${identityKeys.length} identities`);
  return keys[1] as Uint8Array;
}

/** @returns what was published */
export async function publish(
  scenario: OpaqueScenario,
  user: User,
  record: RecordName,
): Promise<{ outcome: Outcome; bytes: Uint8Array }> {
  const { publish: method, field } = RECORDS[record];
  const { sent, outcome } = await scenario.callWithToken(user, method);
  return { outcome, bytes: sent[field] };
}
