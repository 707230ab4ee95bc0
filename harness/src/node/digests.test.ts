import { strict as assert } from 'node:assert';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { derivedIds } from './digests.ts';

const one = randomBytes(32);
const other = randomBytes(32);
const ids = derivedIds(one, other);

test('ids derived from the keys are known, in either order', () => {
  const sorted = createHash('sha256')
    .update(Buffer.concat([other, one]))
    .digest()
    .subarray(0, 16);
  assert.match(ids.get(sorted.toString('hex')) ?? '', /first 16 bytes of .*sha256/i);
  const md5 = createHash('md5')
    .update(Buffer.concat([one, other]))
    .digest();
  assert.ok(ids.has(md5.toString('hex')));
  assert.ok(ids.has(one.subarray(0, 16).toString('hex')));
});

test('a random id is not among them', () => {
  assert.equal(ids.has(randomBytes(16).toString('hex')), false);
});
