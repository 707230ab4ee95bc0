import { EXIT, UsageError } from '../errors.ts';
import { type Explored, explore, type Found, failsAgain } from './explore.ts';
import { TargetGone } from './findings.ts';
import type { FuzzOptions } from './options.ts';
import type { Property } from './property.ts';
import { loadRegressions, type Regression, saveRegression } from './regressions.ts';

type Print = (line: string) => void;
/** Each run begins with these: what depends on how calls meet is given some chances. */
const REPLAY_CHANCES = 2;
/** Codecs are done in a moment, in ms. */
const LOCAL_MS = 2_000;

/**
 * Replays what was found before, then explores every property that is wanted, and says what was found.
 * @returns the exit code
 */
export async function fuzz(
  all: readonly Property<never>[],
  { seed, path, property: wanted, timeMs, isSave, regressions }: FuzzOptions,
  args: readonly string[],
  signal: AbortSignal,
  print: Print = console.log,
): Promise<number> {
  const properties = all.filter(({ id }) => wanted === undefined || id === wanted);
  if (properties.length === 0)
    throw new UsageError(`--property ${wanted} is not known; there are ${all.map(({ id }) => id).join(', ')}`);
  print(`seed ${seed}`);
  let failures = path === undefined ? await replay(properties, regressions, signal, print) : 0;
  let silent = 0;
  const remote = properties.filter(({ isLocal }) => !isLocal).length;
  for (const property of properties) {
    if (signal.aborted) break;
    const started = Date.now();
    const share = timeMs === undefined ? undefined : property.isLocal ? LOCAL_MS : timeMs / Math.max(1, remote);
    const onRun = progress(property.id);
    const explored = await explore(property, { seed, path, timeMs: share, onRun, signal });
    clearProgress();
    print(verdict(property, explored, Date.now() - started, path !== undefined));
    const { found, gone } = explored;
    const shown = found ?? gone;
    if (shown) print(`${property.show(shown.input)}\n  ${shown.why}\n  again: ${again(args, property.id, shown)}`);
    if (found && property.isSoiled?.()) print(`  ${soiled(found)}`);
    if (found && isSave) print(`  kept as ${saveRegression(property, found, regressions)}`);
    if (found) failures += 1;
    else if (gone || isSilent(explored)) silent += 1;
    if (gone) break;
  }
  if (failures > 0) return EXIT.notConformant;
  if (signal.aborted) return EXIT.interrupted;
  return silent > 0 ? EXIT.unreachable : EXIT.conformant;
}

/** @returns how many of the counterexamples that were found before fail again */
async function replay(
  properties: readonly Property<never>[],
  directory: string,
  signal: AbortSignal,
  print: Print,
): Promise<number> {
  let failures = 0;
  let replayed = 0;
  for (const [file, regression] of loadRegressions(directory)) {
    const property = properties.find(({ id }) => id === regression.property);
    if (!property || signal.aborted) continue;
    if (regression.input !== undefined && property.isFor?.(property.load(regression.input)) === false) continue;
    replayed += 1;
    const why = await whyAgain(property, regression);
    if (why === undefined) continue;
    failures += 1;
    const shown = regression.input === undefined ? '' : `\n${property.show(property.load(regression.input))}`;
    print(`${property.id}: FAILED again, as ${file} has it${shown}\n  ${why}`);
  }
  if (replayed > 0) print(`earlier counterexamples: ${replayed} replayed, ${failures} fail`);
  return failures;
}

async function whyAgain(property: Property<never>, { input, found }: Regression): Promise<string | undefined> {
  try {
    if (input === undefined) return (await explore(property, found)).found?.why;
    return await failsAgain(property, property.load(input), REPLAY_CHANCES);
  } catch (error) {
    if (error instanceof TargetGone) return `the target went away: ${error.message}`;
    throw error;
  }
}

/** What to make of a counterexample for which no new people were to be had. */
function soiled({ firstPath }: Found<never>): string {
  const first = firstPath === undefined ? '' : ` On a fresh target try --path ${firstPath} too: so it was found first.`;
  return `The accounts keep what was done with them, which was in the way of making it smaller.${first} With more accounts (in threes), or OPAQUE, each try has people of its own.`;
}

/** Of a search that hardly says anything nobody should believe that it found nothing. */
const isSilent = ({ runs, skipped }: Explored<never>): boolean => skipped * 2 > runs;

function verdict(property: Property<never>, explored: Explored<never>, ms: number, isReplay: boolean): string {
  const { runs, skipped, skippedBecause, found, gone } = explored;
  const remark = property.remark();
  const word = found ? 'FAILED' : gone ? 'the target went away' : isSilent(explored) ? 'nothing can be said' : 'holds';
  const parts = [
    `${property.id}: ${word} (${runs} runs, ${(ms / 1_000).toFixed(1)} s)`,
    ...(found && !isReplay ? [`shrunk ${found.shrinks} times to`] : []),
    ...(gone ? ['perhaps by this input; unless somebody stopped it, that is a fault'] : []),
    ...(skipped > 0 ? [`${skipped} runs say nothing: ${skippedBecause}`] : []),
    ...(remark === undefined ? [] : [remark]),
  ];
  return parts.join('; ');
}

/** The command that finds it again: the command line, with where it is. */
export function again(
  args: readonly string[],
  id: string,
  { seed, path }: Pick<Found<unknown>, 'seed' | 'path'>,
): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] as string;
    if (/^--(?:seed|path|property|minutes)$/.test(arg)) i += 1;
    else if (!/^--(?:seed|path|property|minutes)=|^--save$/.test(arg)) kept.push(arg);
  }
  const quoted = kept.map((arg) => (/^[\w@%+=:,./[\]-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`));
  return ['npm run fuzz --', ...quoted, `--seed ${seed} --path ${path} --property ${id}`].join(' ');
}

const isTerminal = process.stderr.isTTY === true;
function progress(id: string): (isShrinking: boolean) => void {
  let runs = 0;
  return (isShrinking) => {
    runs += 1;
    if (isTerminal && runs % 10 === 0)
      process.stderr.write(`\r${id}: ${runs} runs${isShrinking ? ', making a counterexample smaller' : ''}`);
  };
}
const clearProgress = (): void => void (isTerminal && process.stderr.write('\r\u001b[K'));
