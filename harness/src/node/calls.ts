import { hybridPublicKey } from './contents.ts';
import type { CalledMethod, CallParams } from './methods.ts';
import type { NodeScenario } from './node-scenario.ts';
import type { Person } from './people.ts';

/** Whom a call is about when the scenario does not say: Bob for Alice, Alice for everybody else. */
function peerOf(person: Person): Person {
  return person === 'Alice' ? 'Bob' : 'Alice';
}

const LOOK_UPS: readonly CalledMethod[] = ['fetchKeyPackage', 'fetchHybridKey', 'resolveEndpoint'];

const NOTHING = new Uint8Array();

/**
 * A call without a fault: uploads and fetches for oneself, look-ups, messages and channels for the peer. Random values are
 * drawn for what the method sends alone: how often a scenario looks things up depends on the target, what it sends must not.
 */
export function rightCall(scenario: NodeScenario, person: Person, method: CalledMethod): CallParams {
  const { random } = scenario;
  const own = scenario.identity(person);
  const peer = scenario.identity(peerOf(person));
  return {
    identityKey: LOOK_UPS.includes(method) ? peer : own,
    identityKeys: [peer, own],
    package: method === 'uploadKeyPackage' ? random.bytes(100) : NOTHING,
    recipientKey: method === 'enqueue' ? peer : own,
    recipientKeys: [peer],
    payload: method === 'enqueue' || method === 'batchEnqueue' ? random.bytes(40) : NOTHING,
    channelId: NOTHING,
    version: 1,
    timeoutMs: 100n,
    limit: 0,
    seqUpTo: scenario.greatestNumber(),
    hybridPublicKey: method === 'uploadHybridKey' ? hybridPublicKey(random) : NOTHING,
    nodeAddr: method === 'publishEndpoint' ? random.bytes(80) : NOTHING,
    peerKey: peer,
    auth: scenario.auth(person),
  };
}
