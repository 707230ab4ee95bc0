import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { UsageError } from '../errors.ts';
import { ROOT } from '../plan/features.ts';
import type { Found } from './explore.ts';
import type { Property } from './property.ts';

export const REGRESSIONS: string = fileURLToPath(new URL('../../../vectors/regressions', import.meta.url));

/** A counterexample that was found once: every run begins with it (vectors/schemas/regression.schema.json). */
export interface Regression {
  property: string;
  /** What was wrong. */
  what: string;
  /** The broken server (harness/mutants) that it was found on. */
  mutant?: string;
  /** What it was found with. They hold as long as the inputs are made in the same way. */
  found: { seed: number; path: string };
  /** Not there for codecs: what they hold (64-bit numbers, bytes) is no JSON. */
  input?: unknown;
}

const isRegression = new Ajv2020({ strictTypes: false }).compile<Regression>(
  JSON.parse(readFileSync(new URL('../../../vectors/schemas/regression.schema.json', import.meta.url), 'utf8')),
);

/** By file name. @throws UsageError when there is no such folder, or a file in it is no regression */
export function loadRegressions(directory: string): Map<string, Regression> {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => name.endsWith('.json'));
  } catch (error) {
    throw new UsageError(`--regressions ${directory} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  names.sort();
  return new Map(names.map((name) => [name, readRegression(join(directory, name))]));
}

function readRegression(path: string): Regression {
  const name = shown(path);
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${name} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
  if (isRegression(read)) return read;
  const [error] = isRegression.errors ?? [];
  throw new UsageError(`${name} is no regression: ${error?.instancePath} ${error?.message}`);
}

/** @returns the path of the file */
export function saveRegression<T>(property: Property<T>, found: Found<T>, directory: string, mutant?: string): string {
  const { seed, path, input, why } = found;
  const what = why.split('\n')[0] ?? '';
  mkdirSync(directory, { recursive: true });
  const name = mutant?.replaceAll('/', '-') ?? `${seed}-${path.replaceAll(':', '-').slice(0, 40)}`;
  const file = join(directory, `${property.id}-${name}.json`);
  const regression: Regression = {
    ...{ property: property.id, what, ...(mutant === undefined ? {} : { mutant }) },
    ...{ found: { seed, path }, input: property.save(input) },
  };
  writeFileSync(file, `${JSON.stringify(regression, null, 2)}\n`);
  return shown(file);
}

const shown = (path: string): string => (relative(ROOT, path).startsWith('..') ? path : relative(ROOT, path));
