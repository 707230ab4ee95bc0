import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, startEmbedded } from '../src/target/embedded.ts';

const BIN = fileURLToPath(new URL('../bin/conformance.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'conformance-cli-'));
let server: EmbeddedServer;
before(async () => {
  server = await startEmbedded(true);
});
after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Outcome {
  code: number | NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  ms: number;
}

function start(args: string[], cwd?: string): { child: ReturnType<typeof spawn>; outcome: Promise<Outcome> } {
  const started = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const outcome = new Promise<Outcome>((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ code: code ?? signal, stdout, stderr, ms: performance.now() - started }),
    );
  });
  return { child, outcome };
}
const conformance = (...args: string[]): Promise<Outcome> => start(args).outcome;
const target = (...args: string[]): string[] => ['--target', `${server.host}:${server.port}`, ...args];

test('help and version', async () => {
  const help = await conformance('--help');
  assert.equal(help.code, 0);
  for (const word of [
    '--target',
    '--accounts',
    '--open',
    '--tls-ca',
    '--pin',
    '--insecure',
    '--profile',
    '--requirement',
    '--list',
    '--timeout',
    '--report',
    '--limits',
    '--strict',
    'Exit codes',
  ]) {
    assert.ok(help.stdout.includes(word), word);
  }
  assert.match((await conformance('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a filter that matches nothing: 3', async () => {
  const { code, stderr } = await conformance('--profile', 'channels', '--requirement', 'KP');
  assert.equal(code, 3);
  assert.match(stderr, /nothing matches/);
});

test('--list prints what would run, without a target', async () => {
  const { code, stdout } = await conformance('--list', '--requirement', 'kp-001');
  assert.equal(code, 0);
  const lines = stdout.trim().split('\n');
  assert.ok(lines.length > 1 && lines.slice(0, -1).every((line) => line.startsWith('KP-001  ')));
  assert.equal(lines.at(-1), `${lines.length - 1} scenarios`);
});

test('one area of an open server, from another folder: 0', async () => {
  const { code, stdout } = await start(target('--open', '--pin', server.pin, '--requirement', 'HK'), directory).outcome;
  assert.equal(code, 0, stdout);
  assert.match(stdout, /\n[1-9]\d* passed, 0 failed, \d+ skipped\n$/);
});
