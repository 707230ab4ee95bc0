import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
function start(nodeArgs: string[], ...args: string[]) {
  const temporary = mkdtempSync(join(directory, 'tmp-'));
  const child = spawn(process.execPath, [...nodeArgs, BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
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

test('selections that select nothing, and options given twice: 2, not a run of everything', async () => {
  const cases: [RegExp, string[]][] = [
    [/--requirement names nothing/, ['--requirement', ',']],
    [/--profile names nothing/, ['--profile', '']],
    [/Not enough arguments following: requirement/, ['--requirement']],
    [/Not enough arguments following: report/, ['--report']],
    [/--timeout is given twice/, ['--timeout', '5', '--timeout', '6']],
    [/--target is given twice/, ['--target', 'a', '--target', 'b', '--open']],
    [/--tls-ca is given twice/, ['--target', 'a', '--tls-ca', 'x', '--tls-ca', 'y', '--open']],
    [/is given for two reports/, ['--report', `json=${directory}/same`, '--report', `junit=${directory}/same`]],
  ];
  const outcomes = await Promise.all(cases.map(([, args]) => start([], '--list', ...args).outcome));
  // --list looks at no report.
  outcomes[cases.length - 1] = await start([], ...(cases.at(-1)?.[1] ?? [])).outcome;
  for (const [i, [expected, args]] of cases.entries()) {
    const { code, stderr, stdout } = outcomes[i] as Outcome;
    assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});

const endings: [string, string][] = [
  ['process.exit(0) in the middle', 'process.exit(0)'],
  ['process.exit(1) in the middle', 'process.exit(1)'],
  ['an error that nobody catches', 'throw new Error("stray")'],
  ['a rejection that nobody handles', 'Promise.reject(new Error("stray"))'],
];
for (const [what, code] of endings) {
  test(`${what} is no result: 4, and nothing is left behind`, async () => {
    const preload = `data:text/javascript,${encodeURIComponent(`setTimeout(() => { ${code} }, 2_000)`)}`;
    const { outcome, leftBehind } = start(['--import', preload], '--requirement', 'DS');
    const ended = await outcome;
    assert.equal(ended.code, 4, ended.stderr);
    assert.match(ended.stderr, /the suite is broken: the process ended before there was a verdict/);
    await eventually(() => leftBehind().length === 0);
    assert.deepEqual(leftBehind(), []);
  });
}

test('Ctrl-C at any time: 130, at once, and neither a process nor a file is left', async () => {
  // While it starts, while the embedded server starts, and while scenarios run.
  for (const isTime of [
    (_seen: string, ms: number) => ms > 700,
    (_seen: string, ms: number) => ms > 1_100,
    (seen: string) => seen.includes('..'),
  ]) {
    const report = join(directory, 'interrupted.json');
    const { child, outcome, leftBehind, seen } = start([], '--requirement', 'DS', '--report', `json=${report}`);
    const startedAt = performance.now();
    while (!isTime(seen(), performance.now() - startedAt)) await sleep(10);
    const interruptedAt = performance.now();
    child.kill('SIGINT');
    const { code } = await outcome;
    assert.ok(code === 130 || code === 'SIGINT', String(code));
    assert.ok(performance.now() - interruptedAt < 3_000);
    await eventually(() => leftBehind().length === 0);
    assert.deepEqual(leftBehind(), []);
    assert.throws(() => readdirSync(report), /ENOENT/);
  }
});

test('a reader that leaves early changes nothing about the verdict', async () => {
  const { child, outcome } = start([], '--requirement', 'HK');
  child.stdout.once('data', () => child.stdout.destroy());
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
