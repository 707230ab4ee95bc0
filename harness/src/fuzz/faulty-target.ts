import { randomBytes } from 'node:crypto';
import type { MutantHost } from '../mutants/host.ts';
import { type AccountData, newIdentityKey } from '../target/accounts.ts';
import { DEFAULT_LIMITS } from '../target/limits.ts';
import { probe } from '../target/probe.ts';
import type { TargetData } from '../target/target.ts';
import { castOf } from './people.ts';
import { propertiesFor } from './properties.ts';
import type { Property } from './property.ts';

/** A server of the host of mutants. */
export interface FaultyServer {
  id: string;
  /** That a mutant breaks; undefined for a right server. */
  requirement: string | undefined;
  declared: Record<string, number> | undefined;
  isOpen: boolean;
}

/** Broken servers do not answer; it is not waited for as long as for what right ones may take, in ms. */
const MUTANT_TIMEOUT_MS = 1_500;
const RIGHT_TIMEOUT_MS = 15_000;
/** People enough that each run which ends badly has others. */
const ACCOUNTS = 3 * 150;

const makeAccounts = (): AccountData[] =>
  Array.from({ length: ACCOUNTS }, (_, i) => ({
    name: `account ${i}`,
    identityKey: Buffer.from(newIdentityKey()).toString('hex'),
    token: randomBytes(32).toString('hex'),
    deviceId: undefined,
    isExpired: false,
  }));

/** Starts the server, and gives the properties that talk to it. @throws what `use` does, and when the fault itself went wrong */
export async function onFaultyServer(
  host: MutantHost,
  { id, requirement, declared, isOpen }: FaultyServer,
  use: (properties: readonly Property<never>[]) => Promise<void>,
): Promise<void> {
  const accounts = isOpen ? [] : makeAccounts();
  const address = await host.start(id, accounts);
  const properties: Property<never>[] = [];
  try {
    const target: TargetData = {
      addresses: [{ host: address.host, port: address.port, verify: { kind: 'pin', sha256: address.pin } }],
      ...{ lane: 0, accounts, noAccounts: undefined, mustRegister: false, isOpen },
      limits: { ...DEFAULT_LIMITS, ...declared },
      timeoutMs: requirement === undefined ? RIGHT_TIMEOUT_MS : MUTANT_TIMEOUT_MS,
    };
    const { profiles } = await probe(target);
    properties.push(...propertiesFor(target, profiles, castOf(target)));
    await use(properties.filter(({ isLocal }) => !isLocal));
  } finally {
    for (const property of properties) await property.close();
    await host.stop(address);
  }
}
