import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { fileStore } from './file-store.ts';
import { memoryStore } from './map-store.ts';
import { postgresStore } from './postgres/postgres-store.ts';
import { sqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/** Which store, as `--store` names it. */
export type StoreSpec =
  | { kind: 'memory' }
  | { kind: 'file'; directory: string }
  | { kind: 'sqlite'; path: string; key?: string | undefined }
  | { kind: 'postgres'; url: string };

/** What `--store` takes, for help and errors. */
export const STORE_FORMS = 'memory, file:DIR, sqlite:FILE, postgres://USER@HOST/DATABASE';

/** What a store needs besides its name. */
export interface StoreOptions {
  log: Log;
}

/**
 * @param what was given, for errors
 * @throws ConfigError; its text never repeats the value, which may hold a password
 */
export function parseStoreSpec(text: string, what = '--store'): StoreSpec {
  if (text === 'memory') return { kind: 'memory' };
  const [, kind, rest = ''] = /^(\w+):(.*)$/s.exec(text) ?? [];
  if (kind === 'file' && rest !== '') return { kind, directory: rest };
  if (kind === 'sqlite' && rest !== '') return { kind, path: rest };
  if (/^postgres(ql)?:\/\//.test(text)) {
    if (!URL.canParse(text))
      throw new ConfigError(`${what} is no URL of a PostgreSQL database: encode what is special in the password`);
    return { kind: 'postgres', url: text };
  }
  throw new ConfigError(`${what} is none of ${STORE_FORMS}`);
}

/**
 * Opens what keeps everything. Whoever opens it closes it.
 * @throws StoreError when it is in use, damaged or not to be reached
 */
export function openStore(spec: StoreSpec, { log }: StoreOptions): Promise<Store> {
  switch (spec.kind) {
    case 'memory':
      return memoryStore();
    case 'file':
      return fileStore(spec.directory, log);
    case 'sqlite':
      return sqliteStore(spec.path, spec.key, log);
    case 'postgres':
      return postgresStore(spec.url, log);
  }
}
