import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// What the documents show runs as it stands there, on an open reference server.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVER = join(ROOT, 'reference/server/bin/reference-server.js');
const run = promisify(execFile);
/** Below the root: programs import the packages from there. */
const directory = mkdtempSync(join(ROOT, 'docs/examples/.run-'));
let server: ChildProcess;
let address: string[];

before(async () => {
  const args = ['--open', '--listen', '127.0.0.1:0', '--stop-with-stdin'];
  server = spawn(process.execPath, [SERVER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  address = await new Promise((resolve, reject) => {
    let printed = '';
    server.stdout?.on('data', (chunk) => {
      printed += chunk;
      const found = /listening on (127\.0\.0\.1:\d+)\n.* sha256 ([0-9a-f]{64})/.exec(printed);
      if (found) resolve(found.slice(1));
    });
    server.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${printed}`)));
  });
});
after(async () => {
  server.stdin?.end();
  if (server.exitCode === null) await once(server, 'exit');
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a program as the documents say. @returns what it printed */
async function outputOf(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', program, ...args], { cwd: directory });
  return stdout;
}

const example = (name: string): string => join(ROOT, 'docs/examples', name);

test('two people make a group and talk', async () => {
  assert.match(await outputOf(example('two-people.ts'), ...address), /^[0-9a-f]{64}: hello, Bob\n$/);
});

test('bare calls do the same', async () => {
  assert.equal(await outputOf(example('bare-calls.ts'), ...address), 'hello, Bob\n');
});

test('a person in a file is the same the next time', async () => {
  const first = await outputOf(example('kept.ts'), ...address, 'carol.bin');
  assert.match(first, /^[0-9a-f]{64}: 0 shown\n$/);
  assert.equal(await outputOf(example('kept.ts'), ...address, 'carol.bin'), first);
});

test('a wrong pin is told as the error that it is', async () => {
  const failing = outputOf(example('kept.ts'), address[0] as string, '00'.repeat(32), 'dave.bin');
  await assert.rejects(failing, ({ code, stderr }: { code: number; stderr: string }) => {
    assert.equal(code, 1);
    assert.match(stderr, /^certificate: the certificate of 127\.0\.0\.1:\d+ is not trusted/);
    return true;
  });
});
