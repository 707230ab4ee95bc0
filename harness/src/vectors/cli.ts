import { EXIT, SuiteError, UnreachableError, UsageError } from '../errors.ts';
import { type Flags, type Given, readCommandLine } from '../options/command-line.ts';
import { parseDuration } from '../options/values.ts';
import { loadVectors, type Vector } from './format.ts';
import { failureOf, skipsOf } from './report.ts';
import { countVectors, runVectors } from './run.ts';

const FLAGS = {
  command: { type: 'string', describe: 'starts the verifier: a line for the shell' },
  file: { type: 'string', array: true, default: [], describe: 'only these files: hybrid-v1, …' },
  id: { type: 'string', array: true, default: [], describe: 'only these cases; * stands for anything' },
  flag: { type: 'string', array: true, default: [], describe: 'only cases with one of these flags' },
  require: { type: 'string', array: true, default: [], describe: 'kinds that must be supported, or all' },
  list: { type: 'boolean', default: false, describe: 'print the cases, and run nothing' },
  timeout: { type: 'string', default: '10s', describe: 'how long one answer may take: 10, 10s, 1500ms' },
} as const satisfies Flags;

type Options = Given<typeof FLAGS>;

const parseArguments = (args: readonly string[]): Options | undefined =>
  readCommandLine(args, {
    name: 'npm run vectors --',
    usage:
      '$0 [options]\n\nGives the test vectors to a verifier of yours, one JSON line a case, and judges its answers (vectors/README.md); by default to the libraries of this project.',
    flags: FLAGS,
    examples: [
      ['$0', 'the libraries of this project'],
      ["$0 --command './my-verifier'", 'a verifier of yours'],
      ["$0 --command './my-verifier' --file hybrid-v1 --flag LowOrder", 'some of the cases'],
      ["$0 --command './my-verifier' --id 'hybrid-open-cut-*'", 'cases by their ids'],
    ],
    epilogue:
      'Exit codes: 0 all right, 1 a case failed, 2 wrong usage, 3 the command cannot be run or nothing was supported, 4 the suite itself broke.',
  })?.given;

const listOf = (values: readonly string[]): string[] =>
  values
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter(Boolean);

/** @throws UsageError when a name is unknown, or nothing is left */
export function selectVectors(
  vectors: readonly Vector[],
  { file, id, flag }: Pick<Options, 'file' | 'id' | 'flag'>,
): Vector[] {
  const files = listOf(file).map((name) => `${name.replace(/^.*\//, '').replace(/\.json$/, '')}.json`);
  const patterns = listOf(id).map(
    (pattern) => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`),
  );
  const flags = listOf(flag);
  const known = {
    '--file': new Set(vectors.map((one) => one.file)),
    '--flag': new Set(vectors.flatMap((one) => one.flags)),
  };
  for (const [option, wanted] of [
    ['--file', files],
    ['--flag', flags],
  ] as const)
    for (const name of wanted)
      if (!known[option].has(name))
        throw new UsageError(`${option} ${name} is not known; there are ${[...known[option]].sort().join(', ')}`);
  const selected = vectors.filter(
    (one) =>
      (files.length === 0 || files.includes(one.file)) &&
      (flags.length === 0 || one.flags.some((name) => flags.includes(name))) &&
      (patterns.length === 0 || patterns.some((pattern) => pattern.test(one.id))),
  );
  if (selected.length === 0) throw new UsageError('no case is left: see --list');
  return selected;
}

async function verify(options: Options): Promise<number> {
  const all = loadVectors();
  const vectors = selectVectors(all, options);
  if (options.list) {
    for (const { id, kind, comment, flags } of vectors)
      console.log(`${id}  [${[kind, ...flags].join(', ')}]  ${comment}`);
    console.log(`${vectors.length} cases`);
    return EXIT.conformant;
  }
  const required = listOf(options.require);
  const kinds = new Set(all.map(({ kind }) => kind));
  for (const kind of required)
    if (kind !== 'all' && !kinds.has(kind))
      throw new UsageError(`--require ${kind} is not known; there are all, ${[...kinds].sort().join(', ')}`);

  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  try {
    const results = await runVectors({
      vectors,
      command: options.command,
      timeoutMs: parseDuration(options.timeout),
      required,
      signal: interruption.signal,
      onResult: (result) => {
        if (result.status === 'failed') console.log(failureOf(result));
      },
    });
    for (const line of skipsOf(results)) console.log(line);
    const { passed, failed, skipped } = countVectors(results);
    if (interruption.signal.aborted)
      console.error(`vectors: interrupted after ${results.length} of ${vectors.length} cases`);
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    if (interruption.signal.aborted) return EXIT.interrupted;
    if (failed > 0) return EXIT.notConformant;
    if (passed === 0) throw new UnreachableError('the verifier supports none of these cases: nothing was verified');
    return EXIT.conformant;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
  }
}

/** @returns the exit code */
export async function main(args: string[]): Promise<number> {
  // Somebody who reads only the first lines (`| head`) changes nothing about the verdict.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    const options = parseArguments(args);
    return options === undefined ? EXIT.conformant : await verify(options);
  } catch (error) {
    if (error instanceof UsageError) return fail(EXIT.usage, error.message);
    if (error instanceof UnreachableError) return fail(EXIT.unreachable, error.message);
    if (error instanceof SuiteError) return fail(EXIT.suiteBroken, `the suite is broken: ${error.message}`);
    return fail(EXIT.suiteBroken, `the suite is broken: ${error instanceof Error ? error.stack : error}`);
  }
}

function fail(code: number, message: string): number {
  console.error(`vectors: ${message}`);
  return code;
}
