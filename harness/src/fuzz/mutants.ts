// npm run fuzz:mutants: holds the properties against broken servers, some of which they must catch, and against right ones that are
// different, none of which they may accuse.
import { writeFileSync } from 'node:fs';
import { EXIT } from '../errors.ts';
import { MutantHost } from '../mutants/host.ts';
import { argumentsOf } from '../options/command-line.ts';
import { loadClaims } from './claims.ts';
import { explore, failsAgain } from './explore.ts';
import { type FaultyServer, onFaultyServer } from './faulty-target.ts';
import { REGRESSIONS, saveRegression } from './regressions.ts';

const { given: options, files: patterns } = argumentsOf({
  name: 'npm run fuzz:mutants --',
  usage:
    '$0 [PATTERN…]\n\nFuzzes broken servers, and right ones that are different; by default those that harness/fuzz/catalog.json is about.',
  flags: {
    mutants: { type: 'boolean', default: true, describe: 'run the broken ones (--no-mutants: not)' },
    variants: { type: 'boolean', default: true, describe: 'run the right ones (--no-variants: not)' },
    all: { type: 'boolean', default: false, describe: 'also mutants of requirements that the catalog does not name' },
    property: {
      type: 'string',
      array: true,
      default: ['linearizable', 'mutated-frames'] as string[],
      describe: 'only these',
    },
    runs: { type: 'number', default: 300, describe: 'inputs of a property, on each server' },
    seed: { type: 'number', default: 1, describe: 'of the inputs' },
    shrink: { type: 'boolean', default: false, describe: 'make counterexamples small, and show them' },
    save: {
      type: 'boolean',
      default: false,
      describe: 'keep one small counterexample of each requirement in vectors/regressions',
    },
    jobs: { type: 'number', default: 2, describe: 'servers at once' },
    json: { type: 'string', describe: 'write what was found to this file' },
  },
  epilogue:
    'Exit codes: 0 each claim of the catalog is shown by a mutant and nobody right is accused, 1 not so, 2 nothing selected.',
  takesFiles: true,
});

interface Result {
  id: string;
  requirement: string | undefined;
  property: string;
  runs: number;
  skipped: string | undefined;
  /** What was said against the server. */
  why: string | undefined;
  input: unknown;
  ms: number;
}

const claims = loadClaims();
const isClaimed = (property: string, requirement: string): boolean => claims.get(property)?.has(requirement) ?? false;

/** Claims of which a counterexample is kept. */
const saved = new Set<string>();

async function fuzzServer(host: MutantHost, server: FaultyServer): Promise<Result[]> {
  const { requirement } = server;
  const isRight = requirement === undefined;
  const results: Result[] = [];
  await onFaultyServer(host, server, async (properties) => {
    for (const property of properties.filter(({ id }) => options.property.includes(id))) {
      const { id } = property;
      const claim = `${id}: ${requirement}`;
      if (!isRight && !options.all && !isClaimed(id, requirement)) continue;
      if (options.save && saved.has(claim)) continue;
      const started = Date.now();
      const { found, gone, runs, skipped, skippedBecause } = await explore(
        { ...property, runs: options.runs },
        { seed: options.seed, isShrunk: options.shrink || options.save },
      );
      results.push({
        ...{ id: server.id, requirement, property: id, runs },
        skipped: skipped > 0 ? `${skipped} runs say nothing: ${skippedBecause}` : undefined,
        why: found?.why ?? gone?.why,
        input: found && property.save(found.input),
        ms: Date.now() - started,
      });
      if (found && options.shrink) console.log(property.show(found.input));
      // What comes again at once is worth keeping.
      if (!found || !options.save || isRight || saved.has(claim) || !(await failsAgain(property, found.input)))
        continue;
      saved.add(claim);
      saveRegression(property, found, REGRESSIONS, server.id);
    }
  });
  return results;
}

function told({ id, requirement, property, runs, why, skipped, ms, input }: Result): void {
  const isRight = requirement === undefined;
  const word = isRight ? (why ? 'ACCUSED ' : 'passed  ') : why ? 'caught  ' : 'survived';
  const size = Array.isArray(input) && options.shrink ? `, ${input.length} commands` : '';
  console.log(`${word} ${(requirement ?? '').padEnd(8)} ${id}: ${property} (${runs} runs, ${ms} ms${size})`);
  if (why && (isRight || options.shrink)) console.log(`         ${why}`);
  if (skipped) console.log(`         ${skipped}`);
}

const isWanted = (text: string): boolean => patterns.length === 0 || patterns.some((pattern) => text.includes(pattern));
const lister = new MutantHost();
const listed = await lister.list();
await lister.close();
const isAbout = (requirement: string): boolean =>
  options.all || options.property.some((property) => isClaimed(property, requirement));
const works: FaultyServer[] = [
  ...(options.variants ? listed.variants : []).map(
    ({ id, declared }): FaultyServer => ({ id, requirement: undefined, declared, isOpen: false }),
  ),
  ...(options.mutants ? listed.mutants : []).filter(({ requirement }) => isAbout(requirement)),
].filter(({ id, requirement }) => isWanted(`${requirement ?? ''} ${id}`));
if (works.length === 0) {
  console.error(`fuzz:mutants: nothing matches ${patterns.join(', ')}`);
  process.exit(EXIT.usage);
}

const started = Date.now();
const results: Result[] = [];
const left = [...works];
await Promise.all(
  Array.from({ length: Math.min(options.jobs, works.length) }, async () => {
    const host = new MutantHost();
    for (let work = left.shift(); work; work = left.shift()) {
      try {
        for (const result of await fuzzServer(host, work)) {
          results.push(result);
          told(result);
        }
      } catch (error) {
        console.log(`broken   ${work.requirement ?? ''} ${work.id}: ${error instanceof Error ? error.stack : error}`);
      }
    }
    await host.close();
  }),
);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);

const caught = results.filter(({ requirement, why }) => requirement !== undefined && why !== undefined);
const mutantsRun = new Set(results.filter(({ requirement }) => requirement !== undefined).map(({ id }) => id));
const accused = results.filter(({ requirement, why }) => requirement === undefined && why !== undefined);
const right = new Set(results.filter(({ requirement }) => requirement === undefined).map(({ id }) => id));
const unshown =
  patterns.length > 0 || !options.mutants
    ? []
    : options.property.flatMap((property) =>
        [...(claims.get(property) ?? [])]
          .filter((requirement) => !caught.some((one) => one.requirement === requirement && one.property === property))
          .map((requirement) => `${property}: ${requirement}`),
      );
for (const claim of unshown) console.log(`no mutant shows ${claim}`);
console.log(
  `\n${new Set(caught.map(({ id }) => id)).size} of ${mutantsRun.size} mutants caught; ${accused.length} of ${right.size} right servers accused; ${unshown.length} claims not shown; ${((Date.now() - started) / 1_000).toFixed(0)} s`,
);
process.exitCode = accused.length + unshown.length > 0 ? EXIT.notConformant : EXIT.conformant;
