import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateKeyPackage, HybridKeypair, hybridDecrypt, IdentityKeypair } from '@quicnprotochat/core';
import { UsageError } from '../errors.ts';
import { absoluteCommand, splitCommand } from './command-line.ts';
import { type Forgery, forgeHybrid } from './hybrid-forgery.ts';
import { keysOf } from './key-package-keys.ts';
import { MemoryService } from './memory-service.ts';
import { CommandProcess } from './process.ts';
import { findSecret, findSeed } from './secrets.ts';

test('a command is split as a shell does', () => {
  assert.deepEqual(splitCommand(`./a\\ b --x 'c "d"' "e \\"f" g''h ''`), ['./a b', '--x', 'c "d"', 'e "f', 'gh', '']);
  for (const wrong of ['', '  ', '"open', "a 'b"]) assert.throws(() => splitCommand(wrong), UsageError);
});

test('files of a command are found from any folder', () => {
  const cwd = new URL('../..', import.meta.url).pathname;
  const words = ['node', 'package.json', '--flag', 'README.md/none', 'src'];
  assert.deepEqual(absoluteCommand(words, cwd), ['node', `${cwd}package.json`, '--flag', 'README.md/none', 'src']);
  assert.deepEqual(absoluteCommand(['./package.json'], cwd), [`${cwd}package.json`]);
});

test('a secret is found however it is written, and nothing else', () => {
  const secret = randomBytes(32);
  const forms = [secret, secret.toString('hex'), secret.toString('hex').toUpperCase()];
  for (let shift = 0; shift < 3; shift += 1) {
    const among = Buffer.concat([randomBytes(shift), secret, randomBytes(5)]);
    forms.push(among.toString('base64'), among.toString('base64url'));
  }
  for (const form of forms) {
    const haystack = Buffer.concat([randomBytes(99), Buffer.from(form as string), randomBytes(99)]);
    assert.notEqual(findSecret(haystack, secret), undefined);
    assert.equal(findSecret(haystack, randomBytes(32)), undefined);
  }
});

test('a seed is found by its public key', () => {
  const identity = IdentityKeypair.generate();
  const { seed, publicKey } = identity;
  for (const form of [seed, Buffer.from(seed).toString('hex'), Buffer.from(seed).toString('base64')]) {
    const file = Buffer.concat([Buffer.from('{"seed":"'), Buffer.from(form as string), Buffer.from('"}')]);
    assert.deepEqual(Buffer.from(findSeed([file], publicKey) ?? []), Buffer.from(seed));
  }
  assert.equal(findSeed([randomBytes(200)], publicKey), undefined);
});

test('the keys of a KeyPackage', async () => {
  const { keyPackage, privateParts } = await generateKeyPackage(IdentityKeypair.generate());
  const { init, encryption } = keysOf(keyPackage);
  assert.deepEqual([init.length, encryption.length, privateParts.initKey.length], [32, 32, 32]);
  assert.notDeepEqual(init, encryption);
  assert.throws(() => keysOf(keyPackage.subarray(0, 50)), RangeError);
});

test('a command that hangs is killed with all that it started', async () => {
  const left = join(mkdtempSync(join(tmpdir(), 'client-parts-')), 'left');
  const script = `(sleep 1; touch ${left}) & wait`;
  const options = { cwd: '/', env: process.env, limitMs: 300 };
  const { signal, isLate } = await new CommandProcess(['sh', '-c', script], options).ended;
  assert.deepEqual([signal, isLate], ['SIGKILL', true]);
  await sleep(1_500);
  assert.equal(existsSync(left), false);
  rmSync(dirname(left), { recursive: true });
  await assert.rejects(new CommandProcess(['/no/such/command'], options).ended, { code: 'ENOENT' });
});

test('accounts of the service in memory: their password opens them, and nothing else', async () => {
  const { opaque } = new MemoryService();
  const { publicKey } = IdentityKeypair.generate();
  await opaque.register('alice', 'right', publicKey);
  assert.deepEqual(opaque.identityOf('alice'), publicKey);
  assert.deepEqual(
    [
      await opaque.opensWith('alice', 'right'),
      await opaque.opensWith('alice', 'wrong'),
      await opaque.opensWith('bob', ''),
    ],
    [true, false, false],
  );
});

test('a forged hybrid envelope is right but for its fault', () => {
  const recipient = HybridKeypair.generate();
  const forge = (forgery: Forgery): Uint8Array =>
    forgeHybrid(recipient.publicKey.toBytes(), Buffer.from('hi'), forgery);
  assert.equal(Buffer.from(hybridDecrypt(recipient, forge({}))).toString(), 'hi');
  for (const [forgery, code] of [
    [{ version: 2 }, 'HYBRID_VERSION'],
    [{ isLowOrder: true }, 'HYBRID_LOW_ORDER'],
    [{ isTagFlipped: true }, 'HYBRID_TAG'],
  ] as const)
    assert.throws(() => hybridDecrypt(recipient, forge(forgery)), { code });
});

test('a secret is found as a list of numbers', () => {
  const secret = Uint8Array.of(0, 17, 255, 4, 5, 6, 7, 8, 9);
  for (const text of [`[${secret.join(', ')}]`, `[${secret.join(',')}]`, '<Buffer 00 11 ff 04 05 06 07 08 09>'])
    assert.equal(findSecret(Buffer.from(text), secret), 'as numbers', text);
});
