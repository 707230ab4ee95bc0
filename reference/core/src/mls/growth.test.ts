import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, bytes, commit, hex, person, said } from '../../test/people.ts';
import { GroupMember } from '../index.ts';

test('a group grows to 20, each of whom updates; everybody joins, and reads everybody', async () => {
  const creator = await person();
  await creator.createGroup();
  const members = [creator];
  const updated = new Set<GroupMember>();
  const update = async (by: GroupMember): Promise<void> => {
    updated.add(by);
    await commit(
      by,
      members.filter((member) => member !== by),
      (member) => member.update(),
    );
  };
  while (members.length < 20) {
    const by = members[members.length >> 1] as GroupMember;
    const newcomer = await person();
    await add(
      by,
      members.filter((member) => member !== by),
      newcomer,
    );
    members.push(newcomer);
    // Every other newcomer updates, else one of the first two does: so lower nodes of the tree list leaves as unmerged which
    // the nodes above them do not.
    await update(members.length % 2 === 1 ? newcomer : (members[(members.length >> 1) % 2] as GroupMember));
  }
  for (const member of members) if (!updated.has(member)) await update(member);
  const keys = creator.members().map(hex);
  assert.deepEqual(keys.toSorted(), members.map((member) => hex(member.identity.publicKey)).toSorted());
  for (const member of members) {
    assert.equal(member.epoch, creator.epoch);
    assert.deepEqual(member.members().map(hex), keys);
  }
  let read = 0;
  for (const [i, sender] of members.entries()) {
    const message = await sender.sendMessage(bytes(`I am ${i}`));
    for (const reader of members) {
      if (reader === sender) continue;
      assert.equal(said(await reader.receiveMessage(message), sender), `I am ${i}`);
      read += 1;
    }
  }
  assert.equal(read, 20 * 19);
});

test('members leave and others take their places in the tree', async () => {
  const creator = await person();
  await creator.createGroup();
  let members = [creator];
  for (let i = 0; i < 14; i += 1) {
    const newcomer = await person();
    await add(creator, members.slice(1), newcomer);
    members.push(newcomer);
    if (i % 3 === 2) {
      const leaving = members[1] as GroupMember;
      members = members.filter((member) => member !== leaving);
      await commit(members.at(-1) as GroupMember, members.slice(0, -1), (by) =>
        by.removeMember(leaving.identity.publicKey),
      );
    }
    const last = members.at(-1) as GroupMember;
    await commit(last, members.slice(0, -1), (by) => by.update());
  }
  // Through their stored state, too.
  const loaded = await GroupMember.load(creator.identity, await creator.save());
  const message = await loaded.sendMessage(bytes('still here'));
  for (const reader of members.slice(1)) assert.equal(said(await reader.receiveMessage(message), loaded), 'still here');
});
