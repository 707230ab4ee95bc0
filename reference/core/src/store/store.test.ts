import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  DiskKeyStore,
  type KeyStore,
  MemoryKeyStore,
  readFileIfAny,
  StoreCrypto,
  writeFileAtomically,
} from '../index.ts';

const CHEAP = { memory: 64, passes: 1, lanes: 1 };
const scratch = mkdtempSync(join(tmpdir(), 'core-store-'));
after(() => rmSync(scratch, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => {
  files += 1;
  return join(scratch, `${files}.ks`);
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const kinds: [string, () => Promise<KeyStore>][] = [
  ['in memory', async () => new MemoryKeyStore()],
  ['on disk', () => DiskKeyStore.open(newPath())],
  ['on disk, encrypted', () => DiskKeyStore.open(newPath(), { passphrase: 'correct horse', cost: CHEAP })],
];
for (const [kind, open] of kinds) {
  test(`a key store ${kind} keeps, lists, replaces and forgets values`, async () => {
    const store = await open();
    assert.equal(await store.get('a'), undefined);
    assert.deepEqual(await store.names(), []);
    const value = Uint8Array.of(1, 2, 3);
    await Promise.all([store.set('b/2', value), store.set('b/1', new Uint8Array()), store.set('a', bytes('x'))]);
    value.fill(9);
    assert.deepEqual(await store.names('b/'), ['b/1', 'b/2']);
    assert.deepEqual(await store.get('b/2'), Uint8Array.of(1, 2, 3));
    assert.deepEqual(await store.get('b/1'), new Uint8Array());
    (await store.get('a'))?.fill(0);
    assert.deepEqual(await store.get('a'), bytes('x'));
    await store.set('a', bytes('y'));
    await store.delete('b/2');
    await store.delete('never there');
    assert.deepEqual(await store.names(), ['a', 'b/1']);
    assert.deepEqual(await store.get('a'), bytes('y'));
  });
}

test('a key store on disk is there again, with mode 0600 and nothing beside it', async () => {
  const folder = join(scratch, 'alone');
  mkdirSync(folder);
  const path = join(folder, 'x.ks');
  writeFileSync(`${path}.new`, 'left by a crash', { mode: 0o644 });
  const store = await DiskKeyStore.open(path);
  await store.set('name', bytes('value'));
  assert.deepEqual(await (await DiskKeyStore.open(path)).get('name'), bytes('value'));
  assert.deepEqual(readdirSync(folder), ['x.ks']);
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('two objects on one file see what the other wrote', async () => {
  const path = newPath();
  const [one, two] = [await DiskKeyStore.open(path), await DiskKeyStore.open(path)];
  await one.set('1', bytes('one'));
  await two.set('2', bytes('two'));
  assert.deepEqual(await one.names(), ['1', '2']);
});

test('a name that is empty, long or not ASCII is refused', async () => {
  const store = await DiskKeyStore.open(newPath());
  for (const name of ['', 'é', 'x'.repeat(256), 'a\nb']) assert.throws(() => store.set(name, bytes('x')), RangeError);
});

test('an encrypted key store shows neither names nor values, and needs its passphrase', async () => {
  const path = newPath();
  const store = await DiskKeyStore.open(path, { passphrase: 'Ångström', cost: CHEAP });
  await store.set('the-name', bytes('the-value'));
  assert.doesNotMatch(readFileSync(path, 'latin1'), /the-name|the-value/);
  await assert.rejects(DiskKeyStore.open(path), { code: 'PASSPHRASE_REQUIRED' });
  await assert.rejects(DiskKeyStore.open(path, { passphrase: 'wrong' }), { code: 'PASSPHRASE_WRONG' });
  // The same characters, composed in another way.
  const again = await DiskKeyStore.open(path, { passphrase: 'A\u030Angstro\u0308m' });
  assert.deepEqual(await again.get('the-name'), bytes('the-value'));
  again.dispose();
});

test('a key store becomes encrypted at the next write once a passphrase is given', async () => {
  const path = newPath();
  await (await DiskKeyStore.open(path)).set('name', bytes('value'));
  const store = await DiskKeyStore.open(path, { passphrase: 'p', cost: CHEAP });
  await store.set('other', bytes('value'));
  await assert.rejects(DiskKeyStore.open(path), { code: 'PASSPHRASE_REQUIRED' });
  assert.deepEqual(await store.names(), ['name', 'other']);
});

test('each write takes a new nonce', async () => {
  const crypto = await StoreCrypto.create('p', CHEAP);
  assert.notDeepEqual(crypto.seal(bytes('x')), crypto.seal(bytes('x')));
});

test('every change of an encrypted file is refused', async () => {
  const crypto = await StoreCrypto.create('p', CHEAP);
  const file = crypto.seal(bytes('contents'));
  assert.deepEqual((await StoreCrypto.open(file, 'p')).contents, bytes('contents'));
  for (let i = 0; i < file.length; i += 1) {
    const changed = file.slice();
    changed[i] = (changed[i] as number) ^ 1;
    // Byte 5 becomes "not encrypted": what comes out are no entries, and the key store refuses them.
    if (i === 5) continue;
    await assert.rejects(StoreCrypto.open(changed, 'p'), { code: /^(STORE_MALFORMED|PASSPHRASE_WRONG)$/ }, `byte ${i}`);
  }
  for (let length = 0; length < file.length; length += 1) {
    const opened = StoreCrypto.open(file.subarray(0, length), 'p');
    await assert.rejects(opened, { code: /^(STORE_MALFORMED|PASSPHRASE_WRONG)$/ }, `${length} bytes`);
  }
});

test('an encrypted file that is marked as plain is no key store', async () => {
  const path = newPath();
  await (await DiskKeyStore.open(path, { passphrase: 'p', cost: CHEAP })).set('name', bytes('value'));
  const file = readFileSync(path);
  file[5] = 0;
  writeFileSync(path, file);
  await assert.rejects(DiskKeyStore.open(path), { code: 'STORE_MALFORMED' });
});

test('a file that asks for too much memory, or an empty passphrase, is refused', async () => {
  const file = (await StoreCrypto.create('p', CHEAP)).seal(bytes('x'));
  const greedy = file.slice();
  greedy[6] = 0xff;
  await assert.rejects(StoreCrypto.open(greedy, 'p'), { code: 'STORE_MALFORMED' });
  await assert.rejects(StoreCrypto.create(''), { code: 'PASSPHRASE_REQUIRED' });
});

test('a file of another program or version is malformed, not a wrong passphrase', async () => {
  for (const file of [new Uint8Array(), bytes('QKS'), bytes('hello, world'), bytes('QKST\x02\x00')]) {
    await assert.rejects(StoreCrypto.open(file, 'p'), { code: 'STORE_MALFORMED' });
  }
  const path = newPath();
  writeFileSync(path, 'hello');
  await assert.rejects(DiskKeyStore.open(path), { code: 'STORE_MALFORMED' });
});

test('a file that cannot be read or written says which, and leaves nothing behind', async () => {
  await assert.rejects(writeFileAtomically(join(scratch, 'no/such/folder'), bytes('x')), (error: Error) => {
    return error.message.includes('no/such/folder') && error.message.includes('ENOENT');
  });
  await assert.rejects(readFileIfAny(scratch), { code: 'STORE_IO' });
  const folder = join(scratch, 'occupied');
  mkdirSync(join(folder, 'x'), { recursive: true });
  await assert.rejects(writeFileAtomically(join(folder, 'x'), bytes('x')), { code: 'STORE_IO' });
  assert.deepEqual(readdirSync(folder), ['x']);
  chmodSync(folder, 0o700);
});
