import { quoted, splitCommand, withoutSecrets } from '../client/command-line.ts';
import { type PlannedScenario, placeOf } from '../plan/features.ts';
import type { FLAGS } from './flags.ts';
import type { Options } from './options.ts';

/** What says which scenarios run, in which order, and where reports of them go: a single one again needs none of it. */
const SELECTING = [
  ...(['requirement', 'scenario', 'tag', 'level', 'source', 'exclude', 'shard', 'bail'] as const),
  ...(['jobs', 'shuffle', 'known-failing', 'write-known-failing', 'report', 'trace'] as const),
] satisfies (keyof typeof FLAGS)[];
const IS_SELECTING = new RegExp(
  `^--(?:no-)?(?:${SELECTING.map((name) => name.replaceAll('-', '-?')).join('|')})(?:=|$)`,
  'i',
);

/**
 * The command that runs one scenario again: the command line without its selection and without reports.
 * @param fromFile names of options that a configuration file gives
 */
export function rerun(
  args: readonly string[],
  { uri, line }: PlannedScenario,
  fromFile: readonly string[] = [],
): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (!IS_SELECTING.test(arg)) kept.push(arg);
    else if (!arg.includes('=')) while (i + 1 < args.length && !(args[i + 1] as string).startsWith('--')) i += 1;
  }
  const takenBack = SELECTING.filter((name) => fromFile.includes(name)).map((name) => `--no-${name}`);
  return command([...kept, ...takenBack, '--scenario', placeOf(uri, line)]);
}

/** The command line with the seeds that were chosen for what is sent, and for the network, if there is one. */
export function repeatable(args: string[], { network, inputSeed, client }: Options): string[] {
  const isGiven = (option: RegExp): boolean => args.some((arg) => option.test(arg));
  const seeds: string[] = [];
  if (client === undefined && !isGiven(/^--seed(=|$)/)) seeds.push('--seed', inputSeed);
  if (network !== undefined && !isGiven(/^--network-?seed(=|$)/i)) seeds.push('--network-seed', String(network.seed));
  return [...args, ...seeds];
}

export const command = (args: readonly string[]): string =>
  ['npm run conformance --', ...args.map((arg, i) => quoted(shownArg(arg, args[i - 1])))].join(' ');

/** An argument; the commands that --client and --command take may hold secrets, which others do not see. */
function shownArg(arg: string, before: string | undefined): string {
  const [, option = '', text = arg] = /^(--(?:client|command)=)(.*)$/s.exec(arg) ?? [];
  if (option === '' && !/^--(?:client|command)$/.test(before ?? '')) return arg;
  const words = splitCommand(text);
  const shown = withoutSecrets(words);
  return shown.every((word, i) => word === words[i]) ? arg : `${option}${shown.map(quoted).join(' ')}`;
}

/** Options that reports show as they are. */
const SHOWN = [
  ...(['isOpen', 'isStrict', 'limits', 'profiles', 'required', 'requirements', 'tags', 'levels', 'sources'] as const),
  ...(['excluded', 'timeoutMs', 'repeat', 'inputSeed'] as const),
] satisfies (keyof Options)[];

/** The options for the report: no secrets, no contents of files. */
export function shownOptions(options: Options): Record<string, unknown> {
  const { shard, known, bail, targets, command: started, accounts, network } = options;
  return {
    ...Object.fromEntries(SHOWN.map((name) => [name, options[name]])),
    shard: shard === undefined ? null : `${shard.index}/${shard.count}`,
    knownFailing: known?.path ?? null,
    bail: bail ?? null,
    certificateCheck: (started?.verify ?? targets[0]?.verify)?.kind ?? 'pin',
    accounts: accounts.length,
    network: network === undefined ? null : { conditions: network.text, seed: network.seed },
  };
}
