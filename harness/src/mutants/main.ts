// npm run mutants: holds the suite against broken servers, each of which it must catch, and against right ones that are
// different, each of which it must pass.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { EXIT } from '../errors.ts';
import { argumentsOf } from '../options/command-line.ts';
import { MutantHost } from './host.ts';
import { judgeAll } from './pool.ts';
import { inOneServer } from './together.ts';
import type { Work } from './worker.ts';

const { given: options, files: patterns } = argumentsOf({
  name: 'npm run mutants --',
  usage:
    '$0 [PATTERN…]\n\nRuns the suite against broken servers (each must be caught, by a scenario of the requirement that it breaks)\nand against right ones that are different (each must pass).',
  flags: {
    mutants: { type: 'boolean', default: true, describe: 'run the broken ones (--no-mutants: not)' },
    variants: { type: 'boolean', default: true, describe: 'run the right ones (--no-variants: not)' },
    apart: { type: 'boolean', default: false, describe: 'each right one alone, also those that go into one server' },
    jobs: { type: 'number', default: Math.max(1, availableParallelism()), describe: 'processes at once' },
    list: { type: 'boolean', default: false, describe: 'only list them' },
    json: { type: 'string', describe: 'write what was found to this file' },
    verbose: { type: 'boolean', default: false, describe: 'show by what each one was caught' },
  },
  examples: [['$0 DS- delivery/', 'those whose id or requirement contains one of the words']],
  epilogue: 'Exit codes: 0 all caught and all passed, 1 not so, 2 wrong usage or nothing selected.',
  takesFiles: true,
});

const isWanted = (text: string): boolean => patterns.length === 0 || patterns.some((pattern) => text.includes(pattern));

const host = new MutantHost();
const { mutants, variants, together } = await host.list();
await host.close();

const wanted = (options.variants ? variants : []).filter(({ id }) => isWanted(id));
const works: Work[] = [
  ...(options.apart ? wanted : inOneServer(wanted, together)).map((entry): Work => ({ kind: 'variant', entry })),
  ...(options.mutants ? mutants : [])
    .filter(({ id, requirement }) => isWanted(`${requirement} ${id}`))
    .map((entry): Work => ({ kind: 'mutant', entry })),
];
if (works.length === 0) {
  process.stderr.write(`mutants: nothing matches ${patterns.join(', ')} (see --list)\n`);
  process.exit(EXIT.usage);
}
if (options.list) {
  for (const { kind, entry } of works)
    console.log(`${kind === 'mutant' ? entry.requirement.padEnd(9) : 'right    '} ${entry.id}: ${entry.what}`);
  process.exit(0);
}

const started = Date.now();
const results = await judgeAll(works, options.jobs, (work, done) => {
  const isRight = !('error' in done) && done.isRight;
  const word = work.kind === 'mutant' ? (isRight ? 'caught  ' : 'SURVIVED') : isRight ? 'passed  ' : 'ACCUSED ';
  const requirement = work.kind === 'mutant' ? `${work.entry.requirement} ` : '';
  const ms = 'error' in done ? '' : ` (${done.durationMs} ms)`;
  console.log(`${word} ${requirement}${work.entry.id}: ${work.entry.what}${ms}`);
  const lines = 'error' in done ? [done.error] : done.findings;
  if (!isRight || options.verbose || work.kind === 'variant') for (const line of lines) console.log(`         ${line}`);
});
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);

const isRight = ({ done }: (typeof results)[number]): boolean => !('error' in done) && done.isRight;
const of = (kind: Work['kind']) => results.filter(({ work }) => work.kind === kind);
const caught = of('mutant').filter(isRight).length;
/** How many variants there are in servers. */
const held = (some: typeof results): number => some.reduce((sum, { work }) => sum + work.entry.id.split('+').length, 0);
const passed = held(of('variant').filter(isRight));
const variantCount = held(of('variant'));
console.log(`\n${caught} of ${of('mutant').length} mutants caught; ${passed} of ${variantCount} variants pass`);
console.log(`in ${((Date.now() - started) / 1000).toFixed(0)} s`);
const failed = of('mutant').length + variantCount - caught - passed;
console.log(`${caught + passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? EXIT.conformant : EXIT.notConformant;
