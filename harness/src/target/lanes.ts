import { UsageError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import { type AccountData, makeAccounts, ROLES } from './accounts.ts';
import { CommandServer } from './command/command-server.ts';
import { LOOPBACK_DATAGRAM, startEmbedded } from './embedded.ts';
import type { TargetData } from './target.ts';

/** What says how to come to a server. */
export type LaneOptions = Pick<
  Options,
  'targets' | 'command' | 'accounts' | 'isOpen' | 'limits' | 'timeoutMs' | 'required' | 'traceDir' | 'inputSeed'
>;

/** Lanes: on each, scenarios run one after the other, with people of its own. */
export interface Lanes {
  /** What is under test, as each lane comes to it; at least one. */
  targets: [TargetData, ...TargetData[]];
  close(): Promise<void>;
}

/**
 * Comes to what is under test. Lanes share a target, and an embedded server; of a command each has a server of its own, which it
 * may restart.
 * @throws UsageError when the accounts file has not enough people
 * @throws SuiteError when an embedded server does not start, UnreachableError when that of a command does not
 */
export async function openLanes(options: LaneOptions, count: number): Promise<Lanes> {
  const { targets, command, limits, timeoutMs, isOpen, accounts, required, traceDir, inputSeed } = options;
  checkPeople(count, options);
  type Place = Pick<TargetData, 'addresses' | 'accounts' | 'server'>;
  const lanesAt = (places: Place[], isOurs = false): Lanes['targets'] => {
    const hasNobody = places.every((place) => place.accounts.length === 0);
    const mustRegister = (hasNobody && !isOpen && !isOurs) || required.includes('opaque');
    const all = { isOpen, limits, timeoutMs, traceDir, inputSeed, noAccounts: undefined, mustRegister };
    return places.map((place, lane) => ({ ...all, ...place, lane })) as Lanes['targets'];
  };
  const forEach = <T>(make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
  if (targets.length > 0) {
    const places = forEach((index) => ({ addresses: targets, accounts: accountsOf(accounts, index) }));
    return { targets: lanesAt(places), close: async () => {} };
  }
  if (command) {
    const starting = forEach(() => CommandServer.start(command, timeoutMs));
    const close = async (): Promise<void> => {
      await Promise.all(
        starting.map((start) =>
          start.then(
            (server) => server.stop(),
            () => {},
          ),
        ),
      );
    };
    try {
      const places = (await Promise.all(starting)).map((server) => ({
        addresses: [{ host: '127.0.0.1', port: server.port, verify: command.verify }],
        accounts: server.accounts.length > 0 ? server.accounts : accounts,
        server: server.name,
      }));
      return { targets: lanesAt(places), close };
    } catch (error) {
      await close();
      throw error;
    }
  }
  const people = forEach(() => (accounts.length > 0 ? accounts : isOpen ? [] : makeAccounts()));
  const embedded = await startEmbedded(isOpen, limits, people.flat());
  const { host, port, pin } = embedded;
  const address = { host, port, verify: { kind: 'pin', sha256: pin } as const, maxDatagram: LOOPBACK_DATAGRAM };
  return {
    targets: lanesAt(
      people.map((of) => ({ addresses: [address], accounts: of })),
      true,
    ),
    close: () => embedded.stop(),
  };
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
function checkPeople(lanes: number, { targets, accounts }: Pick<LaneOptions, 'targets' | 'accounts'>): void {
  if (lanes === 1 || targets.length === 0 || accounts.length === 0) return;
  const people = accounts.filter((account) => !isForAnyLane(account)).length;
  if (people < lanes * ROLES.length)
    throw new UsageError(
      `--jobs ${lanes} needs ${lanes * ROLES.length} accounts that are neither expired nor bound to a device, three a job; --accounts has ${people}`,
    );
}
