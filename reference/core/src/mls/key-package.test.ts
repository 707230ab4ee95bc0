import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { hex } from '../../test/people.ts';
import { fingerprintOf, generateKeyPackage, IdentityKeypair, inspectKeyPackage } from '../index.ts';
import { readKeyPackage } from './key-package.ts';
import { writeMessage } from './wire.ts';

const DAY = 86_400;
const NOW = 1_800_000_000;
const at = (seconds: number) => () => seconds;

test('a KeyPackage is an MLSMessage of suite 0x0001 with the identity key as basic credential', async () => {
  const identity = IdentityKeypair.generate();
  const { keyPackage, fingerprint, privateParts } = await generateKeyPackage(identity, at(NOW));
  // MLS 1.0, KeyPackage, MLS 1.0 again, suite 1, an init key of 32 bytes.
  assert.equal(hex(keyPackage.subarray(0, 9)), '000100050001000120');
  assert.ok(keyPackage.length < 400);
  assert.equal(hex(fingerprint), createHash('sha256').update(keyPackage).digest('hex'));
  assert.deepEqual(fingerprintOf(keyPackage), fingerprint);
  assert.deepEqual([privateParts.initKey.length, privateParts.leafKey.length], [32, 32]);
  const { leafNode } = readKeyPackage(keyPackage);
  assert.deepEqual(leafNode.credential, { credentialType: 'basic', identity: identity.publicKey });
  assert.deepEqual(leafNode.signaturePublicKey, identity.publicKey);
});

test('two KeyPackages of one identity share no key', async () => {
  const identity = IdentityKeypair.generate();
  const [one, other] = [await generateKeyPackage(identity), await generateKeyPackage(identity)];
  assert.notDeepEqual(one.fingerprint, other.fingerprint);
  assert.notDeepEqual(one.privateParts.initKey, other.privateParts.initKey);
  assert.notDeepEqual(one.privateParts.leafKey, other.privateParts.leafKey);
});

test('it is valid from an hour ago for 84 days, as others see it', async () => {
  const identity = IdentityKeypair.generate();
  const { keyPackage, fingerprint } = await generateKeyPackage(identity, at(NOW));
  const info = {
    identityKey: identity.publicKey,
    fingerprint,
    notBefore: BigInt(NOW - 3600),
    notAfter: BigInt(NOW + 84 * DAY),
  };
  for (const now of [NOW - 3600, NOW, NOW + 84 * DAY])
    assert.deepEqual(await inspectKeyPackage(keyPackage, at(now)), info);
  for (const now of [NOW - 3601, NOW + 84 * DAY + 1]) {
    await assert.rejects(inspectKeyPackage(keyPackage, at(now)), { code: 'KEY_PACKAGE_LIFETIME' });
  }
});

test('every bit of a KeyPackage counts', async () => {
  const { keyPackage } = await generateKeyPackage(IdentityKeypair.generate());
  for (let i = 0; i < keyPackage.length; i += 1) {
    const changed = keyPackage.slice();
    changed[i] = (changed[i] as number) ^ (1 << (i % 8));
    await assert.rejects(inspectKeyPackage(changed), { code: /^KEY_PACKAGE_/ }, `byte ${i}`);
  }
});

test('one that is cut off, too long, or has a length not in its shortest form is refused', async () => {
  const { keyPackage } = await generateKeyPackage(IdentityKeypair.generate());
  const longer = Uint8Array.of(...keyPackage.subarray(0, 8), 0x40, 0x20, ...keyPackage.subarray(9));
  for (const wrong of [keyPackage.subarray(0, -1), Uint8Array.of(...keyPackage, 0), longer, new Uint8Array()]) {
    await assert.rejects(inspectKeyPackage(wrong), { code: 'KEY_PACKAGE_INVALID' });
  }
});

test('one whose credential is not its signature key is refused, however well it is signed', async () => {
  const [alice, mallory] = [IdentityKeypair.generate(), IdentityKeypair.generate()];
  // Mallory's own KeyPackage with Alice's name on it.
  const forged = {
    publicKey: alice.publicKey,
    sign: (message: Uint8Array) => mallory.sign(message),
  } as unknown as IdentityKeypair;
  const { keyPackage } = await generateKeyPackage(forged);
  const inner = readKeyPackage(keyPackage);
  await assert.rejects(inspectKeyPackage(keyPackage), { code: 'KEY_PACKAGE_INVALID' });
  inner.leafNode.signaturePublicKey = mallory.publicKey;
  const named = writeMessage<'mls_key_package'>({ wireformat: 'mls_key_package', keyPackage: inner });
  await assert.rejects(inspectKeyPackage(named), { code: 'KEY_PACKAGE_INVALID', message: /credential/ });
});

test('one of another suite is refused', async () => {
  const { keyPackage } = await generateKeyPackage(IdentityKeypair.generate());
  const inner = { ...readKeyPackage(keyPackage), cipherSuite: 'MLS_128_DHKEMP256_AES128GCM_SHA256_P256' as const };
  const other = writeMessage<'mls_key_package'>({ wireformat: 'mls_key_package', keyPackage: inner });
  await assert.rejects(inspectKeyPackage(other), { code: 'KEY_PACKAGE_INVALID', message: /suite/ });
});

test('a disposed identity makes none', async () => {
  const identity = IdentityKeypair.generate();
  identity.dispose();
  await assert.rejects(generateKeyPackage(identity), { code: 'DISPOSED' });
});
