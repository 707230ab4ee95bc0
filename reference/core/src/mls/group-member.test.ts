import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, bytes, commit, group, hex, person, said } from '../../test/people.ts';
import { GroupMember, IdentityKeypair, MAX_PLAINTEXT_LEN, MemoryKeyStore } from '../index.ts';

test('two members talk; each message tells who sent it, and in which epoch', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  const received = await bob.receiveMessage(await alice.sendMessage(bytes('hello')));
  assert.deepEqual(received, {
    kind: 'application',
    sender: alice.identity.publicKey,
    epoch: 1n,
    plaintext: bytes('hello'),
  });
  assert.equal(said(await alice.receiveMessage(await bob.sendMessage(bytes(''))), bob), '');
  assert.deepEqual(alice.groupId, bob.groupId);
  assert.equal(alice.groupId?.length, 32);
});

test('the wire holds MLSMessages of the right kinds, and never the plaintext', async () => {
  const alice = await person();
  const bob = await person();
  await alice.createGroup(bytes('our group'));
  const { keyPackage } = await bob.generateKeyPackage();
  const { commit: made, welcome, confirm } = await alice.addMember(keyPackage);
  await confirm();
  const message = await alice.sendMessage(bytes('a secret text'));
  const kind = (data: Uint8Array | undefined) => hex((data as Uint8Array).subarray(0, 4));
  assert.deepEqual([keyPackage, made, welcome, message].map(kind), ['00010005', '00010002', '00010003', '00010002']);
  assert.equal(Buffer.from(message).includes('a secret text'), false);
});

test('a commit tells who was added, removed, and by whom', async () => {
  const [alice, bob, carol] = (await group(3)) as [GroupMember, GroupMember, GroupMember];
  const dave = await person();
  const { keyPackage } = await dave.generateKeyPackage();
  const adding = await bob.addMember(keyPackage);
  const key = (member: GroupMember) => member.identity.publicKey;
  assert.deepEqual([adding.added, adding.removed, adding.epoch], [[key(dave)], [], 3n]);
  const seen = await alice.receiveMessage(adding.commit);
  const expected = { kind: 'commit', sender: key(bob), epoch: 3n, added: [key(dave)], removed: [], isRemoved: false };
  assert.deepEqual(seen, expected);
  await carol.receiveMessage(adding.commit);
  await adding.confirm();

  const removing = await carol.removeMember(key(bob));
  const gone = { kind: 'commit', sender: key(carol), added: [], removed: [key(bob)] };
  assert.deepEqual(await alice.receiveMessage(removing.commit), { ...gone, epoch: 4n, isRemoved: false });
  assert.deepEqual(await bob.receiveMessage(removing.commit), { ...gone, epoch: 3n, isRemoved: true });
});

test('who was removed reads nothing that comes after, and can do nothing any more', async () => {
  const [alice, bob, carol] = (await group(3)) as [GroupMember, GroupMember, GroupMember];
  const before = await alice.sendMessage(bytes('before'));
  await commit(alice, [bob, carol], (by) => by.removeMember(carol.identity.publicKey));
  assert.equal(carol.isActive, false);
  const after = await alice.sendMessage(bytes('after'));
  await assert.rejects(carol.receiveMessage(after), { code: 'REMOVED' });
  assert.equal(said(await carol.receiveMessage(before), alice), 'before');
  await assert.rejects(carol.sendMessage(bytes('x')), { code: 'REMOVED' });
  await assert.rejects(carol.update(), { code: 'REMOVED' });
  const loaded = await GroupMember.load(carol.identity, await carol.save());
  await assert.rejects(loaded.receiveMessage(after), { code: 'REMOVED' });
  assert.equal(said(await bob.receiveMessage(after), alice), 'after');
});

test('who was removed can be added again', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  await commit(alice, [bob], (by) => by.removeMember(bob.identity.publicKey));
  const again = await GroupMember.new(bob.identity);
  await add(alice, [], again);
  assert.equal(said(await again.receiveMessage(await alice.sendMessage(bytes('welcome back'))), alice), 'welcome back');
});

test('without a group there is nothing to do but to create or join one', async () => {
  const alice = await person();
  assert.equal(alice.groupId, undefined);
  assert.equal(alice.isActive, false);
  assert.throws(() => alice.epoch, { code: 'NO_GROUP' });
  assert.throws(() => alice.members(), { code: 'NO_GROUP' });
  for (const call of [alice.sendMessage(bytes('x')), alice.receiveMessage(bytes('x')), alice.save(), alice.update()]) {
    await assert.rejects(call as Promise<unknown>, { code: 'NO_GROUP' });
  }
  await alice.createGroup();
  await assert.rejects(alice.createGroup(), { code: 'IN_GROUP' });
  await assert.rejects(alice.joinGroup(bytes('x')), { code: 'IN_GROUP' });
  for (const id of [new Uint8Array(), new Uint8Array(256)]) {
    await assert.rejects((await person()).createGroup(id), RangeError);
  }
});

test('adding checks whose KeyPackage it is, and that they are no member yet', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  const { keyPackage } = await (await person()).generateKeyPackage();
  const expected = IdentityKeypair.generate().publicKey;
  await assert.rejects(alice.addMember(keyPackage, expected), { code: 'IDENTITY_MISMATCH' });
  const { keyPackage: again } = await bob.generateKeyPackage();
  await assert.rejects(alice.addMember(again), { code: 'ALREADY_MEMBER' });
  await assert.rejects(alice.addMember(again.subarray(1)), { code: 'KEY_PACKAGE_INVALID' });
  await assert.rejects(alice.removeMember(expected), { code: 'NOT_MEMBER' });
  await assert.rejects(alice.removeMember(alice.identity.publicKey), { code: 'NOT_MEMBER' });
  assert.equal(alice.pending, undefined);
});

test('a Welcome joins once, and only who has its KeyPackage', async () => {
  const alice = await person();
  await alice.createGroup();
  const keyStore = new MemoryKeyStore();
  const bob = await person({ keyStore });
  await bob.generateKeyPackage();
  const { keyPackage } = await bob.generateKeyPackage();
  const { welcome, confirm } = await alice.addMember(keyPackage);
  await confirm();
  await assert.rejects((await person()).joinGroup(welcome as Uint8Array), { code: 'WELCOME_NOT_FOR_US' });
  const mallory = await person({ keyStore });
  await assert.rejects(mallory.joinGroup(welcome as Uint8Array), { code: 'WELCOME_NOT_FOR_US' });
  await bob.joinGroup(welcome as Uint8Array);
  assert.equal((await keyStore.names()).length, 1);
  const again = await GroupMember.new(bob.identity, { keyStore });
  await assert.rejects(again.joinGroup(welcome as Uint8Array), { code: 'WELCOME_NOT_FOR_US' });
});

test('the private parts of a KeyPackage are kept for a month after it expired', async () => {
  const keyStore = new MemoryKeyStore();
  let now = Math.floor(Date.now() / 1000);
  const bob = await person({ keyStore, clock: () => now });
  const { keyPackage } = await bob.generateKeyPackage();
  const alice = await person();
  await alice.createGroup();
  const { welcome, confirm } = await alice.addMember(keyPackage);
  await confirm();
  now += (84 + 30) * 86_400;
  await bob.generateKeyPackage();
  assert.equal((await keyStore.names()).length, 2);
  await bob.joinGroup(welcome as Uint8Array);
  now += (84 + 30) * 86_400 + 1;
  await (await GroupMember.new(bob.identity, { keyStore, clock: () => now })).generateKeyPackage();
  assert.equal((await keyStore.names()).length, 1);
});

test('a Welcome that was changed anywhere is refused, and the KeyPackage stays', async () => {
  const alice = await person();
  await alice.createGroup();
  const bob = await person();
  const { keyPackage } = await bob.generateKeyPackage();
  const pending = await alice.addMember(keyPackage);
  const welcome = pending.welcome as Uint8Array;
  for (let i = 0; i < welcome.length; i += 23) {
    const changed = welcome.slice();
    changed[i] = (changed[i] as number) ^ 1;
    await assert.rejects(bob.joinGroup(changed), { code: /^WELCOME_/ }, `byte ${i}`);
  }
  await assert.rejects(bob.joinGroup(pending.commit), { code: 'WELCOME_INVALID' });
  await assert.rejects(bob.joinGroup(Uint8Array.of(...welcome, 0)), { code: 'WELCOME_INVALID' });
  await bob.joinGroup(welcome);
});

test('a plaintext may have 65,535 bytes and no more', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  const longest = new Uint8Array(MAX_PLAINTEXT_LEN).fill(1);
  const received = await bob.receiveMessage(await alice.sendMessage(longest));
  assert.deepEqual(received.kind === 'application' && received.plaintext, longest);
  await assert.rejects(alice.sendMessage(new Uint8Array(MAX_PLAINTEXT_LEN + 1)), { code: 'PLAINTEXT_TOO_LONG' });
});

test('calls at once take their turns: no two messages share a key', async () => {
  const [alice, bob] = (await group(2)) as [GroupMember, GroupMember];
  const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => alice.sendMessage(bytes(`${i}`))));
  const read = await Promise.all(sent.map((message) => bob.receiveMessage(message)));
  assert.deepEqual(
    read.map((received) => said(received, alice)),
    Array.from({ length: 20 }, (_, i) => `${i}`),
  );
});

test('a group of one goes on, after an update and after everybody else has left', async () => {
  const alice = await person();
  await alice.createGroup();
  await commit(alice, [], (by) => by.update());
  const bob = await person();
  await add(alice, [], bob);
  await commit(alice, [bob], (by) => by.removeMember(bob.identity.publicKey));
  await commit(alice, [], (by) => by.update());
  await alice.sendMessage(bytes('to nobody'));
  const carol = await person();
  await add(alice, [], carol);
  assert.equal(said(await carol.receiveMessage(await alice.sendMessage(bytes('hi'))), alice), 'hi');
  assert.equal(said(await alice.receiveMessage(await carol.sendMessage(bytes('hi, too'))), carol), 'hi, too');
});

test('a disposed identity sends nothing any more', async () => {
  const [alice] = (await group(2)) as [GroupMember, GroupMember];
  alice.identity.dispose();
  await assert.rejects(alice.sendMessage(bytes('x')), { code: 'DISPOSED' });
  await assert.rejects(alice.update(), { code: 'DISPOSED' });
  assert.equal(alice.pending, undefined);
});
