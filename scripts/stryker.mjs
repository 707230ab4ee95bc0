// npm run stryker [-- proto|rpc [FILE…]]: changes one thing after the other in what we wrote of proto and rpc, and looks whether a unit
// test notices. The score is the share of changes that one does. Minutes a package; not a part of CI.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
const PACKAGES = ['proto', 'rpc'];
/** Slow, and none of them tests a single file. */
const LEFT_OUT = /fuzz|backpressure/;

const [wanted, ...files] = process.argv.slice(2);
if (wanted !== undefined && !PACKAGES.includes(wanted)) {
  console.error(`stryker: there is no package ${wanted}; give ${PACKAGES.join(' or ')}, and files of its src/`);
  process.exit(2);
}

let survivors = 0;
for (const name of wanted === undefined ? PACKAGES : [wanted]) {
  const folder = `reference/${name}`;
  const tests = readdirSync(join(root, folder), { recursive: true })
    .map((file) => `./${folder}/${file}`)
    .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules') && !LEFT_OUT.test(file));
  // One process for all tests: node:test would start one for each file.
  const imports = tests.map((file) => `await import('${file}');`).join(' ');
  const results = await new Stryker({
    testRunner: 'command',
    commandRunner: { command: `node --import tsx --input-type=module -e "${imports}"` },
    mutate:
      files.length > 0
        ? files.map((file) => `${folder}/src/${file}`)
        : [`${folder}/src/**/*.ts`, '!**/*.test.ts', '!**/generated/**', '!**/index.ts'],
    concurrency: 2,
    timeoutMS: 20_000,
    ignorePatterns: ['/*', '!/reference', '/reference/*', `!/${folder}`, '!/schemas', '!/tsconfig.json'],
    reporters: ['clear-text', 'progress'],
    clearTextReporter: { logTests: false, reportTests: false, reportMutants: true },
    tempDirName: 'node_modules/.stryker',
    checkers: [],
    plugins: [],
    disableTypeChecks: false,
    allowEmpty: false,
  }).runMutationTest();
  survivors += results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').length;
}
console.log(`${survivors} survivors`);
