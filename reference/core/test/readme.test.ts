import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

test('the example of the README runs', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1];
  assert.ok(example);
  const folder = mkdtempSync(fileURLToPath(new URL('.readme-', import.meta.url)));
  try {
    writeFileSync(join(folder, 'example.mts'), example);
    const tsx = pathToFileURL(fileURLToPath(import.meta.resolve('tsx'))).href;
    const run = spawnSync(process.execPath, ['--import', tsx, 'example.mts'], { cwd: folder, encoding: 'utf8' });
    assert.equal(run.stdout, 'hello\n', run.stderr);
    assert.ok(statSync(join(folder, 'bob.ks')).size > 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
