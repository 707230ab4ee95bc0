// What members send who follow the rules of MLS, or not even these, and not ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, bytes, commit, group, hex, inside, person, said } from '../../test/people.ts';
import { createCommit, createProposal, type Proposal } from '../../vendor/ts-mls/index.js';
import { encodeMlsMessage } from '../../vendor/ts-mls/message.js';
import { type GroupMember, IdentityKeypair } from '../index.ts';
import { readKeyPackage } from './key-package.ts';
import { writeMessage } from './wire.ts';

type Two = [GroupMember, GroupMember];
type Three = [GroupMember, GroupMember, GroupMember];

async function hostileCommit(by: GroupMember, proposals: Proposal[], asPublic = false): Promise<Uint8Array> {
  const { state, suite } = await inside(by);
  const options = { extraProposals: proposals, wireAsPublicMessage: asPublic };
  return encodeMlsMessage((await createCommit({ state, cipherSuite: suite }, options)).commit);
}

async function hostileProposal(by: GroupMember, proposal: Proposal): Promise<Uint8Array> {
  const { state, suite } = await inside(by);
  const { message } = await createProposal(state, false, proposal, suite);
  return encodeMlsMessage(message as Parameters<typeof encodeMlsMessage>[0]);
}

const refused = { code: 'MESSAGE_REFUSED' };
const extensions: Proposal = {
  proposalType: 'group_context_extensions',
  groupContextExtensions: { extensions: [] },
};
const custom: Proposal = { proposalType: 0xf00d, proposalData: new Uint8Array() } as Proposal;

test('a commit as PublicMessage is refused', async () => {
  const [alice, bob] = (await group(2)) as Two;
  await assert.rejects(bob.receiveMessage(await hostileCommit(alice, [], true)), { code: 'MESSAGE_MALFORMED' });
});

test('commits and proposals that change the group context or are unknown are refused', async () => {
  const [alice, bob] = (await group(2)) as Two;
  for (const proposal of [extensions, custom]) {
    await assert.rejects(bob.receiveMessage(await hostileCommit(alice, [proposal])), refused);
    await assert.rejects(bob.receiveMessage(await hostileProposal(alice, proposal)), refused);
  }
  assert.equal(said(await bob.receiveMessage(await alice.sendMessage(bytes('on'))), alice), 'on');
});

test('a KeyPackage that is valid for ever is refused, alone and in a commit of others', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const { generateKeyPackageWithKey } = await import('../../vendor/ts-mls/keyPackage.js');
  const { suite } = await inside(alice);
  const identity = IdentityKeypair.generate();
  const { publicPackage } = await generateKeyPackageWithKey(
    { credentialType: 'basic', identity: identity.publicKey },
    readKeyPackage((await alice.generateKeyPackage()).keyPackage).leafNode.capabilities,
    { notBefore: 0n, notAfter: (1n << 63n) - 1n },
    [],
    { publicKey: identity.publicKey, signKey: new Uint8Array() },
    { ...suite, signature: { ...suite.signature, sign: async (_key, message) => identity.sign(message) } },
  );
  const keyPackage = writeMessage<'mls_key_package'>({ wireformat: 'mls_key_package', keyPackage: publicPackage });
  await assert.rejects(alice.addMember(keyPackage), { code: 'KEY_PACKAGE_LIFETIME' });
  const adding: Proposal = { proposalType: 'add', add: { keyPackage: publicPackage } };
  await assert.rejects(bob.receiveMessage(await hostileCommit(alice, [adding])), { code: 'KEY_PACKAGE_LIFETIME' });
  await assert.rejects(bob.receiveMessage(await hostileProposal(alice, adding)), { code: 'KEY_PACKAGE_LIFETIME' });
  const patient = await person({ longestLifetime: Number.POSITIVE_INFINITY });
  await patient.createGroup();
  assert.deepEqual((await patient.addMember(keyPackage)).added, [identity.publicKey]);
});

test('an update that makes a member somebody else is refused', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const other = IdentityKeypair.generate();
  const { state, suite } = await inside(alice);
  const [leaf] = state.ratchetTree;
  assert.ok(leaf?.nodeType === 'leaf');
  // Alice's leaf under a new key, from which her commit then takes credential and signature key …
  leaf.leaf.signaturePublicKey = other.publicKey;
  leaf.leaf.credential = { credentialType: 'basic', identity: other.publicKey };
  let signatures = 0;
  const sign = async (_key: Uint8Array, message: Uint8Array) => {
    signatures += 1;
    // … so that the first signature, of the leaf, is the new key's, and the others, of the commit, Alice's.
    return signatures === 1 ? other.sign(message) : alice.identity.sign(message);
  };
  const cipherSuite = { ...suite, signature: { ...suite.signature, sign } };
  const made = await createCommit({ state, cipherSuite });
  const message = encodeMlsMessage(made.commit);
  await assert.rejects(bob.receiveMessage(message), { code: 'MESSAGE_REFUSED' });
  assert.deepEqual(
    bob.members().map(hex),
    [alice, bob].map((member) => hex(member.identity.publicKey)),
  );
});

test('a proposal is kept, blocks messages, and comes into force with the next commit', async () => {
  const [alice, bob, carol] = (await group(3)) as Three;
  const leaving: Proposal = { proposalType: 'remove', remove: { removed: 2 } };
  const proposal = await hostileProposal(carol, leaving);
  const seen = { kind: 'proposal', proposal: 'remove', sender: carol.identity.publicKey, epoch: 2n };
  assert.deepEqual(await alice.receiveMessage(proposal), seen);
  await bob.receiveMessage(proposal);
  await assert.rejects(alice.sendMessage(bytes('x')), { code: 'PENDING_PROPOSALS' });
  const pending = await alice.update();
  assert.deepEqual(pending.removed, [carol.identity.publicKey]);
  const received = await bob.receiveMessage(pending.commit);
  assert.deepEqual(received.kind === 'commit' && received.removed, [carol.identity.publicKey]);
  await pending.confirm();
  assert.equal(said(await bob.receiveMessage(await alice.sendMessage(bytes('on'))), alice), 'on');
});

test('a proposal that cannot be committed does not block the group', async () => {
  const [alice, bob, carol] = (await group(3)) as Three;
  // Bob proposes that Alice goes, which she cannot commit herself.
  await alice.receiveMessage(await hostileProposal(bob, { proposalType: 'remove', remove: { removed: 0 } }));
  const dave = await person();
  await add(alice, [bob, carol], dave);
  assert.equal(alice.members().length, 4);
  assert.equal(said(await bob.receiveMessage(await dave.sendMessage(bytes('hi'))), dave), 'hi');
});

test('proposals that remove nobody, or update into somebody else, are refused', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const nobody: Proposal = { proposalType: 'remove', remove: { removed: 7 } };
  await assert.rejects(bob.receiveMessage(await hostileProposal(alice, nobody)), refused);
  const { keyPackage } = await (await person()).generateKeyPackage();
  const { leafNode } = readKeyPackage(keyPackage);
  const update = {
    proposalType: 'update',
    update: { leafNode: { ...leafNode, leafNodeSource: 'update' } },
  } as Proposal;
  await assert.rejects(bob.receiveMessage(await hostileProposal(alice, update)), refused);
});

test('who is removed and added again by one commit shows as neither', async () => {
  const [alice, bob, carol] = (await group(3)) as Three;
  const again = await person();
  const fresh = await (again.constructor as typeof GroupMember).new(carol.identity);
  const { keyPackage } = await fresh.generateKeyPackage();
  const message = await hostileCommit(alice, [
    { proposalType: 'remove', remove: { removed: 2 } },
    { proposalType: 'add', add: { keyPackage: readKeyPackage(keyPackage) } },
  ]);
  const received = await bob.receiveMessage(message);
  assert.deepEqual(received.kind === 'commit' && [received.added, received.removed], [[], []]);
  assert.equal(bob.members().length, 3);
});

test('a group is not taken over by somebody outside it', async () => {
  const [alice, bob] = (await group(2)) as Two;
  const [mallory] = (await group(2)) as Two;
  const { state, suite } = await inside(mallory);
  state.groupContext.groupId = alice.groupId as Uint8Array;
  const { createApplicationMessage } = await import('../../vendor/ts-mls/index.js');
  const { privateMessage } = await createApplicationMessage(state, bytes('I am Alice'), suite);
  const message = writeMessage<'mls_private_message'>({ wireformat: 'mls_private_message', privateMessage });
  await assert.rejects(bob.receiveMessage(message), { code: 'MESSAGE_INVALID' });
  await commit(alice, [bob], (by) => by.update());
});
