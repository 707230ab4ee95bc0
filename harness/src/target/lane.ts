import { UsageError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import { type AccountData, ROLES } from './accounts.ts';
import { CommandServer } from './command/command-server.ts';
import { LOOPBACK_DATAGRAM, startEmbedded } from './embedded.ts';
import type { TargetData } from './target.ts';

/** What says how to come to a server: plain data, since a process that runs a part of the scenarios gets it too. */
export type LaneOptions = Pick<
  Options,
  'targets' | 'command' | 'accounts' | 'isOpen' | 'limits' | 'timeoutMs' | 'required' | 'traceDir' | 'inputSeed'
>;

/** A server on which scenarios run one after the other, with people of their own: an embedded one, or what was given. */
export interface Lane {
  target: TargetData;
  close(): Promise<void>;
}

/**
 * Comes to the server of a lane: lanes of a target share it, each server that the suite starts belongs to one.
 * @param index of the lane, from 0
 * @throws UsageError when the accounts file has no people left for it
 * @throws SuiteError when an embedded server does not start, UnreachableError when that of a command does not
 */
export async function openLane(options: LaneOptions, index: number): Promise<Lane> {
  const { targets, command, limits, timeoutMs, isOpen, accounts, required, traceDir, inputSeed } = options;
  const withPeople = (people: AccountData[], isOurs = false) => ({
    lane: index,
    ...{ isOpen, limits, timeoutMs, traceDir, inputSeed, noAccounts: undefined, accounts: people },
    mustRegister: (people.length === 0 && !isOpen && !isOurs) || required.includes('opaque'),
  });
  if (targets.length > 0) {
    return { target: { ...withPeople(accountsOf(accounts, index)), addresses: targets }, close: async () => {} };
  }
  if (command) {
    const server = await CommandServer.start(command, timeoutMs);
    const { name, port } = server;
    const addresses = [{ host: '127.0.0.1', port, verify: command.verify }];
    const people = server.accounts.length > 0 ? server.accounts : accounts;
    return { target: { ...withPeople(people), addresses, server: name }, close: () => server.stop() };
  }
  const embedded = await startEmbedded(isOpen, limits, accounts.length > 0 ? accounts : undefined);
  const { host, port, pin } = embedded;
  const address = { host, port, verify: { kind: 'pin', sha256: pin } as const, maxDatagram: LOOPBACK_DATAGRAM };
  return { target: { ...withPeople(embedded.accounts, true), addresses: [address] }, close: () => embedded.stop() };
}

const isForAnyLane = ({ isExpired, deviceId }: AccountData): boolean => isExpired || deviceId !== undefined;

/** Three people for each lane, in the order of the file; expired and device-bound accounts are for all lanes. */
function accountsOf(accounts: readonly AccountData[], index: number): AccountData[] {
  if (index === 0) return [...accounts];
  const people = accounts.filter((account) => !isForAnyLane(account));
  const own = people.slice(index * ROLES.length, (index + 1) * ROLES.length);
  return [...own, ...accounts.filter(isForAnyLane)];
}

/** @throws UsageError when there are not three accounts for each lane of a target */
export function checkLanes(lanes: number, { targets, accounts }: Pick<LaneOptions, 'targets' | 'accounts'>): void {
  if (lanes === 1 || targets.length === 0 || accounts.length === 0) return;
  const people = accounts.filter((account) => !isForAnyLane(account)).length;
  if (people < lanes * ROLES.length)
    throw new UsageError(
      `--jobs ${lanes} needs ${lanes * ROLES.length} accounts that are neither expired nor bound to a device, three a job; --accounts has ${people}`,
    );
}
