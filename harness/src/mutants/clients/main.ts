// npm run mutants:clients: holds the scenarios for clients against broken clients, each of which they must catch by the
// requirement that it breaks, and against right ones that are different, each of which they must pass.
import { availableParallelism } from 'node:os';
import { EXIT } from '../../errors.ts';
import { argumentsOf } from '../../options/command-line.ts';
import { faults, togetherOf, variants } from './catalog.ts';
import { type Finding, judgeFault, judgeVariant } from './judge.ts';

const { given: options, files: patterns } = argumentsOf({
  name: 'npm run mutants:clients --',
  usage:
    '$0 [PATTERN…]\n\nRuns the suite against broken clients (each must be caught, by a scenario of the requirement that it breaks)\nand against right ones that are different (each must pass).',
  flags: {
    mutants: { type: 'boolean', default: true, describe: 'run the broken ones (--no-mutants: not)' },
    variants: { type: 'boolean', default: true, describe: 'run the right ones (--no-variants: not)' },
    apart: { type: 'boolean', default: false, describe: 'each right one alone; else several in one' },
    requirement: { type: 'string', describe: 'of the right ones: only scenarios whose requirement begins so' },
    jobs: { type: 'number', default: availableParallelism(), describe: 'cores to use' },
    list: { type: 'boolean', default: false, describe: 'only list them' },
    verbose: { type: 'boolean', default: false, describe: 'show by what each one was caught' },
  },
  examples: [['$0 CLI-0 hybrid', 'those whose id or requirement contains one of the words']],
  epilogue: 'Exit codes: 0 all caught and all passed, 1 not so, 2 wrong usage or nothing selected.',
  takesFiles: true,
});

const isWanted = (text: string): boolean => patterns.length === 0 || patterns.some((pattern) => text.includes(pattern));

interface Work {
  name: string;
  /** What it is called when it is as it should be, and when not. */
  words: [string, string];
  judge(): Promise<Finding>;
}

const wantedVariants = options.variants ? variants.filter(({ id }) => isWanted(id)) : [];
const works: Work[] = [
  // The longest first.
  ...(options.apart ? wantedVariants : togetherOf(wantedVariants)).map((variant): Work => {
    const judge = () => judgeVariant(variant, ({ requirement }) => requirement.startsWith(options.requirement ?? ''));
    return { name: `${variant.id}: ${variant.what}`, words: ['passed  ', 'ACCUSED '], judge };
  }),
  ...(options.mutants ? faults : [])
    .filter(({ id, requirement }) => isWanted(`${requirement} ${id}`))
    .map((fault): Work => {
      const { requirement, id, what } = fault;
      const judge = () => judgeFault(fault);
      return { name: `${requirement} ${id}: ${what}`, words: ['caught  ', 'SURVIVED'], judge };
    }),
];
if (works.length === 0) {
  process.stderr.write(`mutants:clients: nothing matches ${patterns.join(', ')} (see --list)\n`);
  process.exit(EXIT.usage);
}
if (options.list) {
  for (const { name } of works) console.log(name);
  process.exit(0);
}

const started = Date.now();
const left = [...works];
let right = 0;

async function work(): Promise<void> {
  for (let one = left.shift(); one; one = left.shift()) {
    const startedAt = Date.now();
    const { isRight, lines } = await one.judge().catch(
      (error: unknown): Finding => ({
        isRight: false,
        lines: [error instanceof Error ? error.message : String(error)],
      }),
    );
    if (isRight) right += 1;
    console.log(`${one.words[isRight ? 0 : 1]} ${one.name} (${Date.now() - startedAt} ms)`);
    if (!isRight || options.verbose) for (const line of lines) console.log(`         ${line}`);
  }
}

/** Much of it is waiting: for processes to start, for time-outs. */
const AT_ONCE_PER_JOB = 2;
await Promise.all(Array.from({ length: Math.max(1, Math.round(AT_ONCE_PER_JOB * options.jobs)) }, work));
console.log(`\nin ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${right} passed, ${works.length - right} failed, 0 skipped`);
process.exitCode = right === works.length ? EXIT.conformant : EXIT.notConformant;
