import type { Options } from 'yargs';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import { CERTIFICATE_OPTIONS } from './certificate-options.ts';
import { LIMIT_OPTIONS } from './limit-options.ts';
import { STORE_OPTIONS } from './store-options.ts';

/** Options of `reference-server` without a command. Their values: `RawOptions` of config.ts. */
export const SERVE_OPTIONS = {
  listen: {
    type: 'string',
    default: '0.0.0.0:7000',
    describe: 'HOST:PORT to listen on (UDP); port 0 takes a free one',
  },
  ...STORE_OPTIONS,
  ...CERTIFICATE_OPTIONS,
  accounts: { type: 'string', describe: 'JSON file: [{"name", "identityKey": 64 hex, "token": hex}, …]' },
  open: { type: 'boolean', default: false, describe: 'let in callers without a token (development only)' },
  opaque: {
    type: 'boolean',
    default: true,
    describe: 'log users in with a password, which never reaches the server (--no-opaque: not)',
  },
  registration: {
    type: 'boolean',
    default: true,
    describe: 'let anybody register with a password (--no-registration: only who is registered logs in)',
  },
  legacy: {
    type: 'boolean',
    default: false,
    describe: 'also answer the interfaces of the first generation, without authentication',
  },
  ...LIMIT_OPTIONS,
  'log-format': { choices: LOG_FORMATS, default: 'pretty', describe: 'lines for people, or JSON; on standard error' },
  'log-level': { choices: LOG_LEVELS, default: 'info', describe: 'the least important events that are logged' },
  metrics: {
    type: 'string',
    describe: 'HOST:PORT or PORT: serve metrics for Prometheus over HTTP, on 127.0.0.1 unless a host is given',
  },
  'stop-with-stdin': {
    type: 'boolean',
    default: false,
    describe: 'stop when standard input closes, as a child process should',
  },
} as const satisfies Record<string, Options>;
