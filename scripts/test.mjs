// npm test: everything a commit must pass. Each part prints what it does; the last line adds up the unit tests, the
// scenarios and one check each for types, style and spec.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name) => join(root, 'node_modules/.bin', name);
const TOTALS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/;

/** Without totals a part counts as one check, by its exit code. */
const PARTS = [
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
  { name: 'lint', command: [bin('biome'), 'check', '.', '--diagnostic-level=warn'] },
  { name: 'spec against features', command: [bin('tsx'), 'scripts/spec-check.ts'] },
  { name: 'unit tests', command: [process.execPath, 'scripts/unit.mjs'], totals: true },
  { name: 'conformance', command: [process.execPath, 'harness/bin/conformance.js'], totals: true },
];

let passed = 0;
let failed = 0;
let skipped = 0;
for (const part of PARTS) {
  console.log(`\n== ${part.name}`);
  const { code, lastLine } = await run(part.command);
  const totals = part.totals ? TOTALS.exec(lastLine) : null;
  if (totals) {
    passed += Number(totals[1]);
    skipped += Number(totals[3]);
    // A part that failed for another reason than a failed case still counts.
    failed += Math.max(Number(totals[2]), code === 0 ? 0 : 1);
  } else if (code === 0 && !part.totals) passed += 1;
  else failed += 1;
  if (code !== 0) console.log(`${part.name}: failed (exit ${code})`);
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

async function run([command, ...args]) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let tail = '';
  child.stdout.on('data', (chunk) => {
    process.stdout.write(chunk);
    tail = (tail + chunk).slice(-400);
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? signal));
  });
  return { code, lastLine: tail.trimEnd().split('\n').at(-1) ?? '' };
}
