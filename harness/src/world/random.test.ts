import { strict as assert } from 'node:assert';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { RandomSource } from './random.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('a seed gives the same values again, another seed others', () => {
  const draw = (seed: string): string[] => {
    const random = new RandomSource(seed);
    return [hex(random.bytes(40)), hex(random.identityKey()), String(random.below(1_000_000)), hex(random.bytes(3))];
  };
  assert.deepEqual(draw('1'), draw('1'));
  for (const [i, value] of draw('1').entries()) assert.notEqual(value, draw('2')[i]);
});

test('without a seed nothing comes again', () => {
  assert.notEqual(hex(new RandomSource().bytes(16)), hex(new RandomSource().bytes(16)));
});

test('a fork depends on seed and name, not on what was drawn before', () => {
  const random = new RandomSource('1');
  const one = hex(random.fork('a').bytes(8));
  random.bytes(100);
  assert.equal(hex(random.fork('a').bytes(8)), one);
  assert.notEqual(hex(random.fork('b').bytes(8)), one);
  assert.notEqual(hex(new RandomSource('2').fork('a').bytes(8)), one);
});

test('identity keys are Ed25519 public keys, each another one', () => {
  const random = new RandomSource('1');
  const keys = Array.from({ length: 20 }, () => random.identityKey());
  for (const key of keys) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(key).toString('base64url') };
    assert.equal(createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyType, 'ed25519');
  }
  assert.equal(new Set(keys.map(hex)).size, keys.length);
});

test('numbers are below their limit, and all of them come', () => {
  const random = new RandomSource('1');
  const seen = new Set(Array.from({ length: 500 }, () => random.below(7)));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});
