import { readFileSync } from 'node:fs';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import { normalizePin, type Verify } from '@quicnprotochat/quic';
import { UsageError } from './errors.ts';
import { type AccountData, loadAccounts } from './target/accounts.ts';
import { DEFAULT_LIMITS, loadLimits, type TargetLimits } from './target/limits.ts';
import { PROFILES, type Profile } from './target/target.ts';

/** Where a report goes. */
export interface ReportRequest {
  kind: 'junit' | 'json';
  path: string;
}

/** The command line, checked. */
export interface Options {
  /** undefined: the embedded reference server. */
  target: { host: string; port: number } | undefined;
  verify: Verify;
  accounts: AccountData[];
  isOpen: boolean;
  limits: TargetLimits;
  profiles: Profile[];
  requirements: string[];
  timeoutMs: number;
  isStrict: boolean;
  isList: boolean;
  reports: ReportRequest[];
}

/** The command line as yargs gives it. */
export interface RawOptions {
  target?: string | undefined;
  accounts?: string | undefined;
  open: boolean;
  tlsCa?: string | undefined;
  pin?: string | undefined;
  insecure: boolean;
  profile: string[];
  requirement: string[];
  list: boolean;
  timeout: string;
  strict: boolean;
  limits?: string | undefined;
  report: string[];
}

/** @throws UsageError */
export function readOptions(raw: RawOptions): Options {
  const twice = Object.entries(raw).find(([name, value]) => Array.isArray(value) && !LISTS.has(name))?.[0];
  if (twice !== undefined) throw new UsageError(`--${kebab(twice)} is given twice: give it once`);
  const target = raw.target === undefined ? undefined : parseTarget(raw.target);
  const given = {
    '--accounts': raw.accounts,
    '--tls-ca': raw.tlsCa,
    '--pin': raw.pin,
    '--insecure': raw.insecure || undefined,
  };
  const remoteOnly = Object.entries(given).find(([, value]) => value !== undefined);
  if (!target && remoteOnly && !raw.list)
    throw new UsageError(`${remoteOnly[0]} needs --target HOST:PORT: the embedded server has its own`);
  if (target && raw.accounts === undefined && !raw.open && !raw.list) {
    throw new UsageError(
      'how do the scenarios log in? Give --accounts FILE (JSON: [{"name", "identityKey": 64 hex, "token": hex}, …], three or more), or --open for a server that takes calls without a token',
    );
  }
  return {
    target,
    verify: readVerify(raw),
    accounts: raw.accounts === undefined ? [] : loadAccounts(raw.accounts),
    isOpen: raw.open,
    limits: raw.limits === undefined ? { ...DEFAULT_LIMITS } : loadLimits(raw.limits),
    profiles: listOf('--profile', raw.profile).map(readProfile),
    requirements: listOf('--requirement', raw.requirement).map((wanted) => wanted.toUpperCase()),
    timeoutMs: parseDuration(raw.timeout),
    isStrict: raw.strict,
    isList: raw.list,
    reports: raw.report.map(parseReport),
  };
}

/** What may be given more than once; `_` is yargs' own. */
const LISTS = new Set(['profile', 'requirement', 'report', '_']);
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

function readVerify({ tlsCa, pin, insecure }: RawOptions): Verify {
  if ([tlsCa !== undefined, pin !== undefined, insecure].filter(Boolean).length > 1) {
    throw new UsageError('--tls-ca, --pin and --insecure exclude each other: give one');
  }
  if (tlsCa !== undefined) return { kind: 'ca', caPem: readText(tlsCa) };
  if (pin === undefined) return { kind: 'none' };
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

function parseReport(value: string): ReportRequest {
  const [, kind, path] = /^(junit|json)=(.+)$/.exec(value) ?? [];
  if (kind === undefined || path === undefined)
    throw new UsageError(`--report ${value} is not junit=FILE or json=FILE`);
  return { kind: kind as ReportRequest['kind'], path };
}
