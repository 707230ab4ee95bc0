import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { closest } from 'fastest-levenshtein';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { absoluteCommand, quoted, splitCommand } from '../client/command-line.ts';
import { UsageError } from '../errors.ts';
import { camel } from './command-line.ts';
import { configSchema } from './config-schema.ts';
import { FLAGS, type RawOptions } from './flags.ts';
import { readTextFile } from './read-file.ts';

/** Read when it is in the current folder, and nothing else is named. */
const DEFAULT_CONFIG = 'conformance.yaml';

/** What a configuration file says. */
export interface ConfigFile {
  path: string;
  /** As if they had been given on the command line, by names in camel case. */
  given: RawOptions;
  /** Line of each option, by its long name. */
  lines: Map<string, number>;
}

/** @param path undefined: the default one @returns undefined when there is none @throws UsageError */
export function findConfig(path: string | undefined): ConfigFile | undefined {
  if (path === undefined && !existsSync(DEFAULT_CONFIG)) return undefined;
  return loadConfig(path ?? DEFAULT_CONFIG);
}

/**
 * Reads a YAML file of options. Errors name the line and the key, and quote no value: people put secrets everywhere.
 * @throws UsageError
 */
function loadConfig(path: string): ConfigFile {
  const counter = new LineCounter();
  const text = readTextFile(path, `--config ${path}`);
  const document = parseDocument(text, { prettyErrors: false, lineCounter: counter });
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined)
    throw new UsageError(
      `${path}:${lineAt(fault.pos[0])} is not YAML that can be read: ${fault.code.toLowerCase().replaceAll('_', ' ')}`,
    );
  const values = plainValues(document, path);
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(configSchema(FLAGS));
  if (!validate(values)) {
    const [error] = validate.errors as [ErrorObject];
    throw new UsageError(explain(error, path, (at) => lineAt(offsetOf(document, at))));
  }
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const kept = asGiven(name as keyof typeof FLAGS, value, dirname(path));
    if (kept !== undefined) given[camel(name)] = kept;
  }
  const lines = new Map(Object.keys(values).map((name) => [name, lineAt(offsetOf(document, [name]))]));
  return { path, given, lines };
}

function plainValues(document: Document, path: string): Record<string, unknown> {
  let values: unknown;
  try {
    values = document.toJS({ maxAliasCount: 100 });
  } catch {
    throw new UsageError(`${path} has aliases that lead nowhere, or too many of them`);
  }
  if (values === null) return {};
  if (typeof values !== 'object' || Array.isArray(values))
    throw new UsageError(`${path} is no list of options: a line an option, such as "target: 127.0.0.1:7000"`);
  return values as Record<string, unknown>;
}

/** Where a key stands; of a value whose key is not found, where the value does. */
function offsetOf(document: Document, at: readonly string[]): number {
  const parent = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
  const items = (parent as { items?: { key?: { value?: unknown; range?: [number, number, number] } }[] })?.items ?? [];
  const key = items.find(({ key: of }) => of?.value === at.at(-1))?.key;
  const node = document.getIn(at, true);
  return key?.range?.[0] ?? (isNode(node) ? (node.range?.[0] ?? 0) : 0);
}

function explain(error: ErrorObject, path: string, lineOf: (at: string[]) => number): string {
  const at = error.instancePath.split('/').slice(1);
  const schema = configSchema(FLAGS) as { properties: Record<string, { description: string; properties?: object }> };
  if (error.keyword === 'additionalProperties') {
    const name = String(error.params.additionalProperty);
    const known = Object.keys(
      at.length === 0 ? schema.properties : (schema.properties[at[0] as string]?.properties ?? {}),
    );
    const near = known.find((option) => camel(option) === name) ?? closest(name, known);
    return `${path}:${lineOf([...at, name])}: "${[...at, name].join('.')}" is not known; is it "${near}"? (--help shows all)`;
  }
  const option = FLAGS[at[0] as keyof typeof FLAGS] as { describe: string } | undefined;
  const wanted =
    error.keyword === 'type' ? `is not ${[error.params.type].flat().map(nameOfType).join(' or ')}` : error.message;
  const meaning = at.length === 1 ? `; it says: ${option?.describe.replaceAll('\n', ' ')}` : '';
  return `${path}:${lineOf(at)}: "${at.join('.')}" ${wanted}${meaning}`;
}

/** What a type of JSON Schema is to people. */
const nameOfType = (type: string): string =>
  ({ boolean: 'true or false', integer: 'a whole number', array: 'a list', object: 'a list of names and values' })[
    type
  ] ?? `a ${type}`;

type Name = keyof typeof FLAGS;
const PATHS: readonly Name[] = [
  'accounts',
  'against-accounts',
  'tls-ca',
  'limits',
  'trace',
  'known-failing',
  'write-known-failing',
];
const COMMANDS: readonly Name[] = ['client', 'command'];

/** A value of the file as the command line would give it; what is relative, is relative to the file's folder. */
function asGiven(name: Name, value: unknown, folder: string): unknown {
  const { type, array } = FLAGS[name] as { type: string; array?: boolean };
  const inFolder = (path: string): string => (isAbsolute(path) ? path : join(folder, path));
  if (type === 'boolean' || (name === 'limits' && typeof value === 'object')) return value;
  if (array) {
    const list = [value].flat().map(String);
    return name === 'report' ? list.map((report) => report.replace(/(?<==).+/, inFolder)) : list;
  }
  // `bail: true` is the option alone, `bail: false` is none.
  if (typeof value === 'boolean') return value ? '' : undefined;
  if (PATHS.includes(name)) return inFolder(String(value));
  if (COMMANDS.includes(name))
    return absoluteCommand(splitCommand(String(value), `--${name}`), resolve(folder))
      .map(quoted)
      .join(' ');
  return String(value);
}
