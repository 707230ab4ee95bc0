import { EXIT, UsageError } from '../errors.ts';
import { Inconclusive, Violation } from './clients.ts';
import { type Explored, explore } from './explore.ts';
import type { FuzzOptions } from './options.ts';
import type { Property } from './properties.ts';
import { loadRegressions, type Regression, saveRegression } from './regressions.ts';

/**
 * Replays what was found before, then explores every property that is wanted, and says what was found.
 * @returns the exit code
 */
export async function fuzz(
  all: readonly Property<never>[],
  { seed, path, property: wanted, timeMs, isSave }: FuzzOptions,
  args: readonly string[],
  print: (line: string) => void = console.log,
): Promise<number> {
  const properties = all.filter(({ id }) => wanted === undefined || id === wanted);
  if (properties.length === 0)
    throw new UsageError(`--property ${wanted} is not known; there are ${all.map(({ id }) => id).join(', ')}`);
  print(`seed ${seed}`);
  let failures = 0;
  let silent = 0;
  if (path === undefined)
    for (const [file, regression] of loadRegressions())
      for (const property of properties)
        if (property.id === regression.property && !(await holdsAgain(property, file, regression, print)))
          failures += 1;
  // The codecs are done in a moment: the time is for what talks to the target.
  const remote = properties.filter(({ isLocal }) => !isLocal).length;
  for (const property of properties) {
    const started = Date.now();
    const share = timeMs === undefined ? undefined : property.isLocal ? 2_000 : timeMs / Math.max(1, remote);
    const explored = await explore(property, { seed, path, timeMs: share, onRun: progress(property.id) });
    clearProgress();
    if (explored.found) failures += 1;
    if (explored.runs === explored.skipped) silent += 1;
    print(verdict(property, explored, Date.now() - started));
    if (!explored.found) continue;
    print(`${property.show(explored.found.input)}\n  ${explored.found.why}`);
    print(`  again: ${again(args, property.id, explored.found)}`);
    if (isSave) print(`  kept as ${saveRegression(property, explored.found)}`);
  }
  if (failures > 0) return EXIT.notConformant;
  return silent > 0 ? EXIT.unreachable : EXIT.conformant;
}

async function holdsAgain(
  property: Property<never>,
  file: string,
  { input, seed, path }: Regression,
  print: (line: string) => void,
): Promise<boolean> {
  try {
    if (input === undefined) {
      const { found } = await explore(property, { seed, path });
      if (found) throw new Violation(found.why);
    } else await property.run(property.load(input));
    return true;
  } catch (error) {
    if (error instanceof Inconclusive) return true;
    if (!(error instanceof Violation)) throw error;
    print(`${property.id}: FAILED again, as ${file} has it: ${error.message}`);
    return false;
  }
}

function verdict(property: Property<never>, { runs, skipped, skippedBecause, found }: Explored<never>, ms: number) {
  const remark = property.remark();
  const parts = [
    `${property.id}: ${found ? 'FAILED' : 'holds'} (${runs} runs, ${(ms / 1_000).toFixed(1)} s)`,
    ...(found ? [`shrunk ${found.shrinks} times to`] : []),
    ...(skipped > 0 ? [`${skipped} runs say nothing: ${skippedBecause}`] : []),
    ...(remark === undefined ? [] : [remark]),
  ];
  return parts.join('; ');
}

/** The command that finds it again: the command line, with where it is. */
export function again(args: readonly string[], id: string, { seed, path }: { seed: number; path: string }): string {
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
function progress(id: string): () => void {
  let runs = 0;
  return () => {
    runs += 1;
    if (isTerminal && runs % 10 === 0) process.stderr.write(`\r${id}: ${runs} runs`);
  };
}
const clearProgress = (): void => void (isTerminal && process.stderr.write('\r\u001b[K'));
