import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../src/errors.ts';
import type { RawOptions } from '../src/options/flags.ts';
import { readOptions } from '../src/options/options.ts';

const BIN = fileURLToPath(new URL('../bin/conformance.js', import.meta.url));
const SERVER = fileURLToPath(new URL('../../reference/server/bin/reference-server.js', import.meta.url));
const REFERENCE = `'${process.execPath}' '${SERVER}' --listen 127.0.0.1:{port} --data-dir {dir}`;
const directory = mkdtempSync(join(tmpdir(), 'command-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the suite, with a folder of its own for temporary files, so that what is left behind shows. */
function start(...args: string[]) {
  const temporary = mkdtempSync(join(directory, 'tmp-'));
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
    });
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  /** Files, and processes that have the folder on their command line. */
  const leftBehind = async (): Promise<string[]> => {
    const look = (): string[] => [
      ...readdirSync(temporary).filter((name) => !name.startsWith('tsx-')),
      ...commandLines().filter((line) => line.includes(temporary)),
    ];
    for (const end = Date.now() + 5_000; look().length > 0 && Date.now() < end; ) await sleep(50);
    return look();
  };
  return { child, ended, leftBehind, seen: () => output };
}

function commandLines(): string[] {
  if (process.platform !== 'linux') return [];
  const read = (pid: string): string => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(read);
}

test('a command that says too little or too much is refused, with what to do', () => {
  const cases: [RawOptions, RegExp][] = [
    [{ command: './server {dir}' }, /has no \{port\}/],
    [{ command: './server {port} {data}' }, /\{data\} is not known; there are \{port\}, \{dir\}, \{accounts\}/],
    [{ command: "./server '{port}" }, /--command: a quote is not closed/],
    [{ command: './server {port}', target: 'localhost' }, /--command and --target exclude each other/],
    [{ command: './server {port} {accounts}', open: true }, /leave out --open/],
    [{ command: './server {port}', client: './client' }, /--client and --command exclude each other/],
    [{ volatile: true }, /--volatile needs --command/],
  ];
  for (const [options, message] of cases)
    assert.throws(
      () => readOptions(options),
      (error) => error instanceof UsageError && message.test(error.message),
    );
});

test('a server that is given no folder keeps nothing', () => {
  const isVolatile = (options: RawOptions) => readOptions(options).command?.isVolatile;
  assert.equal(isVolatile({ command: './server {port} {dir}' }), false);
  assert.equal(isVolatile({ command: './server {port}' }), true);
  assert.equal(isVolatile({ command: './server {port} {dir}', volatile: true }), true);
});

test('a server that does not start is told with its last lines', async () => {
  const run = start('--command', "sh -c 'echo the port is taken >&2; exit 7 # {port}'", '--requirement', 'HK');
  const { code, output } = await run.ended;
  assert.equal(code, 3, output);
  assert.match(
    output,
    /ended with exit code 7 before it listened on UDP port \d+ .*its last lines:\n +the port is taken/,
  );
  assert.deepEqual(await run.leftBehind(), []);
});

test('who waits for a server is told for what, and sees a panic with its backtrace whole', async () => {
  const panic = 'echo panicked: no such folder; for i in $(seq 30); do echo "  at frame $i"; done';
  const run = start('--command', `sh -c 'sleep 6; ${panic}; exit 7 # {port}'`, '--requirement', 'HK');
  const { code, output } = await run.ended;
  assert.equal(code, 3, output);
  assert.match(output, /waits up to \d+ s for the server of --command to listen on UDP port \d+ of 127\.0\.0\.1/);
  assert.match(output, /its last lines:\n +panicked: no such folder\n +at frame 1\n[\s\S]* at frame 30/);
});

test('a server behind a wrapper is tested, with accounts that the suite makes, and ends with it', async () => {
  const command = `sh -c "${REFERENCE} --no-opaque --accounts {accounts} & wait"`;
  const run = start('--command', command, '--requirement', 'HK-004', 'KP-005');
  const { code, output } = await run.ended;
  assert.equal(code, 0, output);
  assert.match(output, /[1-9]\d* passed, 0 failed/);
  assert.deepEqual(await run.leftBehind(), []);
});

test('a server that ends by itself fails the run, and is started again for the rest', async () => {
  const program = join(directory, 'dying-server.mjs');
  // It dies of the first hybrid key.
  writeFileSync(
    program,
    `import { spawn } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
const [port, dir] = process.argv.slice(2);
spawn(process.execPath, [${JSON.stringify(SERVER)}, '--listen', '127.0.0.1:' + port, '--data-dir', dir], { stdio: 'inherit' });
const file = dir + '/hybridkeys.bin';
const size = () => existsSync(file) ? statSync(file).size : 0;
if (!existsSync(dir + '/died')) setInterval(() => {
  if (size() < 1_216) return;
  writeFileSync(dir + '/died', '');
  console.error('panicked');
  process.kill(-process.pid, 'SIGKILL');
}, 5);
`,
  );
  const command = `'${process.execPath}' '${program}' {port} {dir}`;
  const run = start('--command', command, '--requirement', 'HK-004', 'HK-006', '--jobs', '1');
  const { code, output } = await run.ended;
  assert.equal(code, 1, output);
  assert.match(output, /the server was ended by SIGKILL by itself; its last lines:[\s\S]*panicked/);
  assert.match(output, /[1-9]\d* passed, [12] failed/);
  assert.deepEqual(await run.leftBehind(), []);
});

test('Ctrl-C leaves nothing behind', async () => {
  const run = start('--command', REFERENCE, '--jobs', '2');
  for (const end = Date.now() + 60_000; !run.seen().includes('.....') && Date.now() < end; ) await sleep(20);
  run.child.kill('SIGINT');
  const { code, output } = await run.ended;
  assert.equal(code, 130, output);
  assert.deepEqual(await run.leftBehind(), []);
});
