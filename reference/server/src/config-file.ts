import { readFileSync } from 'node:fs';
import { closest, distance } from 'fastest-levenshtein';
import { LineCounter, parseDocument } from 'yaml';
import type { Options } from 'yargs';
import { ConfigError } from './config-error.ts';

/** Options by name, as yargs takes them. */
export type OptionTable = Readonly<Record<string, Options>>;

/**
 * Reads a configuration file: a YAML map with the long names of the options as keys. Its values stand in for options
 * that the command line does not give.
 * @param known every option that a file may hold
 * @param wanted those of the command that runs; the others are checked and left out
 * @throws ConfigError; its text never repeats a value, which may be a secret
 */
export function readConfigFile(path: string, known: OptionTable, wanted: OptionTable): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parse(path))) {
    const option = Object.hasOwn(known, key) ? known[key] : undefined;
    if (!option) {
      const advice = suggestion(key, Object.keys(known)) ?? '; see --help for those that there are';
      throw new ConfigError(`${path}: there is no option "${key}"${advice}`);
    }
    const checked = check(value, option, `${path}: "${key}"`);
    if (Object.hasOwn(wanted, key)) values[key] = checked;
  }
  return values;
}

function parse(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`--config ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = document.errors;
  if (fault) {
    // Its message may quote the text around the fault.
    const { line, col } = lines.linePos(fault.pos[0]);
    const what = fault.code.toLowerCase().replaceAll('_', ' ');
    throw new ConfigError(`${path} is not YAML: ${what}, at line ${line}, column ${col}`);
  }
  const content: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
  if (typeof content !== 'object' || Array.isArray(content))
    throw new ConfigError(`${path} is not a map of options, for example "listen: 0.0.0.0:7000"`);
  return content as Record<string, unknown>;
}

function check(value: unknown, { type, array, choices }: Options, at: string): unknown {
  if (array) {
    const list = Array.isArray(value) ? value : [value];
    return list.map((item) => check(item, { type }, `each item of ${at}`));
  }
  if (type === 'boolean') {
    if (typeof value !== 'boolean') throw new ConfigError(`${at} is neither true nor false`);
    return value;
  }
  if (type === 'number') {
    if (typeof value !== 'number') throw new ConfigError(`${at} is not a number`);
    return value;
  }
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') throw new ConfigError(`${at} is not a text`);
  if (choices && !choices.includes(text)) throw new ConfigError(`${at} is none of ${choices.join(', ')}`);
  return text;
}

/** @returns the question whether the option that is nearest was meant; undefined when none is near */
export function suggestion(key: string, names: string[]): string | undefined {
  const nearest = closest(key.toLowerCase(), names);
  const isNear = distance(key.toLowerCase(), nearest) <= Math.max(2, nearest.length / 3);
  return isNear ? `: did you mean "${nearest}"?` : undefined;
}
