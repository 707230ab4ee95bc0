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
  /** What it is together with, where several are tried in one. */
  set: string;
  /** Recommendations that it does not follow. */
  mayWarn?: string[];
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const faults: readonly Fault[] = read('./faults.json').mutants;
export const variants: readonly Variant[] = read('./variants.json').variants;

/** One client a set, which is different in all ways of its members at once: as good, and much cheaper, as long as all pass. */
export const togetherOf = (all: readonly Variant[]): Variant[] =>
  [...new Set(all.map(({ set }) => set))].map((set) => {
    const members = all.filter((one) => one.set === set);
    return {
      id: members.map(({ id }) => id).join('+'),
      what: members.map(({ what }) => what).join('; '),
      set,
      edits: members.flatMap(({ edits }) => edits),
      mayWarn: members.flatMap(({ mayWarn = [] }) => mayWarn),
    };
  });
