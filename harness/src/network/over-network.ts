import type { PlannedScenario } from '../plan/features.ts';
import type { TargetAddress, TargetData } from '../target/target.ts';
import type { NetworkConditions } from './conditions.ts';
import { Relay } from './relay.ts';

/** The network of a run. */
export interface Network {
  conditions: NetworkConditions;
  /** What was given, for people. */
  text: string;
  seed: number;
}

/** The scenario that runs on each lane, and how many flows it has begun: their names are the same when it runs alone. */
const running = new Map<number, { scenario: string; flows: number }>();

/** Called before each scenario. @param scenario its name, the same in every run */
export function beginFlowsOf(lane: number, scenario: string): void {
  running.set(lane, { scenario, flows: 0 });
}

function nameFlow(lane: number): string {
  const of = running.get(lane) ?? { scenario: '', flows: 0 };
  of.flows += 1;
  return `${of.flows} of ${of.scenario}`;
}

/** Runs the body with a relay in front of each address; without a network, with the target as it is. */
export async function overNetwork<Result>(
  network: Network | undefined,
  target: TargetData,
  body: (target: TargetData) => Promise<Result>,
): Promise<Result> {
  if (network === undefined) return body(target);
  const relays: Relay[] = [];
  try {
    for (const address of target.addresses)
      relays.push(await Relay.open(address, { ...network, nameFlow: () => nameFlow(target.lane) }));
    const addresses = target.addresses.map((address, index) => behind(address, relays[index] as Relay));
    return await body({ ...target, addresses });
  } finally {
    for (const relay of relays) relay.close();
  }
}

/** The certificate is still that of the server's own name. */
function behind({ host, verify }: TargetAddress, { address }: Relay): TargetAddress {
  const isNamed = verify.kind === 'ca' && verify.serverName === undefined;
  // Packets of the usual size, as on a path: a few large ones meet little of what it does.
  return { ...address, verify: isNamed ? { ...verify, serverName: host } : verify };
}

/** They look at packets, streams and frames themselves, which a bad network changes. */
const OF_TRANSPORT = new Set(['TRN', 'RPC']);
/** They measure when a wait ends. */
const OF_TIME = new Set(['DS-022', 'DS-023', 'DS-025']);

/** @returns why a scenario says nothing over a bad network; undefined when it has to pass there as well */
export function pointlessBecause({ area, requirement }: PlannedScenario): string | undefined {
  if (OF_TRANSPORT.has(area)) return 'tests the transport itself, which --network disturbs';
  if (OF_TIME.has(requirement)) return 'measures time, which --network disturbs';
  return undefined;
}
