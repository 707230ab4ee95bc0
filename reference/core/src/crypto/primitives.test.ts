import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noblePrimitives } from './noble-primitives.ts';
import { nodePrimitives } from './node-primitives.ts';
import type { Primitives } from './primitive-types.ts';
import { equalBytes, hkdfExpand, hkdfExtract } from './primitives.ts';

const node = nodePrimitives();
if (!node) throw new Error('no node:crypto');
const kinds: [string, Primitives][] = [
  ['node:crypto', node],
  ['noble', noblePrimitives],
];
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

for (const [name, p] of kinds) {
  test(`${name}: HKDF gives the output of RFC 5869, A.1`, () => {
    const prk = hkdfExtract(hex('000102030405060708090a0b0c'), new Uint8Array(22).fill(0x0b), p);
    assert.deepEqual(prk, hex('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5'));
    assert.deepEqual(
      hkdfExpand(prk, hex('f0f1f2f3f4f5f6f7f8f9'), 42, p),
      hex('3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865'),
    );
    assert.throws(() => hkdfExpand(prk, new Uint8Array(), 8161, p), RangeError);
  });

  test(`${name}: SHA-256 of "abc" is that of FIPS 180-4`, () => {
    const digest = hex('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.deepEqual(p.sha256(hex('616263')), digest);
  });

  test(`${name}: every change of an AES-GCM ciphertext is refused, as is one shorter than a tag`, () => {
    const [key, nonce, aad] = [random(16), random(12), random(5)];
    const sealed = p.seal(key, nonce, aad, random(20));
    assert.equal(sealed.length, 36);
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = sealed.slice();
      changed[i] = (changed[i] as number) ^ 0x80;
      assert.throws(() => p.open(key, nonce, aad, changed));
    }
    assert.throws(() => p.open(key, nonce, random(5), sealed));
    assert.throws(() => p.open(key, nonce, aad, sealed.subarray(0, 15)));
  });

  test(`${name}: malformed keys and signatures verify as false`, () => {
    const { publicKey, sign } = p.signer(random(32));
    const message = random(10);
    const signature = sign(message);
    assert.equal(p.verify(publicKey, message, signature), true);
    for (const key of [new Uint8Array(), random(31), random(33), new Uint8Array(32).fill(0xff)]) {
      assert.equal(p.verify(key, message, signature), false);
    }
    for (const wrong of [new Uint8Array(), signature.subarray(1), new Uint8Array(64)]) {
      assert.equal(p.verify(publicKey, message, wrong), false);
    }
  });
}

test('node:crypto and noble give the same bytes', () => {
  for (const length of [0, 1, 15, 16, 63, 64, 65, 1000]) {
    const [data, key, aad, seed] = [random(length), random(32), random(length % 7), random(32)];
    assert.deepEqual(node.sha256(data), noblePrimitives.sha256(data));
    assert.deepEqual(node.hmac(key, data), noblePrimitives.hmac(key, data));
    const [aesKey, nonce] = [random(16), random(12)];
    const sealed = node.seal(aesKey, nonce, aad, data);
    assert.deepEqual(sealed, noblePrimitives.seal(aesKey, nonce, aad, data));
    assert.deepEqual(node.open(aesKey, nonce, aad, sealed), data);
    assert.deepEqual(noblePrimitives.open(aesKey, nonce, aad, sealed), data);
    const one = node.signer(seed);
    const other = noblePrimitives.signer(seed);
    assert.deepEqual(one.publicKey, other.publicKey);
    assert.deepEqual(one.sign(data), other.sign(data));
    assert.equal(noblePrimitives.verify(one.publicKey, data, one.sign(data)), true);
    assert.equal(node.verify(one.publicKey, data, other.sign(data)), true);
  }
});

test('bytes are equal only when all of them are', () => {
  assert.equal(equalBytes(hex('0102'), hex('0102')), true);
  assert.equal(equalBytes(new Uint8Array(), new Uint8Array()), true);
  for (const other of ['', '01', '0103', '0002', '010200']) assert.equal(equalBytes(hex('0102'), hex(other)), false);
});
