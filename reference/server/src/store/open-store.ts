import { ConfigError } from '../config-error.ts';
import type { Log } from '../log.ts';
import { fileStore } from './file-store.ts';
import { memoryStore } from './map-store.ts';
import type { Store } from './store.ts';

/** Which store, as `--store` names it. */
export type StoreSpec = { kind: 'memory' } | { kind: 'file'; directory: string };

/** What `--store` takes, for help and errors. */
export const STORE_FORMS = 'memory, file:DIR';

/** What a store needs besides its name. */
export interface StoreOptions {
  log: Log;
}

/** @throws ConfigError; its text never repeats the value, which may hold a password */
export function parseStoreSpec(text: string): StoreSpec {
  if (text === 'memory') return { kind: 'memory' };
  const [, kind, rest = ''] = /^(\w+):(.*)$/s.exec(text) ?? [];
  if (kind === 'file' && rest !== '') return { kind, directory: rest };
  throw new ConfigError(`--store is none of ${STORE_FORMS}`);
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
  }
}
