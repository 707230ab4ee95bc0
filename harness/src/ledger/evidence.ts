import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { SuiteError } from '../errors.ts';
import { ROOT } from '../plan/features.ts';

/** What beside the scenarios speaks of requirements; each by requirement id. */
export interface Evidence {
  /** `vectors/envelope.json#case-id` */
  vectors: Map<string, string[]>;
  properties: Map<string, string[]>;
  mutants: Map<string, string[]>;
}

/** Folders and files that are read; what is not there is no evidence. */
export interface EvidencePlaces {
  vectorsDir: string;
  /** `{"properties": [{"id", "requirements": […], "what"}, …]}` */
  properties: string;
  /** `{"mutants": [{"id", "requirement", "what"}, …]}` */
  mutants: string;
  /** The same, of clients. */
  clients: string;
}

export const EVIDENCE: EvidencePlaces = {
  vectorsDir: join(ROOT, 'vectors'),
  properties: join(ROOT, 'harness/fuzz/catalog.json'),
  mutants: join(ROOT, 'harness/mutants/catalog.json'),
  clients: join(ROOT, 'harness/src/mutants/clients/faults.json'),
};

/** @throws SuiteError for a file that is there and cannot be read */
export function loadEvidence(places: EvidencePlaces = EVIDENCE): Evidence {
  const { vectorsDir, properties, mutants, clients } = places;
  const vectors = new Map<string, string[]>();
  for (const path of jsonFiles(vectorsDir)) collectCases(readJson(path), relative(ROOT, path), [], vectors);
  const all = readCatalog(mutants, 'mutants');
  for (const [id, names] of readCatalog(clients, 'mutants')) for (const name of names) add(all, id, `client:${name}`);
  return { vectors, properties: readCatalog(properties, 'properties'), mutants: all };
}

const jsonFiles = (directory: string): string[] =>
  !existsSync(directory)
    ? []
    : readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json') && !/schema/i.test(name))
        .sort()
        .map((name) => join(directory, name));

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SuiteError(`${relative(ROOT, path)}: ${error instanceof Error ? error.message : error}`);
  }
}

function add(to: Map<string, string[]>, requirement: string, what: string): void {
  to.set(requirement, [...(to.get(requirement) ?? []), what]);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const idsOf = ({ requirement, requirements }: Record<string, unknown>): string[] =>
  [requirement, requirements].flat().filter((id) => typeof id === 'string');

/** A case tests the requirements that it names, and those that its group and its file name. */
function collectCases(value: unknown, file: string, above: readonly string[], to: Map<string, string[]>): void {
  if (Array.isArray(value)) for (const element of value) collectCases(element, file, above, to);
  if (!isObject(value) || Array.isArray(value)) return;
  const own = [...above, ...idsOf(value)];
  if (!Array.isArray(value.groups) && !Array.isArray(value.cases)) return;
  for (const element of (value.cases as unknown[] | undefined) ?? [])
    if (isObject(element))
      for (const id of new Set([...own, ...idsOf(element)])) add(to, id, `${file}#${element.id ?? '?'}`);
  collectCases(value.groups, file, own, to);
}

/** A list of things that each name one requirement or several. */
function readCatalog(path: string, name: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  if (!existsSync(path)) return found;
  const catalog = readJson(path);
  const list = isObject(catalog) ? catalog[name] : undefined;
  if (!Array.isArray(list)) throw new SuiteError(`${relative(ROOT, path)} has no list "${name}"`);
  for (const entry of list.filter(isObject)) for (const id of idsOf(entry)) add(found, id, String(entry.id));
  return found;
}
