import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { ClientError } from '../errors.ts';
import { lockFile } from './lock.ts';

const directory = mkdtempSync(join(tmpdir(), 'lock-'));
after(() => rmSync(directory, { recursive: true, force: true }));

it('lets one in after the other', async () => {
  const path = join(directory, 'state');
  let inside = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      const unlock = await lockFile(path, 10_000);
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
      unlock();
    }),
  );
  assert.equal(most, 1);
  assert.deepEqual(readdirSync(directory), []);
});

it('says who has it when it is not free in time', async () => {
  const path = join(directory, 'held');
  const unlock = await lockFile(path, 0);
  await assert.rejects(
    lockFile(path, 30),
    (error) =>
      error instanceof ClientError && error.kind === 'state' && error.message.includes(`process ${process.pid}`),
  );
  unlock();
  assert.ok(!existsSync(`${path}.lock`));
});

it('takes over what a process left that is gone', async () => {
  const path = join(directory, 'left');
  const gone = spawnSync(process.execPath, ['-e', 'process.exit()']).pid;
  for (const content of [String(gone), String(process.pid), 'rubbish', '']) {
    writeFileSync(`${path}.lock`, content);
    // Killed before it came to write its id, a while ago.
    utimesSync(`${path}.lock`, new Date(), new Date(Date.now() - 60_000));
    (await lockFile(path, 100))();
  }
  assert.deepEqual(readdirSync(directory), []);
});

it('waits for one whose id is not written yet', async () => {
  const path = join(directory, 'new');
  writeFileSync(`${path}.lock`, '');
  await assert.rejects(lockFile(path, 50), ClientError);
  rmSync(`${path}.lock`);
});

it('makes the directories, and says so where there can be none', { timeout: 10_000 }, async () => {
  const unlock = await lockFile(join(directory, 'new', 'deep', 'state'), 0);
  unlock();
  assert.equal(statSync(join(directory, 'new', 'deep')).mode & 0o777, 0o700);
  writeFileSync(join(directory, 'file'), '');
  const places = [join(directory, 'file', 'x', 'state')];
  // Where no directory can be made, and Node.js 20 tries without end.
  if (existsSync('/proc/self')) places.push('/proc/none/x/state');
  for (const path of places)
    await assert.rejects(
      lockFile(path, 0),
      (error) => error instanceof ClientError && error.kind === 'state' && error.message.includes('cannot be made'),
      path,
    );
});
