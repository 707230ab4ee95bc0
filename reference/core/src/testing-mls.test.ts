import assert from 'node:assert/strict';
import { test } from 'node:test';
import { group } from '../test/people.ts';
import { IdentityKeypair } from './identity.ts';
import type { GroupMember } from './mls/group-member.ts';
import { inspectKeyPackage } from './mls/key-package.ts';
import { misnamedKeyPackage, publicCommit } from './testing-mls.ts';

test('a misnamed KeyPackage is right but for its name', async () => {
  const [named, signer] = [IdentityKeypair.generate(), IdentityKeypair.generate()];
  const own = await inspectKeyPackage(await misnamedKeyPackage(signer.publicKey, signer));
  assert.deepEqual(own.identityKey, signer.publicKey);
  const misnamed = await misnamedKeyPackage(named.publicKey, signer);
  await assert.rejects(inspectKeyPackage(misnamed), { code: 'KEY_PACKAGE_INVALID' });
});

test('a public commit is one, and leads on by one epoch', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  const { commit, next } = await publicCommit(alice);
  assert.deepEqual([...commit.subarray(0, 4)], [0, 1, 0, 1]);
  assert.equal(next.epoch, alice.epoch + 1n);
  await assert.rejects(bob.receiveMessage(commit), { code: 'MESSAGE_MALFORMED' });
  const message = await next.sendMessage(new Uint8Array([1]));
  await assert.rejects(bob.receiveMessage(message), { code: 'FUTURE_EPOCH' });
});
