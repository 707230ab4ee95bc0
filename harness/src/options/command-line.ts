import { closest } from 'fastest-levenshtein';
import yargs, { type InferredOptionTypes, type Options } from 'yargs';
import { EXIT, UsageError } from '../errors.ts';

/** An option of a command, as yargs takes it; `isValueOptional`: it may also be given alone. */
export interface Flag extends Options {
  type: 'string' | 'number' | 'boolean';
  describe: string;
  isValueOptional?: boolean;
}

export type Flags = Readonly<Record<string, Flag>>;

/** A command: what `--help` says, and what it takes. */
export interface Command<Of extends Flags> {
  /** What is typed before the options. */
  name: string;
  /** After the name: the form, a blank line, what it does. */
  usage: string;
  flags: Of;
  examples?: readonly (readonly [command: string, what: string])[];
  epilogue?: string;
  version?: string;
  /** Whether it takes words beside its options: names of files. */
  takesFiles?: boolean;
  /** What somebody may have meant by a word beside the options, where none is taken. */
  stray?: string;
}

type Camel<Name> = Name extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : Name;
type Values<Of extends Flags> = InferredOptionTypes<{ -readonly [Name in keyof Of]: Of[Name] }>;

/** The values of options, by their names in camel case. */
export type Given<Of extends Flags> = { [Name in keyof Values<Of> as Camel<Name>]: Values<Of>[Name] };

export interface CommandLine<Of extends Flags> {
  given: Given<Of>;
  /** Options taken back with `--no-…`, by their names in camel case. */
  takenBack: string[];
  files: string[];
}

/** As help is printed. */
const COLUMNS = 108;

/**
 * Reads the arguments of a command; prints help or the version when they ask for it.
 * @returns undefined when that was all
 * @throws UsageError of one line
 */
export function readCommandLine<const Of extends Flags>(
  args: readonly string[],
  {
    name,
    usage,
    flags,
    examples = [],
    epilogue,
    version,
    takesFiles = false,
    stray = 'quote a value that has spaces',
  }: Command<Of>,
): CommandLine<Of> | undefined {
  const line = yargs(args as string[])
    .scriptName(name)
    .usage(usage)
    .options(forYargs(flags))
    .example(examples.map(([command, what]): [string, string] => [command, what]))
    .help()
    .alias('help', 'h')
    .strictOptions()
    .wrap(COLUMNS)
    .exitProcess(false)
    .fail((message, error) => {
      throw new UsageError(
        `${(message ?? error.message).split('\n').join(' ')}${near(message, flags)} (see ${name} --help)`,
      );
    });
  if (Object.values(flags).some(({ group }) => group !== undefined)) line.group(['help', 'version'], 'Other:');
  if (version === undefined) line.version(false);
  else line.version(version);
  if (epilogue !== undefined) line.epilogue(epilogue);
  let help = '';
  const parsed: Record<string, unknown> = line.parseSync(args as string[], {}, (_error, _argv, output) => {
    help = output;
  });
  if (help !== '') {
    console.log(help);
    return undefined;
  }
  const words = ((parsed._ ?? []) as unknown[]).map(String);
  if (!takesFiles && words.length > 0)
    throw new UsageError(`${shown(words[0] as string)} stands beside the options: ${stray} (see ${name} --help)`);
  return { ...checked(parsed, flags), files: words };
}

/**
 * As `readCommandLine`, for a command that is a process of its own: when help was asked for, or the arguments are wrong, it
 * ends here, with exit code 0 or 2.
 */
export function argumentsOf<const Of extends Flags>(command: Command<Of>): CommandLine<Of> {
  try {
    const line = readCommandLine(process.argv.slice(2), command);
    return line ?? process.exit(EXIT.conformant);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${command.name.replace(/^npm run | --$/g, '')}: ${error.message}`);
    return process.exit(EXIT.usage);
  }
}

/** A word that nobody asked for, unless it may be a piece of a secret. */
const shown = (word: string): string => (/^(?![0-9a-f]{12})[\w.:/-]{1,40}$/i.test(word) ? `"${word}"` : 'a word');

/** Of an option that there is not. */
function near(message: string | undefined, flags: Flags): string {
  const [, unknown] = /^Unknown arguments?: ([\w-]+)/.exec(message ?? '') ?? [];
  return unknown === undefined ? '' : `; is it --${closest(unknown, Object.keys(flags))}?`;
}

/** An option that wants a value and has none would take the next one's name for it. */
function forYargs(flags: Flags): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, { isValueOptional, ...flag }]) => [
      name,
      { ...flag, requiresArg: flag.type !== 'boolean' && !isValueOptional },
    ]),
  );
}

/** @throws UsageError for what is given twice where one value is wanted */
function checked<Of extends Flags>(
  parsed: Record<string, unknown>,
  flags: Of,
): Pick<CommandLine<Of>, 'given' | 'takenBack'> {
  const given: Record<string, unknown> = {};
  const takenBack: string[] = [];
  for (const [name, { array, type }] of Object.entries(flags)) {
    const value = parsed[name];
    if (value === undefined) continue;
    const key = camel(name);
    if (type !== 'boolean' && [value].flat().includes(false)) takenBack.push(key);
    else if (!array && Array.isArray(value)) throw new UsageError(`--${name} is given twice: give it once`);
    else given[key] = value;
  }
  return { given: given as Given<Of>, takenBack };
}

export const camel = (name: string): string =>
  name.replace(/-[a-z]/g, ([, letter]) => (letter as string).toUpperCase());
export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
