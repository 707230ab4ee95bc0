import type { Options } from 'yargs';
import { STORE_FORMS } from '../store/open-store.ts';

/** Options of every command that opens the store. Their values: `StoreArguments` of config.ts. */
export const STORE_OPTIONS = {
  'data-dir': {
    type: 'string',
    describe: 'directory for the store, the certificate and whatever else must last; without it all is lost at the end',
  },
  store: { type: 'string', describe: `where messages and keys are kept: ${STORE_FORMS}; by default file:DATA-DIR` },
} as const satisfies Record<string, Options>;
