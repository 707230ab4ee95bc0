import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';
import { readManifest } from './files.ts';

test('a manifest that cannot be read: its place and the reason, on one line', () => {
  const root = mkdtempSync(join(tmpdir(), 'manifest-'));
  try {
    writeFileSync(join(root, 'Cargo.toml'), '[package]\nname = "x"\n[workspace\n');
    assert.throws(() => readManifest(root, 'Cargo.toml', parse), /^\w*Error: \S+\/Cargo\.toml:3: Invalid TOML[^\n]*$/);
    assert.throws(() => readManifest(root, 'package.json', JSON.parse), /^\w*Error: \S+\/package\.json: ENOENT[^\n]*$/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
