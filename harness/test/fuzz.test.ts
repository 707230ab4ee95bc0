import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { MutantHost } from '../src/mutants/host.ts';
import { makePeople } from '../src/target/accounts.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'harness/src/fuzz/main.ts');
const scratch = mkdtempSync(join(tmpdir(), 'fuzz-'));
/** In threes: each try of an input has people of its own. */
const people = Array.from({ length: 60 }, makePeople).flat();
const accounts = join(scratch, 'accounts.json');
const host = new MutantHost();

before(() => writeFileSync(accounts, JSON.stringify(people), { mode: 0o600 }));
after(async () => {
  await host.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** @param until ends it with SIGINT when it has said that */
function fuzz(args: string[], until?: RegExp): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
      if (until?.test(output)) child.kill('SIGINT');
    });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

/** Runs it against a server of the host, which stops then. */
async function fuzzServer(id: string, args: string[]): Promise<{ code: number | null; output: string }> {
  const address = await host.start(id, people);
  const target = ['--target', `${address.host}:${address.port}`, '--pin', address.pin, '--accounts', accounts];
  try {
    return await fuzz([...target, '--property', 'linearizable', ...args]);
  } finally {
    await host.stop(address);
  }
}

/** It shows whatever was done before: an input fails on a fresh server as well. */
const FAULT = 'batch/first-only';

test('a counterexample is small, comes again by its seed and path, and is kept for later runs', async () => {
  const kept = join(scratch, 'kept');
  mkdirSync(kept);
  const first = await fuzzServer(FAULT, ['--seed', '7', '--save', '--regressions', kept]);
  assert.equal(first.code, 1, first.output);
  assert.match(first.output, /no order of the calls explains the answers of queue \w+/);
  const size = first.output.match(/^ {2}\d+\. /gm)?.length ?? 0;
  assert.ok(size >= 1 && size <= 5, `${size} commands:\n${first.output}`);

  const [, path] = /again: npm run fuzz -- .*--seed 7 --path (\S+) --property linearizable/.exec(first.output) ?? [];
  assert.ok(path, first.output);
  const again = await fuzzServer(FAULT, ['--seed', '7', '--path', path]);
  assert.equal(again.code, 1, again.output);
  const commands = (output: string): string[] => output.match(/^ {2}\d+\. .*$/gm) ?? [];
  assert.deepEqual(commands(again.output), commands(first.output));

  const [file, ...others] = readdirSync(kept);
  assert.ok(file && others.length === 0, 'one file is kept');
  const schema = JSON.parse(readFileSync(join(ROOT, 'vectors/schemas/regression.schema.json'), 'utf8'));
  const isRight = new Ajv2020().compile(schema);
  assert.ok(isRight(JSON.parse(readFileSync(join(kept, file), 'utf8'))), JSON.stringify(isRight.errors));

  const later = await fuzzServer(FAULT, ['--regressions', kept, '--minutes', '0.01']);
  assert.equal(later.code, 1, later.output);
  assert.match(later.output, new RegExp(`FAILED again, as ${file} has it`));
  const right = await fuzzServer('right', ['--regressions', kept, '--minutes', '0.01']);
  assert.equal(right.code, 0, right.output);
  assert.match(right.output, /earlier counterexamples: 1 replayed, 0 fail/);
});

test('nobody who is let in by nothing is accused', async () => {
  const address = await host.start('right', []);
  try {
    const target = ['--target', `${address.host}:${address.port}`, '--pin', address.pin, '--accounts', accounts];
    const { code, output } = await fuzz([...target, '--minutes', '0.02', '--property', 'linearizable']);
    assert.equal(code, 3, output);
    assert.match(output, /nothing can be said .*the target lets nobody in/);
  } finally {
    await host.stop(address);
  }
});

test('Ctrl-C ends it soon, and the embedded server with it', async () => {
  const { code, output } = await fuzz(['--minutes', '5'], /earlier counterexamples|seed/);
  assert.equal(code, 130, output);
  assert.match(output, /interrupted/);
});
