import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, commit, group, inside, said } from '../../test/people.ts';
import { noblePrimitives } from '../crypto/noble-primitives.ts';
import type { GroupMember } from '../index.ts';
import { makeCommit } from './commit.ts';
import { receive } from './receive.ts';
import { makeSuite } from './suite.ts';

type Two = [GroupMember, GroupMember];

/** So many messages, "0", "1", …, without a receiver. */
async function messages(by: GroupMember, count: number): Promise<Uint8Array[]> {
  const sent: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) sent.push(await by.sendMessage(bytes(`${i}`)));
  return sent;
}

test('messages are read in any order, each once', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const sent = await messages(alice, 6);
  for (const i of [3, 0, 5, 1, 4, 2]) {
    assert.equal(said(await bob.receiveMessage(sent[i] as Uint8Array), alice), `${i}`);
    await assert.rejects(bob.receiveMessage(sent[i] as Uint8Array), { code: 'MESSAGE_USED' });
  }
});

test('a replay is refused after a restart, too', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const [first, second] = (await messages(alice, 2)) as [Uint8Array, Uint8Array];
  await bob.receiveMessage(second);
  const loaded = await (bob.constructor as typeof GroupMember).load(bob.identity, await bob.save());
  await assert.rejects(loaded.receiveMessage(second), { code: 'MESSAGE_USED' });
  assert.equal(said(await loaded.receiveMessage(first), alice), '0');
  await assert.rejects(loaded.receiveMessage(first), { code: 'MESSAGE_USED' });
});

test('of skipped messages the last 32 are still read', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const sent = await messages(alice, 41);
  assert.equal(said(await bob.receiveMessage(sent[40] as Uint8Array), alice), '40');
  for (const i of [8, 39]) assert.equal(said(await bob.receiveMessage(sent[i] as Uint8Array), alice), `${i}`);
  await assert.rejects(bob.receiveMessage(sent[7] as Uint8Array), { code: 'MESSAGE_USED' });
});

test('of skipped messages the keys are kept, never what later keys are derived from', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const sent = await messages(alice, 3);
  await bob.receiveMessage(sent[2] as Uint8Array);
  const { application } = (await inside(bob)).state.secretTree[0] ?? {};
  // AES-128 key and nonce, 28 bytes; a ratchet secret has 32.
  assert.deepEqual(
    Object.values(application?.unusedGenerations ?? {}).map(({ length }) => length),
    [28, 28],
  );
});

test('a sender may skip 1,000 messages and not 1,001', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const sent = await messages(alice, 1_002);
  await assert.rejects(bob.receiveMessage(sent[1_001] as Uint8Array), { code: 'MESSAGE_REFUSED' });
  assert.equal(said(await bob.receiveMessage(sent[1_000] as Uint8Array), alice), '1000');
  assert.equal(said(await bob.receiveMessage(sent[1_001] as Uint8Array), alice), '1001');
});

test('messages of the last three epochs are read, once each, with who sent them then', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const late: Uint8Array[] = [];
  for (let epoch = 1; epoch <= 5; epoch += 1) {
    late.push(await alice.sendMessage(bytes(`${epoch}`)));
    if (epoch < 5) await commit(bob, [alice], (by) => by.update());
  }
  await assert.rejects(bob.receiveMessage(late[0] as Uint8Array), { code: 'PAST_EPOCH' });
  for (const epoch of [4, 2, 3, 5]) {
    const received = await bob.receiveMessage(late[epoch - 1] as Uint8Array);
    assert.equal(said(received, alice), `${epoch}`);
    assert.equal(received.epoch, BigInt(epoch));
    await assert.rejects(bob.receiveMessage(late[epoch - 1] as Uint8Array), { code: 'MESSAGE_USED' });
  }
});

test('a message of an epoch to come is refused until its commit is there', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const pending = await alice.update();
  await pending.confirm();
  const message = await alice.sendMessage(bytes('x'));
  await assert.rejects(bob.receiveMessage(message), { code: 'FUTURE_EPOCH' });
  await bob.receiveMessage(pending.commit);
  assert.equal(said(await bob.receiveMessage(message), alice), 'x');
});

test("one's own message and one of another group are refused", async () => {
  const [alice] = (await group(2)) as Two;
  const message = await alice.sendMessage(bytes('x'));
  await assert.rejects(alice.receiveMessage(message), { code: 'OWN_MESSAGE' });
  const [, stranger] = (await group(2)) as Two;
  await assert.rejects(stranger.receiveMessage(message), { code: 'WRONG_GROUP' });
});

test('every changed, shortened or lengthened message is refused, and the right one read afterwards', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const message = await alice.sendMessage(bytes('x'));
  const codes = /^(MESSAGE_MALFORMED|MESSAGE_INVALID|WRONG_GROUP|FUTURE_EPOCH|PAST_EPOCH)$/;
  for (let i = 0; i < message.length; i += 3) {
    const changed = message.slice();
    changed[i] = (changed[i] as number) ^ 0x10;
    await assert.rejects(bob.receiveMessage(changed), { name: 'CoreError', code: codes }, `byte ${i}`);
    await assert.rejects(bob.receiveMessage(message.subarray(0, i)), { code: 'MESSAGE_MALFORMED' }, `${i} bytes`);
  }
  await assert.rejects(bob.receiveMessage(Uint8Array.of(...message, 0)), { code: 'MESSAGE_MALFORMED' });
  assert.equal(said(await bob.receiveMessage(message), alice), 'x');
});

test('a changed commit is refused, and the right one taken afterwards', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const pending = await alice.update();
  for (let i = 60; i < pending.commit.length; i += 29) {
    const changed = pending.commit.slice();
    changed[i] = (changed[i] as number) ^ 1;
    await assert.rejects(bob.receiveMessage(changed), { code: /^MESSAGE_(INVALID|MALFORMED)$/ }, `byte ${i}`);
  }
  await bob.receiveMessage(pending.commit);
  assert.equal(bob.epoch, 2n);
});

test('the portable primitives read what node:crypto wrote, and the other way round', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const portable = await makeSuite((message) => bob.identity.sign(message), noblePrimitives);
  const { state } = await inside(bob);
  const message = await alice.sendMessage(bytes('to noble'));
  assert.equal(said((await receive(state, portable, message)).received, alice), 'to noble');
  const made = await makeCommit(state, portable, []);
  await alice.receiveMessage(made.commit);
  assert.equal(alice.epoch, 2n);
});

test('a KeyPackage, a Welcome and garbage are no messages', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const { keyPackage } = await alice.generateKeyPackage();
  const wrong = [keyPackage, new Uint8Array(), bytes('hello'), new Uint8Array(1000), Uint8Array.of(0, 1, 0, 9)];
  for (const message of wrong) await assert.rejects(bob.receiveMessage(message), { code: 'MESSAGE_MALFORMED' });
});
