import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { IdentityKeypair } from './index.ts';

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

test('a seed gives the key and signature of RFC 8032, 7.1, test 2', () => {
  const pair = IdentityKeypair.fromSeed(hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
  assert.deepEqual(pair.publicKey, hex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'));
  const signature = hex(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  assert.deepEqual(pair.sign(hex('72')), signature);
  assert.equal(IdentityKeypair.verify(pair.publicKey, hex('72'), signature), true);
  assert.equal(IdentityKeypair.verify(pair.publicKey, hex('73'), signature), false);
  assert.equal(IdentityKeypair.verify(pair.publicKey.subarray(1), hex('72'), signature), false);
  assert.equal(IdentityKeypair.verify(pair.publicKey, hex('72'), signature.subarray(1)), false);
});

test('a seed of another length is refused', () => {
  for (const length of [0, 31, 33, 64]) {
    assert.throws(() => IdentityKeypair.fromSeed(new Uint8Array(length)), { name: 'CoreError', code: 'SEED_LENGTH' });
  }
});

test('two generated identities differ, and a copy of the seed makes the same one again', () => {
  const one = IdentityKeypair.generate();
  assert.notDeepEqual(one.publicKey, IdentityKeypair.generate().publicKey);
  assert.deepEqual(IdentityKeypair.fromSeed(one.seed).publicKey, one.publicKey);
});

test('the seed given and the seed returned are copies', () => {
  const seed = new Uint8Array(32).fill(7);
  const pair = IdentityKeypair.fromSeed(seed);
  seed.fill(0);
  pair.seed.fill(0);
  assert.deepEqual(pair.seed, new Uint8Array(32).fill(7));
});

test('a disposed identity neither signs nor gives its seed, and keeps its public key', () => {
  const pair = IdentityKeypair.generate();
  const publicKey = pair.publicKey.slice();
  pair[Symbol.dispose]();
  pair.dispose();
  assert.throws(() => pair.seed, { code: 'DISPOSED' });
  assert.throws(() => pair.sign(new Uint8Array(1)), { code: 'DISPOSED' });
  assert.deepEqual(pair.publicKey, publicKey);
});

test('printing an identity never shows the seed', () => {
  const seed = new Uint8Array(32).fill(0xab);
  const pair = IdentityKeypair.fromSeed(seed);
  assert.deepEqual(JSON.parse(JSON.stringify(pair)), { publicKey: Buffer.from(pair.publicKey).toString('hex') });
  assert.doesNotMatch(inspect(pair, { depth: 9, showHidden: true }), /171, 171, 171|abababab/);
});
