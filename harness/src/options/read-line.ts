import { UsageError } from '../errors.ts';
import { kebab } from './command-line.ts';
import { type ConfigFile, findConfig } from './config.ts';
import { parseArguments, type RawOptions } from './flags.ts';
import { type Options, readOptions } from './options.ts';

/** Of each of these one is meant: what the command line gives stands in the place of what a file says. */
const ALTERNATIVES: readonly (readonly (keyof RawOptions)[])[] = [
  ['target', 'client', 'command'],
  ['tlsCa', 'pin', 'insecure'],
];

/**
 * Reads the command line, and the configuration file that it names or that is in the current folder. The command line wins;
 * `--no-NAME` takes back what the file says of an option.
 * @returns undefined when help or the version was shown
 * @throws UsageError
 */
export function readLine(args: readonly string[]): Options | undefined {
  const line = parseArguments(args);
  if (line === undefined) return undefined;
  const { given, takenBack } = line;
  const config = takenBack.includes('config') ? undefined : findConfig(given.config);
  if (config === undefined) return readOptions(given);
  const dropped = new Set<string>([...Object.keys(given), ...takenBack]);
  for (const group of ALTERNATIVES)
    if (group.some((name) => given[name] !== undefined)) for (const name of group) dropped.add(name);
  const ofFile = Object.entries(config.given).filter(([name]) => !dropped.has(name));
  const names = ofFile.map(([name]) => kebab(name));
  try {
    const options = readOptions({ ...(Object.fromEntries(ofFile) as RawOptions), ...given });
    return { ...options, config: { path: config.path, names } };
  } catch (error) {
    throw located(error, config, names);
  }
}

/** Says which line of the file an error is about. */
function located(error: unknown, { path, lines }: ConfigFile, names: readonly string[]): unknown {
  if (!(error instanceof UsageError)) return error;
  const named = [...error.message.matchAll(/--([a-z][a-z-]*)/g)].map(([, name]) => name as string);
  const name = named.find((option) => names.includes(option));
  return name === undefined
    ? error
    : new UsageError(`${error.message} (${path}:${lines.get(name)} says ${name}; --no-${name} takes it back)`);
}
