import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import { normalizePin, type Verify } from '@quicnprotochat/quic';
import { absoluteCommand, splitCommand } from './client/command-line.ts';
import { UsageError } from './errors.ts';
import { parseNetwork, parseNetworkSeed } from './network/conditions.ts';
import type { Network } from './network/over-network.ts';
import { LEVELS, type Requirement, SOURCES } from './spec.ts';
import { type AccountData, loadAccounts } from './target/accounts.ts';
import { DEFAULT_LIMITS, EMBEDDED_LIMITS, loadLimits, type TargetLimits } from './target/limits.ts';
import { PROFILES, type Profile, type TargetAddress } from './target/target.ts';

export const REPORT_KINDS = ['junit', 'json', 'html', 'md', 'badge'] as const;

/** Where a report goes. */
export interface ReportRequest {
  kind: (typeof REPORT_KINDS)[number];
  path: string;
}

/** The command line, checked. */
export interface Options {
  /** None: the embedded reference server. */
  targets: TargetAddress[];
  /** Words of the command that starts the client under test, instead of a target. */
  client: string[] | undefined;
  accounts: AccountData[];
  isOpen: boolean;
  limits: TargetLimits;
  profiles: Profile[];
  requirements: string[];
  /** Places of scenarios, `features/delivery/fetch.feature:12`, or files. */
  scenarios: string[];
  levels: Requirement['level'][];
  sources: Requirement['source'][];
  /** Ids and areas that do not run, whatever else selects them. */
  excluded: string[];
  timeoutMs: number;
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
  /** A bad network in front of the target. */
  network: Network | undefined;
}

/** The command line as yargs gives it. */
export interface RawOptions {
  target?: string | undefined;
  client?: string | undefined;
  accounts?: string | undefined;
  open: boolean;
  tlsCa?: string | undefined;
  pin: string[];
  insecure: boolean;
  profile: string[];
  requirement: string[];
  scenario?: string[] | undefined;
  level?: string[] | undefined;
  source?: string[] | undefined;
  exclude?: string[] | undefined;
  list: boolean;
  timeout: string;
  strict: boolean;
  limits?: string | undefined;
  report: string[];
  specUrl?: string | undefined;
  label?: string | undefined;
  trace?: string | undefined;
  shuffle?: string | undefined;
  network?: string | undefined;
  networkSeed?: string | undefined;
}

/** @throws UsageError */
export function readOptions(raw: RawOptions): Options {
  const twice = Object.entries(raw).find(([name, value]) => Array.isArray(value) && !LISTS.has(name))?.[0];
  if (twice !== undefined) throw new UsageError(`--${kebab(twice)} is given twice: give it once`);
  const addresses = raw.target === undefined ? [] : listOf('--target', [raw.target]).map(parseTarget);
  const isEmbedded = raw.target === undefined;
  if (raw.client !== undefined) checkClientRun(raw);
  const given = {
    '--accounts': raw.accounts,
    '--tls-ca': raw.tlsCa,
    '--pin': raw.pin.length > 0 ? raw.pin : undefined,
    '--insecure': raw.insecure || undefined,
  };
  const remoteOnly = Object.entries(given).find(([, value]) => value !== undefined);
  if (isEmbedded && remoteOnly && !raw.list)
    throw new UsageError(`${remoteOnly[0]} needs --target HOST:PORT: the embedded server has its own`);
  return {
    targets: withVerify(addresses, raw),
    client: raw.client === undefined ? undefined : absoluteCommand(splitCommand(raw.client)),
    accounts: raw.accounts === undefined ? [] : loadAccounts(raw.accounts),
    isOpen: raw.open,
    limits: raw.limits === undefined ? { ...(isEmbedded ? EMBEDDED_LIMITS : DEFAULT_LIMITS) } : loadLimits(raw.limits),
    profiles: listOf('--profile', raw.profile).map(readProfile),
    requirements: listOf('--requirement', raw.requirement).map((wanted) => wanted.toUpperCase()),
    scenarios: listOf('--scenario', raw.scenario ?? []),
    levels: listOf('--level', raw.level ?? []).map((name) => oneOf('--level', name, LEVELS)),
    sources: listOf('--source', raw.source ?? []).map((name) => oneOf('--source', name, SOURCES)),
    excluded: listOf('--exclude', raw.exclude ?? []).map((unwanted) => unwanted.toUpperCase()),
    timeoutMs: parseDuration(raw.timeout),
    isStrict: raw.strict,
    isList: raw.list,
    reports: raw.report.map(parseReport),
    specUrl: raw.specUrl === undefined ? undefined : readUrl(raw.specUrl),
    label: raw.label,
    traceDir: raw.trace,
    seed: raw.shuffle === '' ? randomInt(2 ** 31).toString() : raw.shuffle,
    network: readNetwork(raw),
  };
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
  const ofServers = ['target', 'accounts', 'open', 'tlsCa', 'pin', 'insecure', 'limits', 'trace', 'network'] as const;
  const given = ofServers.find((name) => {
    const value = raw[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (given !== undefined)
    throw new UsageError(
      `--client and --${kebab(given)} exclude each other: a client is tested on a server of the suite`,
    );
}

/** What may be given more than once; `_` is yargs' own. */
const LISTS = new Set(['profile', 'requirement', 'scenario', 'level', 'source', 'exclude', 'report', 'pin', '_']);
const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Values may be repeated, or given with commas. @throws UsageError for none: that would select everything */
function listOf(option: string, values: string[]): string[] {
  const list = values
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter(Boolean);
  if (values.length > 0 && list.length === 0) throw new UsageError(`${option} names nothing`);
  return list;
}

/** `HOST:PORT`, `[IPV6]:PORT`, or either without the port. @throws UsageError */
export function parseTarget(value: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/i.exec(value);
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (!match || port < 1 || port > 65_535)
    throw new UsageError(`--target ${value} is not HOST:PORT, for example 127.0.0.1:7000 or [::1]:7000`);
  return { host: (match[1] ?? match[2]) as string, port };
}

/** `10`, `10s`, `1500ms`, in ms; a bare number is seconds, or milliseconds from 1,000 on. @throws UsageError */
export function parseDuration(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(value.trim());
  const amount = Number(match?.[1]);
  const isMs = match?.[2] === 'ms' || (match?.[2] === undefined && amount >= 1_000);
  const ms = Math.round(isMs ? amount : amount * 1_000);
  if (!match || ms < 1 || ms > 600_000)
    throw new UsageError(`--timeout ${value} is not a time, for example 10, 10s or 1500ms (10 minutes at most)`);
  return ms;
}

/** How the certificate of each address is checked: one pin holds for all of them, several for one each. */
function withVerify(
  addresses: { host: string; port: number }[],
  { tlsCa, pin, insecure }: RawOptions,
): TargetAddress[] {
  if ([tlsCa !== undefined, pin.length > 0, insecure].filter(Boolean).length > 1) {
    throw new UsageError('--tls-ca, --pin and --insecure exclude each other: give one');
  }
  if (tlsCa !== undefined) {
    const caPem = readText(tlsCa);
    return addresses.map((address) => ({ ...address, verify: { kind: 'ca', caPem } }));
  }
  const pins = listOf('--pin', pin).map(readPin);
  if (pins.length > 1 && pins.length !== addresses.length) {
    throw new UsageError(
      `--pin is given ${pins.length} times for ${addresses.length} addresses: give one for all, or one for each, in their order`,
    );
  }
  return addresses.map((address, index) => ({ ...address, verify: pins[index] ?? pins[0] ?? { kind: 'none' } }));
}

function readPin(pin: string): Verify {
  try {
    return { kind: 'pin', sha256: normalizePin(pin) };
  } catch {
    throw new UsageError('--pin is not the SHA-256 of a certificate: 64 hex digits');
  }
}

function readText(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--tls-ca ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new UsageError(`--tls-ca ${path} holds no certificate in PEM`);
  return text;
}

function readProfile(name: string): Profile {
  const profile = PROFILES.find((known) => known === name.toLowerCase());
  if (!profile) throw new UsageError(`--profile ${name} is not known; there are ${PROFILES.join(', ')}`);
  return profile;
}

/** The known value that a name means, in any case. @throws UsageError */
function oneOf<Known extends string>(option: string, name: string, all: readonly Known[]): Known {
  const found = all.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined)
    throw new UsageError(`${option} ${name} is not known; there are ${all.join(', ').toLowerCase()}`);
  return found;
}

/** `kind=path`. @throws UsageError */
export function parseReport(value: string): ReportRequest {
  const [, name, path] = /^(\w+)=(.+)$/.exec(value) ?? [];
  const kind = REPORT_KINDS.find((known) => known === name);
  if (kind === undefined || path === undefined)
    throw new UsageError(`--report ${value} is not KIND=FILE, where KIND is ${REPORT_KINDS.join(', ')}`);
  return { kind, path };
}

/** Links of a report lead there, so it is the web or nothing. @throws UsageError */
function readUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new UsageError(`--spec-url ${value} is not a URL of http or https, for example https://example.org/spec/`);
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}
