import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AccountsFileError, type AccountTable, loadAccounts, StoredAccounts, tokenDigest } from './accounts.ts';
import { memoryStore } from './store/map-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'accounts-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function accountsOf(...entries: object[]): AccountTable {
  const path = join(directory, 'accounts.json');
  writeFileSync(path, JSON.stringify(entries));
  return loadAccounts(path);
}

const identityKey = 'ab'.repeat(32);
const entry = { name: 'alice', identityKey, token: 'c0ffee' };
const token = Buffer.from('c0ffee', 'hex');

test('an account of a file: its token alone finds it', () => {
  const table = accountsOf(entry, { ...entry, name: 'bob', identityKey: 'cd'.repeat(32), token: 'beef' });
  assert.deepEqual(table.find(token), {
    name: 'alice',
    identityKey: Buffer.from(identityKey, 'hex'),
    deviceId: undefined,
    expiresAtMs: undefined,
  });
  assert.equal(table.find(Buffer.from('beef', 'hex'))?.name, 'bob');
  for (const other of ['c0ff', 'c0ffee00', '']) assert.equal(table.find(Buffer.from(other, 'hex')), undefined);
  assert.ok(table.isReserved(Buffer.from(identityKey, 'hex')));
  assert.ok(!table.isReserved(Buffer.alloc(32)));
});

test('a device, a time at which it expires, and one that has expired', () => {
  assert.deepEqual(accountsOf({ ...entry, deviceId: '0a0b' }).find(token)?.deviceId, Buffer.from([10, 11]));
  assert.equal(
    accountsOf({ ...entry, expiresAt: '2027-01-31T12:00:00Z' }).find(token)?.expiresAtMs,
    Date.UTC(2027, 0, 31, 12),
  );
  assert.equal(accountsOf({ ...entry, expired: true }).find(token)?.expiresAtMs, 0);
  assert.equal(accountsOf({ ...entry, expired: true, expiresAt: '2999-01-01' }).find(token)?.expiresAtMs, 0);
  assert.equal(accountsOf({ ...entry, expired: false }).find(token)?.expiresAtMs, undefined);
});

test('what is wrong is told without its value', () => {
  const wrong = (change: object, expected: RegExp): void =>
    assert.throws(
      () => accountsOf(entry, { ...entry, ...change }),
      (error) =>
        error instanceof AccountsFileError && expected.test(error.message) && !error.message.includes('c0ffee'),
    );
  wrong({ name: 5 }, /entry 2 .* has no "name"/);
  wrong({ token: 'c0ffee!' }, /"token" in entry 2 .* is not hex/);
  wrong({ token: undefined }, /"token" in entry 2/);
  wrong({ identityKey: 'c0ffee' }, /"identityKey" in entry 2 .* is not 32 bytes/);
  wrong({ deviceId: '' }, /"deviceId" in entry 2/);
  wrong({ expiresAt: 'soon' }, /"expiresAt" in entry 2/);
  wrong({ expiresAt: 5 }, /"expiresAt" in entry 2/);
});

test('the accounts of the store are behind those of the file', async () => {
  const store = await memoryStore();
  const given = { name: 'bob', identityKey: Buffer.alloc(32, 1), deviceId: undefined, expiresAtMs: undefined };
  await store.addToken({ ...given, digest: tokenDigest(Buffer.from('beef', 'hex')) }, 10);
  await store.addToken({ ...given, digest: tokenDigest(token) }, 10);
  const accounts = new StoredAccounts(accountsOf(entry), store);
  assert.equal((await accounts.find(token))?.name, 'alice');
  assert.equal((await accounts.find(Buffer.from('beef', 'hex')))?.name, 'bob');
  assert.equal(await accounts.find(Buffer.from('dead', 'hex')), undefined);
});
