import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { DEFAULT_PORT } from '@quicnprotochat/proto';
import { ConfigError } from './config-error.ts';
import { parseStoreSpec, type StoreSpec } from './store/open-store.ts';

/** Options of every command that opens the store, as yargs gives them. */
export interface StoreArguments {
  dataDir?: string | undefined;
  store?: string | undefined;
}

/** Where the data of a server is. */
export interface StorePlace {
  store: StoreSpec;
  /** Where the certificate and other small secrets are kept; undefined: nowhere. */
  dataDir: string | undefined;
}

/** A file store's own directory serves as the data directory. @throws ConfigError */
export function storePlace({ dataDir, store }: StoreArguments): StorePlace {
  const spec: StoreSpec =
    store !== undefined
      ? parseStoreSpec(store)
      : dataDir !== undefined
        ? { kind: 'file', directory: dataDir }
        : { kind: 'memory' };
  return { store: spec, dataDir: dataDir ?? (spec.kind === 'file' ? spec.directory : undefined) };
}

/** What the command line of a serving process asks for. */
export interface Config extends StorePlace {
  host: string;
  port: number;
  tls: { certPem: string; keyPem: string } | undefined;
  isOpen: boolean;
  accountsFile: string | undefined;
  isLegacy: boolean;
  stopsWithStdin: boolean;
}

/** Its options as yargs gives them. */
export interface RawOptions extends StoreArguments {
  listen: string;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  open: boolean;
  accounts?: string | undefined;
  legacy: boolean;
  stopWithStdin: boolean;
}

/** @throws ConfigError */
export function readConfig(options: RawOptions): Config {
  if (!options.open && options.accounts === undefined) {
    throw new ConfigError(
      'nobody could call this server: give --accounts FILE, or --open to let everybody in (development)',
    );
  }
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) {
    throw new ConfigError('--tls-cert and --tls-key belong together: give both, or none for a certificate of its own');
  }
  return {
    ...parseListen(options.listen),
    ...storePlace(options),
    tls:
      options.tlsCert === undefined || options.tlsKey === undefined
        ? undefined
        : { certPem: readPem('--tls-cert', options.tlsCert), keyPem: readPem('--tls-key', options.tlsKey) },
    isOpen: options.open,
    accountsFile: options.accounts,
    isLegacy: options.legacy,
    stopsWithStdin: options.stopWithStdin,
  };
}

/** `HOST:PORT`, `[IPV6]:PORT`, `HOST` or `:PORT`. @throws ConfigError */
export function parseListen(value: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(value);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (!match || port > 65_535 || (match[1] !== undefined && isIP(match[1]) !== 6)) {
    throw new ConfigError(`--listen ${value} is not HOST:PORT, for example 0.0.0.0:7000 or [::1]:7000`);
  }
  return { host: host === '' ? '0.0.0.0' : host, port };
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
