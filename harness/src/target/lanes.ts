import { UsageError } from '../errors.ts';
import type { Options } from '../options/options.ts';
import type { ServerCommand } from '../options/server-command.ts';
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

/** Where each lane goes, and with which people; nobody is there when the target registers them. */
interface Opened {
  places: Pick<TargetData, 'addresses' | 'accounts' | 'server'>[];
  close(): Promise<void>;
}

/**
 * Comes to what is under test. Lanes share a target, and an embedded server; of a command each has a server of its own, which it
 * may restart.
 * @throws UsageError when the accounts file has not enough people
 * @throws SuiteError when an embedded server does not start, UnreachableError when that of a command does not
 */
export async function openLanes(options: LaneOptions, count: number): Promise<Lanes> {
  const { targets, command, limits, timeoutMs, isOpen, required, traceDir, inputSeed } = options;
  const isEmbedded = targets.length === 0 && command === undefined;
  checkPeople(count, options);
  const { places, close } =
    targets.length > 0
      ? atTargets(options, count)
      : command
        ? await atCommand(command, options, count)
        : await atEmbedded(options, count);
  const hasNobody = places.every(({ accounts }) => accounts.length === 0);
  const mustRegister = (hasNobody && !isOpen && !isEmbedded) || required.includes('opaque');
  const all = { isOpen, limits, timeoutMs, traceDir, inputSeed, noAccounts: undefined, mustRegister };
  return { targets: places.map((place, lane) => ({ ...all, ...place, lane })) as Lanes['targets'], close };
}

const forEachLane = <T>(count: number, make: (lane: number) => T): T[] =>
  Array.from({ length: count }, (_, lane) => make(lane));

function atTargets({ targets, accounts }: LaneOptions, count: number): Opened {
  const places = forEachLane(count, (lane) => ({ addresses: targets, accounts: accountsOf(accounts, lane) }));
  return { places, close: async () => {} };
}

async function atCommand(command: ServerCommand, { accounts, timeoutMs }: LaneOptions, count: number): Promise<Opened> {
  const starting = forEachLane(count, () => CommandServer.start(command, timeoutMs));
  const close = async (): Promise<void> => {
    await Promise.allSettled(starting.map(async (server) => (await server).stop()));
  };
  try {
    const servers = await Promise.all(starting);
    const places = servers.map(({ port, name, accounts: made }) => ({
      addresses: [{ host: '127.0.0.1', port, verify: command.verify }],
      accounts: made.length > 0 ? made : accounts,
      server: name,
    }));
    return { places, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function atEmbedded({ accounts, isOpen, limits }: LaneOptions, count: number): Promise<Opened> {
  const people = forEachLane(count, () => (accounts.length > 0 ? accounts : isOpen ? [] : makeAccounts()));
  const { host, port, pin, stop } = await startEmbedded(isOpen, limits, people.flat());
  const address = { host, port, verify: { kind: 'pin', sha256: pin } as const, maxDatagram: LOOPBACK_DATAGRAM };
  return { places: people.map((of) => ({ addresses: [address], accounts: of })), close: stop };
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
