import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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

test('wrong usage or configuration: 2, one line, and nothing is run', async () => {
  writeFileSync(join(directory, 'file'), '');
  const cases: [RegExp, string[]][] = [
    [/Unknown argument: bogus/, ['--bogus']],
    [/non-option/, ['stray']],
    [/--target nonsense: is not HOST:PORT/, ['--target', 'nonsense:', '--open']],
    [/there is no such requirement or area; the areas are/, ['--requirement', 'XX-001']],
    [/--profile nope is not known/, ['--profile', 'nope']],
    [/--accounts .* cannot be read \(ENOENT\)/, target('--accounts', '/nowhere.json')],
    [/--limits .* cannot be read \(ENOENT\)/, ['--limits', '/nowhere.json']],
    [/--timeout soon is not a time/, ['--timeout', 'soon']],
    [/--pin is not the SHA-256/, target('--open', '--pin', '12')],
    [/--report json=.* cannot be written/, ['--report', `json=${join(directory, 'file/below/report.json')}`]],
    [/Not enough arguments following: target|--target/, ['--target']],
  ];
  const outcomes = await Promise.all(cases.map(([, args]) => conformance(...args)));
  for (const [i, [expected, args]] of cases.entries()) {
    const { code, stderr, stdout } = outcomes[i] as Outcome;
    assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});

test('a target that is not there, silent, or something else: 3, with the reason', async () => {
  const silent = createSocket('udp4');
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve));
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
  const freePort = free.address().port;
  await new Promise<void>((resolve) => free.close(resolve));
  const tcp = createServer();
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port: tcpPort } = tcp.address() as { port: number };
  const at = (port: number): string[] => ['--target', `127.0.0.1:${port}`, '--open', '--timeout', '1s'];
  const [dead, hanging, overTcp, nameless, wrongPin] = await Promise.all([
    conformance(...at(freePort)),
    conformance(...at(silent.address().port)),
    conformance(...at(tcpPort)),
    conformance('--target', 'nowhere.invalid:7000', '--open', '--timeout', '1s'),
    conformance(...target('--open', '--pin', '00'.repeat(32))),
  ]);
  silent.close();
  tcp.close();
  for (const [outcome, reason] of [
    [dead, /nothing listens on UDP/],
    [hanging, /did not answer within 1000 ms/],
    [overTcp, /nothing listens on UDP/],
    [nameless, /does not resolve/],
    [wrongPin, /certificate of .* is not accepted/],
  ] as [Outcome, RegExp][]) {
    assert.equal(outcome.code, 3, outcome.stderr);
    assert.match(outcome.stderr, reason);
    // Five processes at once, on a machine that may be busy.
    assert.ok(outcome.ms < 60_000);
  }
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

test('Ctrl-C in the middle: 130, at once, and the embedded server is gone', async () => {
  const { child, outcome } = start(['--requirement', 'DS']);
  let seen = '';
  child.stdout?.on('data', (chunk) => {
    seen += chunk;
  });
  while (!seen.includes('.')) await sleep(20);
  const interrupted = performance.now();
  child.kill('SIGINT');
  const { code, stderr } = await outcome;
  assert.equal(code, 130);
  assert.match(stderr, /interrupted/);
  assert.ok(performance.now() - interrupted < 5_000);
});
