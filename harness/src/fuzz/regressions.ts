import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SuiteError } from '../errors.ts';
import { ROOT } from '../plan/features.ts';
import type { Found } from './explore.ts';
import type { Property } from './properties.ts';

const REGRESSIONS = fileURLToPath(new URL('../../../vectors/regressions/', import.meta.url));

/** A counterexample that was found once: every run begins with it (vectors/schemas/regression.schema.json). */
export interface Regression {
  property: string;
  /** What was wrong. */
  what: string;
  /** What it was found with; the server may have been a mutant. They hold as long as the inputs are made in the same way. */
  found: { seed: number; path: string };
  /** Not there for codecs: what they hold (64-bit numbers, bytes) is no JSON. */
  input?: unknown;
}

/** By file name. @throws SuiteError for a file that is none */
export function loadRegressions(directory = REGRESSIONS): Map<string, Regression> {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return new Map(names.map((name) => [name, readRegression(join(directory, name))]));
}

function readRegression(path: string): Regression {
  const name = relative(ROOT, path);
  let read: Partial<Regression> | null;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SuiteError(`${name} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (typeof read?.property !== 'string' || typeof read.found?.seed !== 'number')
    throw new SuiteError(`${name} is no regression: it names no "property", or not what it was "found" with`);
  return read as Regression;
}

/** @returns the path of the file, from the root of this repository */
export function saveRegression<T>(property: Property<T>, found: Found<T>, directory = REGRESSIONS): string {
  const { seed, path, input, why } = found;
  const what = why.split('\n')[0] ?? '';
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${property.id}-${seed}.json`);
  const regression: Regression = { property: property.id, what, found: { seed, path }, input: property.save(input) };
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`);
  return relative(ROOT, file);
}
