import { isIPv6 } from 'node:net';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import { UsageError } from '../errors.ts';

const REPORT_KINDS = ['junit', 'json', 'html', 'md', 'badge'] as const;

/** Where a report goes. */
export interface ReportRequest {
  kind: (typeof REPORT_KINDS)[number];
  path: string;
}

/** Values may be repeated, or given with commas. @throws UsageError for none: that would select everything */
export function listOf(option: string, values: string[]): string[] {
  const list = values
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter(Boolean);
  if (values.length > 0 && list.length === 0) throw new UsageError(`${option} names nothing`);
  return list;
}

/** The known value that a name means, in any case. @throws UsageError */
export function oneOf<Known extends string>(option: string, name: string, all: readonly Known[]): Known {
  const found = all.find((known) => known.toLowerCase() === name.toLowerCase());
  if (found === undefined)
    throw new UsageError(`${option} ${name} is not known; there are ${all.join(', ').toLowerCase()}`);
  return found;
}

/** `HOST:PORT`, `[IPV6]:PORT`, or either without the port. @throws UsageError */
export function parseTarget(value: string, option = '--target'): { host: string; port: number } {
  // What stands before the @ may be a secret.
  if (value.includes('@'))
    throw new UsageError(`${option} takes HOST:PORT and no user or password: those are for --accounts FILE`);
  if (isIPv6(value.replace(/:\d+$/, '')) && !value.startsWith('['))
    throw new UsageError(`${option} ${value}: an IPv6 address stands in brackets, for example [::1]:7000`);
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]/]+))(?::(\d{1,5}))?$/i.exec(value);
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (!match || port < 1 || port > 65_535)
    throw new UsageError(`${option} ${value} is not HOST:PORT, for example 127.0.0.1:7000 or [::1]:7000`);
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

/** `kind=path`. @throws UsageError */
export function parseReport(value: string): ReportRequest {
  const [, name, path] = /^(\w+)=(.+)$/.exec(value) ?? [];
  const kind = REPORT_KINDS.find((known) => known === name);
  if (kind === undefined || path === undefined)
    throw new UsageError(`--report ${value} is not KIND=FILE, where KIND is ${REPORT_KINDS.join(', ')}`);
  return { kind, path };
}

/** Links of a report lead there, so it is the web or nothing. @throws UsageError */
export function readUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw new UsageError(`--spec-url ${value} is not a URL of http or https, for example https://example.org/spec/`);
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/** A whole number from 1 on. @throws UsageError */
export function parseCount(option: string, value: string, most: number): number {
  const count = /^\d{1,9}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (!(count >= 1 && count <= most))
    throw new UsageError(`${option} ${value} is not a whole number from 1 to ${most}`);
  return count;
}

/** The `index`-th of `count` parts, from 1. */
export interface Shard {
  index: number;
  count: number;
}

/** `1/4`. @throws UsageError */
export function parseShard(value: string): Shard {
  const [, index, count] = (/^(\d{1,4})\/(\d{1,4})$/.exec(value.trim()) ?? []).map(Number);
  if (index === undefined || count === undefined || index < 1 || index > count)
    throw new UsageError(`--shard ${value} is not I/N with I from 1 to N, for example 1/4`);
  return { index, count };
}
