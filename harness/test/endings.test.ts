import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/conformance.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'misuse-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Outcome {
  code: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Of every process, where the system shows them as files. An embedded server has its accounts file on it. */
function commandLines(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

/** With a folder of its own for temporary files, so that what is left behind shows. */
function start(nodeArgs: string[], ...given: (string | { stdout: number })[]) {
  const args = given.filter((arg) => typeof arg === 'string');
  const { stdout: to = 'pipe' } = given.find((arg) => typeof arg === 'object') ?? {};
  const temporary = mkdtempSync(join(directory, 'tmp-'));
  const child = spawn(process.execPath, [...nodeArgs, BIN, ...args], {
    stdio: ['ignore', to, 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.once('close', (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
  const leftBehind = (): string[] => [
    ...readdirSync(temporary).filter((name) => !name.startsWith('tsx-')),
    ...commandLines().filter((line) => line.includes(temporary)),
  ];
  return { child, outcome, leftBehind, seen: () => stdout };
}

/** What was killed takes a moment to be gone. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 40 && !holds(); i += 1) await sleep(50);
}

const endings: [string, string][] = [
  ['process.exit(0) in the middle', 'process.exit(0)'],
  ['process.exit(1) in the middle', 'process.exit(1)'],
  ['an error that nobody catches', 'throw new Error("stray")'],
  ['a rejection that nobody handles', 'Promise.reject(new Error("stray"))'],
];
test('an end without a verdict is no result: 4, and nothing is left behind', async () => {
  await Promise.all(
    endings.map(async ([what, code]) => {
      const preload = `data:text/javascript,${encodeURIComponent(`setTimeout(() => { ${code} }, 2_000)`)}`;
      const { outcome, leftBehind } = start(['--import', preload], '--requirement', 'DS');
      const ended = await outcome;
      assert.equal(ended.code, 4, `${what}: ${ended.stderr}`);
      assert.match(ended.stderr, /the suite is broken: the process ended before there was a verdict/);
      await eventually(() => leftBehind().length === 0);
      assert.deepEqual(leftBehind(), [], what);
    }),
  );
});

/** When, and how, somebody ends it: while it starts, while its server starts, while scenarios run, on one lane and on two. */
const interruptions: [when: string, isTime: (seen: string, ms: number) => boolean, NodeJS.Signals, args: string[]][] = [
  ['after 700 ms', (_seen, ms) => ms > 700, 'SIGINT', []],
  ['after 1,100 ms', (_seen, ms) => ms > 1_100, 'SIGTERM', []],
  ['in the middle', (seen) => seen.includes('..'), 'SIGINT', ['--jobs', '1']],
  ['in the middle of several jobs', (seen) => seen.includes('..'), 'SIGINT', ['--jobs', '2']],
  ['in the middle, by kill', (seen) => seen.includes('..'), 'SIGTERM', ['--jobs', '2']],
];
for (const [when, isTime, signal, args] of interruptions)
  test(`${signal} ${when}: 130, at once, and neither a process nor a file is left`, async () => {
    const report = join(directory, 'interrupted.json');
    const known = join(directory, 'interrupted.txt');
    const files = ['--report', `json=${report}`, '--write-known-failing', known];
    const { child, outcome, leftBehind, seen } = start([], '--requirement', 'DS', ...files, ...args);
    const startedAt = performance.now();
    while (!isTime(seen(), performance.now() - startedAt)) await sleep(10);
    const interruptedAt = performance.now();
    child.kill(signal);
    const { code, stderr } = await outcome;
    assert.ok(code === 130 || code === signal, String(code));
    if (code === 130) assert.match(stderr, /^\nconformance: interrupted\n$/);
    assert.ok(performance.now() - interruptedAt < 5_000);
    await eventually(() => leftBehind().length === 0);
    assert.deepEqual(leftBehind(), []);
    for (const file of [report, known]) assert.throws(() => readdirSync(file), /ENOENT/);
  });

test('a full disk: the reason, no stack, and no "conformant"', { skip: process.platform !== 'linux' }, async () => {
  const toReport = start([], '--requirement', 'KP-009', '--report', 'json=/dev/full');
  const full = openSync('/dev/full', 'w');
  const toOutput = start([], '--requirement', 'KP-009', { stdout: full });
  closeSync(full);
  const outcomes = await Promise.all([toReport.outcome, toOutput.outcome]);
  for (const [i, { code, stderr }] of outcomes.entries()) {
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^conformance: .*cannot be written \(ENOSPC\): the disk is full[^\n]*\n$/);
    assert.match(stderr, i === 0 ? /--report json=\/dev\/full/ : /the output/);
  }
  for (const { leftBehind } of [toReport, toOutput]) {
    await eventually(() => leftBehind().length === 0);
    assert.deepEqual(leftBehind(), []);
  }
});

test('a reader that leaves early changes nothing about the verdict', async () => {
  const { child, outcome } = start([], '--requirement', 'HK');
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { code, stderr } = await outcome;
  assert.equal(code, 0, stderr);
});

test('no colours unless the output is a terminal, in CI neither', async () => {
  const child = spawn(process.execPath, [BIN, '--requirement', 'KP-009'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true' },
  });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0);
  assert.ok(!stdout.includes('\u001b'), stdout);
});
