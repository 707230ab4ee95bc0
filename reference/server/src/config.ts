import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { DEFAULT_PORT } from '@quicnprotochat/proto';

/** What the command line asks for. */
export interface Config {
  host: string;
  port: number;
  dataDir: string | undefined;
  tls: { certPem: string; keyPem: string } | undefined;
  isOpen: boolean;
  accountsFile: string | undefined;
  isLegacy: boolean;
  stopsWithStdin: boolean;
}

/** Options as yargs gives them. */
export interface RawOptions {
  listen: string;
  dataDir?: string | undefined;
  tlsCert?: string | undefined;
  tlsKey?: string | undefined;
  open: boolean;
  accounts?: string | undefined;
  legacy: boolean;
  stopWithStdin: boolean;
}

/** A usage or configuration fault: one line that says what to do. */
export class ConfigError extends Error {}

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
    dataDir: options.dataDir,
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
