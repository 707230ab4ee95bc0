import type { Options } from 'yargs';
import { STORE_FORMS } from '../store/open-store.ts';

/** Options of every command that opens the store. Their values: `StoreArguments` of config.ts. */
export const STORE_OPTIONS = {
  'data-dir': {
    type: 'string',
    describe: 'directory for the store, the certificate and whatever else must last; without it all is lost at the end',
  },
  store: { type: 'string', describe: `where messages and keys are kept: ${STORE_FORMS}; by default file:DATA-DIR` },
  'db-key-file': {
    type: 'string',
    describe:
      'file with the key that encrypts a SQLite store; else the key is in REFERENCE_SERVER_DB_KEY, if there is one',
  },
  'db-key': { type: 'string', describe: 'the key itself (others on this machine may see it: prefer --db-key-file)' },
} as const satisfies Record<string, Options>;
