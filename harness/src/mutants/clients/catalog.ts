import { readFileSync } from 'node:fs';

/** A piece of a source of the reference client that is exchanged. */
export interface Edit {
  /** From the root. */
  file: string;
  find: string;
  replace: string;
}

/** A client that differs from the reference client. */
export interface OtherClient {
  id: string;
  what: string;
  edits: Edit[];
}

/** One that is broken, and must be caught by a scenario of the requirement. */
export interface Fault extends OtherClient {
  requirement: string;
}

/** One that is right in another way, and must pass. */
export interface Variant extends OtherClient {
  /** Recommendations that it does not follow. */
  mayWarn?: string[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const faults: readonly Fault[] = read('./faults.json').mutants;
export const variants: readonly Variant[] = read('./variants.json').variants;
