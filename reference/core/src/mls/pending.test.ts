import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, group, hex, inside, person, said } from '../../test/people.ts';
import { GroupMember } from '../index.ts';

type Two = [GroupMember, GroupMember];
type Three = [GroupMember, GroupMember, GroupMember];

test('until a commit is confirmed its member stays in the old epoch, and reads and sends there', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const pending = await alice.update();
  assert.equal(alice.epoch, 1n);
  assert.equal(alice.pending, pending);
  assert.equal(said(await alice.receiveMessage(await bob.sendMessage(bytes('old'))), bob), 'old');
  const sent = await alice.sendMessage(bytes('old, too'));
  const late = await bob.sendMessage(bytes('late'));
  await bob.receiveMessage(pending.commit);
  assert.equal(said(await bob.receiveMessage(sent), alice), 'old, too');
  await pending.confirm();
  assert.equal(alice.epoch, 2n);
  assert.equal(alice.pending, undefined);
  assert.equal(said(await alice.receiveMessage(late), bob), 'late');
  assert.equal(said(await alice.receiveMessage(await bob.sendMessage(bytes('new'))), bob), 'new');
});

test('what was read before a commit was confirmed cannot be read again after it', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const pending = await alice.update();
  const message = await bob.sendMessage(bytes('once'));
  await alice.receiveMessage(message);
  await pending.confirm();
  await assert.rejects(alice.receiveMessage(message), { code: 'MESSAGE_USED' });
});

test('there is one commit in waiting at a time; a discarded one leaves everything as it was', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const first = await alice.update();
  await assert.rejects(alice.update(), { code: 'PENDING_COMMIT' });
  await first.discard();
  await assert.rejects(first.confirm(), { code: 'STALE_COMMIT' });
  await assert.rejects(first.discard(), { code: 'STALE_COMMIT' });
  const second = await alice.update();
  await bob.receiveMessage(second.commit);
  await second.confirm();
  assert.equal(said(await bob.receiveMessage(await alice.sendMessage(bytes('on'))), alice), 'on');
});

test('two commits of one epoch use two keys', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const first = await alice.update();
  await first.discard();
  const second = await alice.update();
  // Bob takes the second; when the first came too it is of an epoch that is over.
  await bob.receiveMessage(second.commit);
  await assert.rejects(bob.receiveMessage(first.commit), { code: 'PAST_EPOCH' });
  const { state } = await inside(alice);
  assert.equal(state.secretTree[0]?.handshake.generation, 2);
});

test('of two commits of one epoch the one that is received first counts; the other is void', async () => {
  const [alice, bob, carol] = (await group(3)) as Three;
  const [ofAlice, ofBob] = [await alice.update(), await bob.removeMember(carol.identity.publicKey)];
  await alice.receiveMessage(ofBob.commit);
  await assert.rejects(ofAlice.confirm(), { code: 'STALE_COMMIT' });
  await ofBob.confirm();
  await assert.rejects(bob.receiveMessage(ofAlice.commit), { code: 'PAST_EPOCH' });
  const again = await alice.update();
  await bob.receiveMessage(again.commit);
  await again.confirm();
  assert.equal(said(await bob.receiveMessage(await alice.sendMessage(bytes('on'))), alice), 'on');
});

test('a commit of ours that comes back is confirmed by it', async () => {
  const [alice] = (await group(2)) as Two;
  const dave = await person();
  const { keyPackage } = await dave.generateKeyPackage();
  const pending = await alice.addMember(keyPackage);
  const received = await alice.receiveMessage(pending.commit);
  assert.deepEqual(received.kind === 'commit' && received.added, [dave.identity.publicKey]);
  assert.deepEqual(received.sender, alice.identity.publicKey);
  assert.equal(alice.epoch, 2n);
  await assert.rejects(alice.receiveMessage(pending.commit), { code: 'PAST_EPOCH' });
});

test('a commit in waiting survives a restart, whichever way it goes on', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const dave = await person();
  const { keyPackage } = await dave.generateKeyPackage();
  const pending = await alice.addMember(keyPackage);
  const loaded = await GroupMember.load(alice.identity, await alice.save());
  const again = loaded.pending;
  assert.deepEqual(again?.commit, pending.commit);
  assert.deepEqual(again?.welcome, pending.welcome);
  assert.deepEqual(again?.added, [dave.identity.publicKey]);
  await bob.receiveMessage(pending.commit);
  await again?.confirm();
  await dave.joinGroup(pending.welcome as Uint8Array);
  const message = await loaded.sendMessage(bytes('after the restart'));
  for (const reader of [bob, dave])
    assert.equal(said(await reader.receiveMessage(message), loaded), 'after the restart');
});

test('the state is persisted before anything is handed out, and loads into the same member', async () => {
  const states: Uint8Array[] = [];
  const alice = await person({ persist: async (state) => void states.push(state) });
  await alice.createGroup();
  assert.equal(states.length, 1);
  const bob = await person();
  const pending = await alice.addMember((await bob.generateKeyPackage()).keyPackage);
  assert.equal(states.length, 2);
  assert.deepEqual(
    (await GroupMember.load(alice.identity, states.at(-1) as Uint8Array)).pending?.commit,
    pending.commit,
  );
  await pending.confirm();
  assert.equal(states.length, 3);
  await bob.joinGroup(pending.welcome as Uint8Array);
  await alice.sendMessage(bytes('one'));
  assert.equal(states.length, 4);
  // As after a crash: the next message takes the next key, and Bob, who missed the first, reads it.
  const restarted = await GroupMember.load(alice.identity, states.at(-1) as Uint8Array);
  assert.equal(said(await bob.receiveMessage(await restarted.sendMessage(bytes('two'))), restarted), 'two');
  const { length } = states;
  await alice.receiveMessage(await bob.sendMessage(bytes('x')));
  assert.equal(states.length, length, 'receiving leaves it to the caller');
  await alice.persist();
  assert.equal(states.length, length + 1);
});

test('a message is not handed out when its state cannot be persisted, and its key is not used again', async () => {
  let broken = false;
  const alice = await person({
    persist: async () => {
      if (broken) throw new Error('disk full');
    },
  });
  await alice.createGroup();
  const bob = await person();
  const pending = await alice.addMember((await bob.generateKeyPackage()).keyPackage);
  await pending.confirm();
  await bob.joinGroup(pending.welcome as Uint8Array);
  broken = true;
  await assert.rejects(alice.sendMessage(bytes('x')), /disk full/);
  broken = false;
  const { state } = await inside(alice);
  assert.equal(state.secretTree[0]?.application.generation, 1);
});

test('a stored group is refused for another identity, and when it was cut off or changed in its frame', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const saved = await alice.save();
  await assert.rejects(GroupMember.load(bob.identity, saved), { code: 'IDENTITY_MISMATCH' });
  for (const length of [0, 4, 5, 8, 100, saved.length - 1]) {
    const cut = saved.subarray(0, length);
    await assert.rejects(GroupMember.load(alice.identity, cut), { code: 'STATE_MALFORMED' }, `${length} bytes`);
  }
  const newer = saved.slice();
  newer[4] = 2;
  for (const wrong of [newer, Uint8Array.of(...saved, 0), bytes('something else')]) {
    await assert.rejects(GroupMember.load(alice.identity, wrong), { code: 'STATE_MALFORMED' });
  }
});

test('the stored group does not hold the identity seed', async () => {
  const [alice] = (await group(2)) as Two;
  assert.equal(hex(await alice.save()).includes(hex(alice.identity.seed)), false);
});
