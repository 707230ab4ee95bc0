// npm run stryker [-- proto|rpc [FILE…]]: changes one thing after the other in what we wrote of proto and rpc, and looks whether a unit
// test notices. The score is the share of changes that one does. Minutes a package; not a part of CI.
//
// All changes are compiled in at once, and one is chosen when a process starts. Each test file is bundled first, so that Node.js starts
// it in a tenth of a second, and a change runs only the files that reach it, up to the first that fails.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const PACKAGES = ['proto', 'rpc'];
/** Random bytes for seconds: what it finds becomes a test of its own. */
const LEFT_OUT = /fuzz/;
/** Whether a test file takes about a second, and runs behind the others: most changes are noticed before. */
const isSlow = (file) => /test\/(client|backpressure)/.test(file);

const [wanted, ...files] = process.argv.slice(2);
if (wanted !== undefined && !PACKAGES.includes(wanted)) {
  console.error(`stryker: there is no package ${wanted}; give ${PACKAGES.join(' or ')}, and files of its src/`);
  process.exit(2);
}
for (const file of files) {
  if (existsSync(join('reference', wanted, 'src', file))) continue;
  console.error(`stryker: there is no reference/${wanted}/src/${file}; give files as they are named in there`);
  process.exit(2);
}

const sandboxes = `node_modules/.stryker/${process.pid}`;
process.on('exit', () => rmSync(sandboxes, { recursive: true, force: true })); // Ctrl-C, too

let survivors = 0;
const started = Date.now();
for (const name of wanted === undefined ? PACKAGES : [wanted]) {
  const folder = `reference/${name}`;
  const tests = readdirSync(folder, { recursive: true })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules') && !LEFT_OUT.test(file))
    .sort((a, b) => isSlow(a) - isSlow(b) || a.localeCompare(b));
  const results = await new Stryker({
    mutate:
      files.length > 0
        ? files.map((file) => `${folder}/src/${file}`)
        : [`${folder}/src/**/*.ts`, '!**/*.test.ts', '!**/generated/**', '!**/index.ts'],
    ignorePatterns: ['/*', '!/reference', '/reference/*', `!/${folder}`, '!/schemas', '!/tsconfig.json'],
    buildCommand: `esbuild ${tests.join(' ')} --bundle --platform=node --format=esm --outbase=. --outdir=. --out-extension:.js=.mjs --log-level=warning`,
    testRunner: 'tap',
    tap: {
      testFiles: tests.map((file) => file.replace(/\.ts$/, '.mjs')),
      nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'],
    },
    plugins: ['@stryker-mutator/tap-runner'],
    concurrency: 2,
    logLevel: 'error', // it warns that bundles are not among the files that it read
    reporters: ['clear-text', 'progress'],
    clearTextReporter: { logTests: false, reportTests: false, reportMutants: true },
    tempDirName: sandboxes,
    disableTypeChecks: false,
    allowEmpty: false,
  }).runMutationTest();
  survivors += results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').length;
}
console.log(`${survivors} survivors, ${Math.round((Date.now() - started) / 1000)} s`);
