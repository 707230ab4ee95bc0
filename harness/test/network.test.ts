import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../src/errors.ts';
import { readOptions } from '../src/options/options.ts';
import { conformance } from './run-suite.ts';

const BIN = fileURLToPath(new URL('../bin/conformance.js', import.meta.url));
const NETWORK = 'loss=2%,reorder=5%,duplicate=1%,delay=1..5ms';

test('functional features pass over a bad network, and the seed is printed with the command that repeats it', async () => {
  const { code, stdout, stderr } = await conformance(
    '--network',
    NETWORK,
    ...['HK', 'EP'].flatMap((area) => ['--requirement', area]),
  );
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^HK +[1-9]\d* passed, 0 failed, \d skipped$/m);
  assert.match(stdout, /^EP +[1-9]\d* passed, 0 failed, \d skipped$/m);
  assert.match(
    stdout,
    /to repeat it: npm run conformance -- --network loss=2%,.* --requirement EP --seed \d+ --network-seed \d+$/m,
  );
});

test('what measures time or transport is skipped, with that reason', async () => {
  const { code, stdout, stderr } = await conformance(
    '--network',
    'loss=2%',
    '--network-seed',
    '1',
    '--requirement',
    'DS-022',
  );
  assert.equal(code, 3, stdout + stderr);
  assert.match(stdout, /measures time, which --network disturbs/);
  assert.match(stdout, /to repeat it: .*--network-seed 1 --requirement DS-022 --seed \d+$/m);
  assert.match(stderr, /nothing ran/);
});

test('a network that means nothing is a usage error', async () => {
  const { code, stderr } = await conformance('--network', 'loss=60%');
  assert.equal(code, 2, stderr);
  assert.match(stderr, /^conformance: --network loss=60% is not a percentage from 0% to 50%: for example .*\n$/);
  const lists = { pin: [], profile: [], requirement: [], report: [] };
  const raw = { ...lists, open: false, insecure: false, list: false, strict: false, timeout: '10s' };
  for (const [wrong, given] of [
    [/--network-seed x is not a whole number/, { network: 'loss=1%', networkSeed: 'x' }],
    [/--network-seed needs --network/, { networkSeed: '1' }],
    [/--client and --network exclude each other/, { network: 'loss=1%', client: 'x' }],
  ] as const)
    assert.throws(
      () => readOptions({ ...raw, ...given }),
      (error) => error instanceof UsageError && wrong.test(error.message),
    );
});

test('Ctrl-C closes the relay with the rest', async () => {
  const child = spawn(process.execPath, [BIN, '--network', NETWORK, '--requirement', 'KP'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let isRunning = false;
  for await (const chunk of child.stdout) {
    if (!isRunning && /^\.+$/m.test(String(chunk))) child.kill('SIGINT');
    isRunning ||= /^\.+$/m.test(String(chunk));
  }
  const code = child.exitCode ?? (await once(child, 'close'))[0];
  assert.ok(isRunning);
  assert.equal(code, 130);
});
