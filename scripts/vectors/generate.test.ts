import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { differences, VECTORS_DIR } from './generate.ts';

test('the committed vectors are what the generator makes', () => assert.deepEqual(differences(), []));

test('a vector that is changed by hand, a file too many and one too few are found', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vectors-'));
  try {
    cpSync(VECTORS_DIR, directory, { recursive: true });
    assert.deepEqual(differences(directory), []);
    writeFileSync(join(directory, 'stray.json'), '{}');
    writeFileSync(join(directory, 'errors.json'), '{}');
    rmSync(join(directory, 'identity.json'));
    assert.deepEqual(differences(directory).sort(), ['errors.json', 'identity.json', 'stray.json']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
