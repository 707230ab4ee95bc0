import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { type Issued, originOf, varyingBits } from './token-origin.ts';

const now = Date.now();
const issued = (token: Uint8Array, identityKey: Uint8Array = randomBytes(32)): Issued => ({
  token,
  username: `conformance-${randomBytes(8).toString('hex')}`,
  identityKey,
  from: now,
  until: now + 30,
});
const sha256 = (bytes: string | Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

test('random tokens come from nowhere and vary, in any spelling', () => {
  for (const make of [
    () => randomBytes(32),
    () => randomBytes(16),
    () => randomBytes(8),
    () => Buffer.from(randomBytes(16).toString('hex')),
    () => Buffer.from(randomBytes(16).toString('base64url')),
  ]) {
    const tokens = Array.from({ length: 8 }, () => issued(make()));
    assert.equal(originOf(tokens[0] as Issued), undefined);
    assert.ok(varyingBits(tokens) >= 45, `${varyingBits(tokens)} bits`);
  }
});

test('a token that names its user and holds a secret besides is no fault', () => {
  const tokens = Array.from({ length: 8 }, () => {
    const one = issued(new Uint8Array());
    return { ...one, token: Buffer.from(`${one.username}.${randomBytes(16).toString('hex')}`) };
  });
  assert.equal(originOf(tokens[0] as Issued), undefined);
  assert.ok(varyingBits(tokens) >= 45);
});

test('digests of what is public are found', () => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(41n);
  const one = issued(new Uint8Array());
  const { username, identityKey } = one;
  for (const token of [
    identityKey,
    Buffer.from(username),
    sha256(username),
    sha256(identityKey),
    sha256(Buffer.from(identityKey).toString('hex')),
    sha256('17'),
    sha256(counter),
    sha256(`${username}:17`),
    sha256(`17-${username}`),
    sha256(Buffer.concat([identityKey, counter])),
    sha256(String(now + 11)),
    sha256(`${username}${Math.floor(now / 1_000)}`),
    sha256(username).subarray(0, 16),
    Buffer.from(sha256(username).toString('hex')),
    Buffer.from(sha256(username).toString('base64')),
    createHash('md5').update(username).digest(),
    createHash('sha512').update(username).digest(),
  ])
    assert.ok(originOf({ ...one, token }), `${Buffer.from(token).toString('hex')} was not found`);
});

test('counters, times and numbered names vary in few bits', () => {
  const numbered = (index: number): Uint8Array => {
    const token = Buffer.alloc(32);
    token.writeUInt32BE(90 + index, 28);
    return token;
  };
  // A UUID of version 1: a tick is 100 ns, and each login takes some milliseconds.
  const timed = (index: number): Uint8Array => {
    const token = Buffer.alloc(16, 7);
    token.writeBigUInt64BE(0x1b21dd213814000n + BigInt(now) * 10_000n + BigInt(index) * 612_345n);
    return token;
  };
  for (const make of [numbered, timed])
    assert.ok(varyingBits(Array.from({ length: 8 }, (_, index) => issued(make(index)))) < 45);
  const named = Array.from({ length: 8 }, (_, index) => {
    const one = issued(new Uint8Array());
    return { ...one, token: Buffer.concat([one.identityKey, numbered(index).subarray(24)]) };
  });
  assert.ok(varyingBits(named) < 45);
  assert.equal(varyingBits([]), 0);
});
