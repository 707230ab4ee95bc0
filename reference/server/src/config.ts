import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import type { CertificatePaths } from './certificate-files.ts';
import { ConfigError } from './config-error.ts';
import type { LogOptions } from './log.ts';
import { parseStoreSpec, type StoreSpec } from './store/open-store.ts';

/** Options of every command that opens the store, as yargs gives them. */
export interface StoreArguments {
  dataDir?: string | undefined;
  store?: string | undefined;
  dbKey?: string | undefined;
  dbKeyFile?: string | undefined;
}

/** Where the data of a server is. */
export interface StorePlace {
  store: StoreSpec;
  /** Where the certificate and other small secrets are kept; undefined: nowhere. */
  dataDir: string | undefined;
}

/** A file store's own directory, and that of a SQLite file, serves as the data directory. @throws ConfigError */
export function storePlace(given: StoreArguments): StorePlace {
  const { dataDir, store } = given;
  const spec: StoreSpec =
    store !== undefined
      ? parseStoreSpec(store)
      : dataDir !== undefined
        ? { kind: 'file', directory: dataDir }
        : { kind: 'memory' };
  return { store: withKey(spec, given), dataDir: dataDir ?? ownDirectory(spec) };
}

function ownDirectory(spec: StoreSpec): string | undefined {
  if (spec.kind === 'file') return spec.directory;
  return spec.kind === 'sqlite' ? dirname(spec.path) : undefined;
}

/** The name of the environment variable that holds the key of a SQLite store. */
const DB_KEY_VARIABLE = 'REFERENCE_SERVER_DB_KEY';

/** A SQLite store with the key that the options or the environment give it. @throws ConfigError */
function withKey(spec: StoreSpec, { dbKey, dbKeyFile }: Pick<StoreArguments, 'dbKey' | 'dbKeyFile'>): StoreSpec {
  if (dbKey !== undefined && dbKeyFile !== undefined)
    throw new ConfigError('--db-key and --db-key-file exclude each other: give one of them');
  const isGiven = dbKey !== undefined || dbKeyFile !== undefined;
  if (spec.kind !== 'sqlite') {
    if (isGiven) throw new ConfigError('only a SQLite store has a key: give --store sqlite:FILE, or no key');
    return spec;
  }
  const key = dbKey ?? (dbKeyFile === undefined ? process.env[DB_KEY_VARIABLE] : readKey('--db-key-file', dbKeyFile));
  if (key === '') throw new ConfigError('the key of the SQLite store is empty: give one, or none for a plain file');
  return { ...spec, key };
}

/** @param option that names the file, for errors @throws ConfigError */
export function readKey(option: string, path: string): string {
  let key: string;
  try {
    key = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(`${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (key === '') throw new ConfigError(`${option} ${path} holds no key`);
  return key;
}

/** What the command line of a serving process asks for. */
export interface Config extends StorePlace {
  host: string;
  port: number;
  /** Names that clients use, besides the address listened on. */
  hostnames: string[];
  /** A certificate from elsewhere; undefined: one of our own. */
  tls: CertificatePaths | undefined;
  isOpen: boolean;
  accountsFile: string | undefined;
  /** Whether users log in with a password, and whether new ones may register. */
  hasOpaque: boolean;
  takesRegistrations: boolean;
  isLegacy: boolean;
  stopsWithStdin: boolean;
  log: Pick<LogOptions, 'format' | 'level'>;
  /** Where the metrics are served over HTTP, if they are. */
  metrics: { host: string; port: number } | undefined;
}

/** Its options as yargs gives them. */
export interface RawOptions extends StoreArguments {
  listen: string;
  hostname?: string[] | undefined;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  open: boolean;
  accounts?: string | undefined;
  opaque: boolean;
  registration: boolean;
  legacy: boolean;
  stopWithStdin: boolean;
  logFormat: LogOptions['format'];
  logLevel: LogOptions['level'];
  metrics?: string | undefined;
}

/** @throws ConfigError */
export function readConfig(options: RawOptions): Config {
  const place = storePlace(options);
  const takesRegistrations = options.opaque && options.registration;
  if (!options.open && options.accounts === undefined && !takesRegistrations && place.store.kind === 'memory') {
    throw new ConfigError(
      'nobody could call this server: give --accounts FILE, let users register (no --no-registration), keep accounts in a --data-dir, or let everybody in with --open (development)',
    );
  }
  return {
    ...parseListen(options.listen),
    ...place,
    ...certificateSource(options),
    isOpen: options.open,
    accountsFile: options.accounts,
    hasOpaque: options.opaque,
    takesRegistrations,
    isLegacy: options.legacy,
    stopsWithStdin: options.stopWithStdin,
    log: { format: options.logFormat, level: options.logLevel },
    metrics: options.metrics === undefined ? undefined : parseMetricsAddress(options.metrics),
  };
}

/** Options that say which certificate. */
export type CertificateArguments = Pick<RawOptions, 'hostname' | 'tlsCert' | 'tlsKey'>;

/** @throws ConfigError */
export function certificateSource({ hostname = [], tlsCert, tlsKey }: CertificateArguments): {
  hostnames: string[];
  tls: CertificatePaths | undefined;
} {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key belong together: give both, or none for a certificate of its own');
  }
  for (const name of hostname) {
    if (isIP(name) === 0 && !/^(?=.{1,253}$)(?:\*\.)?[a-z\d_](?:[a-z\d_.-]*[a-z\d])?$/i.test(name))
      throw new ConfigError(`--hostname ${name} is neither a DNS name nor an IP address`);
  }
  if (tlsCert === undefined || tlsKey === undefined) return { hostnames: hostname, tls: undefined };
  requireReadable('--tls-cert', tlsCert);
  requireReadable('--tls-key', tlsKey);
  return { hostnames: hostname, tls: { cert: tlsCert, key: tlsKey } };
}

/** `HOST:PORT`, `PORT` or `:PORT`: without a host on this machine alone. @throws ConfigError */
function parseMetricsAddress(value: string): { host: string; port: number } {
  const [, six, host = '', digits] = /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d+)$/.exec(value) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535 || (six !== undefined && isIP(six) !== 6))
    throw new ConfigError(`--metrics ${value} is not HOST:PORT, for example 127.0.0.1:9100`);
  return { host: six ?? (host === '' ? '127.0.0.1' : host), port };
}

/** `HOST:PORT`, `[IPV6]:PORT`, `HOST` or `:PORT`. @throws ConfigError */
function parseListen(value: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (!match || port > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6)) {
    throw new ConfigError(`--listen ${value} is not HOST:PORT, for example 0.0.0.0:7000 or [::1]:7000`);
  }
  return { host: host === '' ? '0.0.0.0' : host, port };
}

function requireReadable(option: string, path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    throw new ConfigError(`${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
