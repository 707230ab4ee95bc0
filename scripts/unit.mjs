// Runs the unit tests (all *.test.ts, or the files given) under c8, and holds the coverage of the packages that promise
// one against it. Its last line gives the totals. (node:test of Node 20 takes no globs, hence the walk.)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Lines covered, in percent, that a package must reach. */
const COVERAGE = {
  'reference/proto': 90,
  'reference/core': 90,
  'reference/rpc': 90,
  'reference/server': 90,
  'reference/client': 90,
};

/** How long a file may take: one whose failed test leaves a process behind would not end. */
const FILE_MS = 600_000;

const testFiles = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .filter((file) => !file.split(sep).includes('node_modules'));

const given = process.argv.slice(2);
const files =
  given.length > 0 ? given : ['reference', 'harness', 'scripts', 'interop', 'bench', 'docs'].flatMap(testFiles).sort();
if (files.length === 0) throw new Error('no unit tests found');

const scratch = mkdtempSync(join(tmpdir(), 'unit-'));
try {
  const tap = join(scratch, 'tests.tap');
  const run = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/c8/bin/c8.js'),
      ...[
        '--reporter=json-summary',
        '--reporter=lcovonly',
        `--reports-dir=${join(root, 'coverage')}`,
        `--temp-directory=${join(scratch, 'v8')}`,
      ],
      ...[
        '--src=.',
        '--include=reference/*/src/**',
        '--include=harness/src/**',
        '--exclude=**/*.test.ts',
        '--exclude=**/generated/**',
      ],
      ...[process.execPath, '--import', 'tsx', '--test', '--test-concurrency=3', `--test-timeout=${FILE_MS}`],
      ...[
        '--test-reporter=dot',
        '--test-reporter-destination=stdout',
        '--test-reporter=tap',
        `--test-reporter-destination=${tap}`,
      ],
      ...files,
    ],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const report = readFileSync(tap, 'utf8');
  const total = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(report)?.[1] ?? Number.NaN);
  const passed = total('pass');
  const skipped = total('skipped') + total('todo');
  let failed = total('fail') + total('cancelled');
  process.stdout.write('\n');
  if (failed > 0) process.stdout.write(failures(report));
  if (run.status !== 0 && failed === 0) failed = 1;
  if (!(passed > 0)) throw new Error('the unit tests did not run to their end');

  if (given.length === 0 && failed === 0) {
    for (const line of coverageGaps()) {
      console.log(line);
      failed += 1;
    }
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** The failing tests of a TAP report, each with its diagnosis. */
function failures(report) {
  const lines = report.split('\n');
  const out = [];
  for (const [i, line] of lines.entries()) {
    if (!/^\s*not ok /.test(line)) continue;
    const end = lines.findIndex((other, j) => j > i && /^\s*\.\.\.$/.test(other));
    out.push(...lines.slice(i, end < 0 ? i + 40 : Math.min(end, i + 40)));
  }
  return `${out.join('\n')}\n`;
}

function coverageGaps() {
  const summary = JSON.parse(readFileSync(join(root, 'coverage/coverage-summary.json'), 'utf8'));
  const gaps = [];
  for (const [folder, minimum] of Object.entries(COVERAGE)) {
    const of = Object.entries(summary).filter(([file]) => file.startsWith(join(root, folder) + sep));
    const all = of.reduce((sum, [, { lines }]) => sum + lines.total, 0);
    const covered = of.reduce((sum, [, { lines }]) => sum + lines.covered, 0);
    const percent = all === 0 ? 0 : (100 * covered) / all;
    console.log(`coverage of ${folder}: ${percent.toFixed(1)} % of ${all} lines`);
    if (percent < minimum) gaps.push(`coverage of ${folder} is under ${minimum} %`);
  }
  return gaps;
}
