import { randomInt } from 'node:crypto';
import { absoluteCommand, splitCommand } from '../client/command-line.ts';
import { UsageError } from '../errors.ts';
import { type KnownFailing, loadKnownFailing } from '../known/known-list.ts';
import { parseNetwork, parseNetworkSeed } from '../network/conditions.ts';
import type { Network } from '../network/over-network.ts';
import { LEVELS, type Requirement, SOURCES } from '../spec/spec.ts';
import { type AccountData, loadAccounts } from '../target/accounts.ts';
import { DEFAULT_LIMITS, EMBEDDED_LIMITS, loadLimits, readLimits, type TargetLimits } from '../target/limits.ts';
import { PROFILES, type Profile, type TargetAddress } from '../target/target.ts';
import { type Against, readAgainst } from './against.ts';
import { kebab } from './command-line.ts';
import type { RawOptions } from './flags.ts';
import { PLACES, readServerCommand, type ServerCommand } from './server-command.ts';
import {
  listOf,
  oneOf,
  parseCount,
  parseDuration,
  parseReport,
  parseShard,
  parseTarget,
  type ReportRequest,
  readUrl,
  type Shard,
} from './values.ts';
import { withVerify } from './verify.ts';

/** The command line, checked. */
export interface Options {
  /** None: the embedded reference server, or that of the command. */
  targets: TargetAddress[];
  /** Starts the server under test, instead of a target. */
  command: ServerCommand | undefined;
  /** Words of the command that starts the client under test, instead of a target. */
  client: string[] | undefined;
  accounts: AccountData[];
  /** A server to compare the target with; no addresses: an embedded reference server. */
  against: Against | undefined;
  isOpen: boolean;
  limits: TargetLimits;
  profiles: Profile[];
  /** What the target must offer: `--require`, and `--profile`. */
  required: Profile[];
  requirements: string[];
  /** Places of scenarios, `features/delivery/fetch.feature:12`, or files. */
  scenarios: string[];
  levels: Requirement['level'][];
  sources: Requirement['source'][];
  /** Without the @; a scenario has at least one of them. */
  tags: string[];
  /** Ids, areas and tags (with the @) that do not run, whatever else selects them. */
  excluded: string[];
  /** The part that runs of what is selected. */
  shard: Shard | undefined;
  timeoutMs: number;
  /** Scenarios that may fail. */
  known: KnownFailing | undefined;
  /** Where the failures are listed. */
  writeKnown: string | undefined;
  /** Failures after which the rest does not run. */
  bail: number | undefined;
  /** How often everything runs. */
  repeat: number;
  isStrict: boolean;
  isList: boolean;
  reports: ReportRequest[];
  /** Where the pages of spec/ are to be found, for links in reports; ends in a slash. */
  specUrl: string | undefined;
  /** What reports call the target. */
  label: string | undefined;
  /** Where the frames of each scenario are kept. */
  traceDir: string | undefined;
  /** Of the order of the scenarios; undefined: as they are written. */
  seed: string | undefined;
  /** Of what is random in what scenarios send. */
  inputSeed: string;
  /** A bad network in front of the target. */
  network: Network | undefined;
  /** The file that some of the options are from, and their long names. */
  config?: { path: string; names: readonly string[] } | undefined;
  /** Scenarios at once. */
  jobs: number;
}

/** @throws UsageError */
function readLimitsOf({ limits }: RawOptions, isEmbedded: boolean): TargetLimits {
  if (limits === undefined) return { ...(isEmbedded ? EMBEDDED_LIMITS : DEFAULT_LIMITS) };
  return typeof limits === 'string' ? loadLimits(limits) : readLimits(limits, '--limits');
}

/** @throws UsageError */
export function readOptions(raw: RawOptions): Options {
  const addresses =
    raw.target === undefined ? [] : listOf('--target', [raw.target]).map((address) => parseTarget(address));
  const isEmbedded = raw.target === undefined && raw.command === undefined;
  const command = readCommand(raw);
  if (raw.client !== undefined) checkClientRun(raw);
  const given = {
    '--accounts': raw.accounts,
    '--tls-ca': raw.tlsCa,
    '--pin': raw.pin?.length ? raw.pin : undefined,
    '--insecure': raw.insecure || undefined,
  };
  const remoteOnly = Object.entries(given).find(([, value]) => value !== undefined);
  if (isEmbedded && remoteOnly && !raw.list)
    throw new UsageError(`${remoteOnly[0]} needs --target HOST:PORT or --command: the embedded server has its own`);
  if (raw.bail !== undefined && raw.writeKnownFailing !== undefined)
    throw new UsageError('--bail and --write-known-failing exclude each other: a list needs a whole run');
  const profiles = profilesOf('--profile', raw.profile);
  return {
    targets: withVerify(addresses, raw),
    command,
    client: raw.client === undefined ? undefined : absoluteCommand(splitCommand(raw.client)),
    accounts: raw.accounts === undefined ? [] : loadAccounts(raw.accounts),
    against: readAgainst(raw),
    isOpen: raw.open ?? false,
    limits: readLimitsOf(raw, isEmbedded),
    profiles,
    required: [...new Set([...profiles, ...profilesOf('--require', raw.require)])],
    requirements: listOf('--requirement', raw.requirement ?? []).map((wanted) => wanted.toUpperCase()),
    scenarios: listOf('--scenario', raw.scenario ?? []),
    levels: listOf('--level', raw.level ?? []).map((name) => oneOf('--level', name, LEVELS)),
    sources: listOf('--source', raw.source ?? []).map((name) => oneOf('--source', name, SOURCES)),
    tags: listOf('--tag', raw.tag ?? []).map((tag) => tag.replace(/^@/, '')),
    excluded: listOf('--exclude', raw.exclude ?? []).map((name) => (name.startsWith('@') ? name : name.toUpperCase())),
    shard: raw.shard === undefined ? undefined : parseShard(raw.shard),
    timeoutMs: parseDuration(raw.timeout ?? '10s'),
    known: raw.knownFailing === undefined ? undefined : loadKnownFailing(raw.knownFailing),
    writeKnown: raw.writeKnownFailing,
    bail: raw.bail === undefined ? undefined : parseCount('--bail', raw.bail || '1', MOST_FAILURES),
    repeat: raw.repeat === undefined ? 1 : parseCount('--repeat', raw.repeat, MAX_REPEAT),
    isStrict: raw.strict ?? false,
    isList: raw.list ?? false,
    reports: (raw.report ?? []).map(parseReport),
    specUrl: raw.specUrl === undefined ? undefined : readUrl(raw.specUrl),
    label: raw.label,
    traceDir: raw.trace,
    seed: raw.shuffle === '' ? randomInt(2 ** 31).toString() : raw.shuffle,
    inputSeed: raw.seed ?? randomInt(2 ** 31).toString(),
    network: readNetwork(raw),
    jobs: raw.jobs === undefined ? defaultJobs(raw) : parseCount('--jobs', raw.jobs, MAX_JOBS),
  };
}

const MAX_JOBS = 64;
const MAX_REPEAT = 1_000;
const MOST_FAILURES = 100_000;

/** While some scenarios wait, others run; but each needs a server of a command, and a target may be smaller than this machine. */
const defaultJobs = ({ target, command }: RawOptions): number => {
  if (target !== undefined) return 1;
  return command === undefined ? 12 : 4;
};

/** @throws UsageError */
function readCommand(raw: RawOptions): ServerCommand | undefined {
  const { command, volatile: isVolatile = false } = raw;
  if (command === undefined) {
    if (isVolatile) throw new UsageError('--volatile needs --command: only such a server is restarted');
    return undefined;
  }
  if (raw.target !== undefined) throw new UsageError('--command and --target exclude each other: give one');
  const makesAccounts = command.includes(PLACES.accounts);
  if (makesAccounts && (raw.accounts !== undefined || raw.open))
    throw new UsageError(
      `--command names {accounts}, which the suite makes: leave out ${raw.open ? '--open' : '--accounts'}`,
    );
  const [{ verify }] = withVerify([{ host: '127.0.0.1', port: 0 }], raw) as [TargetAddress];
  return readServerCommand(command, isVolatile, verify);
}

/** @throws UsageError */
function readNetwork({ network: text, networkSeed }: RawOptions): Network | undefined {
  if (text === undefined) {
    if (networkSeed !== undefined)
      throw new UsageError('--network-seed needs --network, for example --network loss=2%,delay=5..20ms');
    return undefined;
  }
  const seed = networkSeed === undefined ? randomInt(2 ** 31) : parseNetworkSeed(networkSeed);
  return { conditions: parseNetwork(text), text, seed };
}

/** What says how to reach a server means nothing where the suite is the server. @throws UsageError */
function checkClientRun(raw: RawOptions): void {
  const ofServers = [
    'target',
    'command',
    'volatile',
    'against',
    'accounts',
    'open',
    'tlsCa',
    'pin',
    'insecure',
    'limits',
    'trace',
    'network',
    'require',
  ] as const;
  const given = ofServers.find((name) => {
    const value = raw[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (given !== undefined)
    throw new UsageError(
      `--client and --${kebab(given)} exclude each other: a client is tested on a server of the suite`,
    );
}

const profilesOf = (option: string, names: string[] = []): Profile[] =>
  listOf(option, names).map((name) => oneOf(option, name, PROFILES));
