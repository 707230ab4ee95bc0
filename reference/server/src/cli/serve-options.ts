import type { Options } from 'yargs';
import { STORE_OPTIONS } from './store-options.ts';

/** Options of `reference-server` without a command. Their values: `RawOptions` of config.ts. */
export const SERVE_OPTIONS = {
  listen: {
    type: 'string',
    default: '0.0.0.0:7000',
    describe: 'HOST:PORT to listen on (UDP); port 0 takes a free one',
  },
  ...STORE_OPTIONS,
  'tls-cert': {
    type: 'string',
    describe: 'certificate chain, PEM; by default one is made and kept in the data directory',
  },
  'tls-key': { type: 'string', describe: 'its private key, PEM' },
  accounts: { type: 'string', describe: 'JSON file: [{"name", "identityKey": 64 hex, "token": hex}, …]' },
  open: { type: 'boolean', default: false, describe: 'let in callers without a token (development only)' },
  legacy: {
    type: 'boolean',
    default: false,
    describe: 'also answer the interfaces of the first generation, without authentication',
  },
  'stop-with-stdin': {
    type: 'boolean',
    default: false,
    describe: 'stop when standard input closes, as a child process should',
  },
} as const satisfies Record<string, Options>;
