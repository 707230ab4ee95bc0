import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SuiteError } from '../errors.ts';
import type { Found } from './explore.ts';
import type { Property } from './properties.ts';

const REGRESSIONS = fileURLToPath(new URL('../../fuzz/regressions/', import.meta.url));

/** A counterexample that was found once: every run begins with it. */
export interface Regression {
  property: string;
  /** What was wrong. */
  what: string;
  /** With these it is made again; they hold as long as the arbitrary is the same. */
  seed: number;
  path: string;
  /** The input itself, where it is JSON. */
  input?: unknown;
}

/** By file name. @throws SuiteError for a file that is none */
export function loadRegressions(directory = REGRESSIONS): Map<string, Regression> {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return new Map(
    names.map((name) => {
      const read = JSON.parse(readFileSync(join(directory, name), 'utf8')) as Regression;
      if (typeof read.property !== 'string') throw new SuiteError(`${name} names no property`);
      return [name, read];
    }),
  );
}

/** @returns the path of the file */
export function saveRegression<T>(property: Property<T>, found: Found<T>, directory = REGRESSIONS): string {
  const { seed, path, input, why } = found;
  const what = why.split('\n')[0] ?? '';
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${property.id}-${seed}.json`);
  const regression: Regression = { property: property.id, what, seed, path, input: property.save(input) };
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`);
  return file;
}
