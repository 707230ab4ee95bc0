// How many cases a second the suite gets through, on an embedded server: scenarios with their example rows, and vectors. Beside it,
// in the same run, a part of it on one lane.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../interop/peer.ts';

const ROUNDS = 3;
/** Of what runs on one lane too: the whole would take a minute. */
const PART = ['--shard', '1/4'];
const TOTALS = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m;

/** @returns cases that ran, and how long the process took, in ms. @throws Error when one failed */
function run(program: string, ...args: string[]): { cases: number; ms: number } {
  const startedAt = performance.now();
  const { stdout, status } = spawnSync(process.execPath, [join(ROOT, program), ...args], { encoding: 'utf8' });
  const ms = performance.now() - startedAt;
  const [, passed, failed] = TOTALS.exec(stdout) ?? [];
  if (status !== 0 || failed !== '0') throw new Error(`${program} failed (exit ${status}):\n${stdout.slice(-2_000)}`);
  return { cases: Number(passed), ms };
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const report = join(scratch, 'report.json');
  const suites = Array.from({ length: ROUNDS }, () => run('harness/bin/conformance.js', '--report', `json=${report}`));
  const severalLanes = run('harness/bin/conformance.js', ...PART, '--jobs', '12');
  const oneLane = run('harness/bin/conformance.js', ...PART, '--jobs', '1');
  const vectors = Array.from({ length: ROUNDS }, () => run('harness/bin/vectors.js'));
  const { durationMs } = JSON.parse(readFileSync(report, 'utf8')) as { durationMs: number };
  const [scenarios, cases] = [suites[0]?.cases ?? 0, vectors[0]?.cases ?? 0];
  const [suiteMs, vectorsMs] = [median(suites.map(({ ms }) => ms)), median(vectors.map(({ ms }) => ms))];
  console.log(
    `${scenarios} scenarios in ${seconds(suiteMs)} s (${seconds(durationMs)} s without the start), ${cases} vectors in ${seconds(vectorsMs)} s`,
  );
  console.log(`${Math.round(((scenarios + cases) / (suiteMs + vectorsMs)) * 1_000)} cases a second`);
  console.log(`a quarter on several lanes beside one: ${(oneLane.ms / severalLanes.ms).toFixed(2)} times as fast`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
