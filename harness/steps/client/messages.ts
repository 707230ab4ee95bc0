import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Given, Then, When } from '@cucumber/cucumber';
import { GroupMember, HybridKeypair, IdentityKeypair } from '@quicnprotochat/core';
import { publicCommit } from '@quicnprotochat/core/testing';
import { MsgType } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { add, isMessage, newText, removeClient, renew, say, usualWrapping } from '../../src/client/conversation.ts';
import { type Forgery, forgeHybrid, partsOf } from '../../src/client/hybrid-forgery.ts';
import { type Unwrapped, unwrap, WRAPPINGS, type Wrapping, wrap } from '../../src/client/wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function sayAll(world: ClientWorld, name: string, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await say(world, name);
}

When('{person} sends {int} message(s) to the client', async function (this: ClientWorld, name: string, count: number) {
  await sayAll(this, name, count);
});

When('{person} sends a message in the channel to the client', async function (this: ClientWorld, name: string) {
  await say(this, name, usualWrapping(this), this.channelId);
});

Given('{person} has sent {int} messages to the client', async function (this: ClientWorld, name: string, n: number) {
  await sayAll(this, name, n);
});

When(new RegExp(`^Bob sends a message (${WRAPPINGS.join('|')})$`), async function (this: ClientWorld, how: string) {
  const isKnown = this.service.hybridKeys.has(hex(this.identityKey));
  // To somebody without a hybrid key nobody sends hybrid envelopes.
  await say(this, 'Bob', how.includes('hybrid') && !isKnown ? 'in an Envelope' : (how as Wrapping));
});

When('{person} sends a message in an Envelope that names {person}', async function (this: ClientWorld, from, named) {
  const [peer, other] = [await this.peer(from), await this.peer(named)];
  const text = newText();
  const message = await peer.member.sendMessage(Buffer.from(text));
  const { key } = other;
  const payload = peer.wrapFor(this.identityKey, message, MsgType.mlsApplication, usualWrapping(this), key);
  this.service.put(this.identityKey, payload);
  this.said.push({ text, payload });
});

When('{person} sends bytes that are no text', async function (this: ClientWorld, name: string) {
  const bytes = Buffer.concat([Buffer.from([0xff, 0xfe, 0x80]), randomBytes(13)]);
  this.said.push({ text: bytes.toString('base64'), payload: bytes });
  const payload = await (await this.peer(name)).message(bytes, this.identityKey, usualWrapping(this));
  this.service.put(this.identityKey, payload);
});

When('{person} removes the client', async function (this: ClientWorld, name: string) {
  await removeClient(this, name);
});

When('{person} adds {person}', async function (this: ClientWorld, name: string, added: string) {
  this.service.put(this.identityKey, await add(this, name, added));
});

When('{person} adds {person}, and the commit is late', async function (this: ClientWorld, name: string, added: string) {
  this.late = await add(this, name, added);
});

When('{person} renews his keys', async function (this: ClientWorld, name: string) {
  this.service.put(this.identityKey, await renew(this, name));
});

When('{person} renews his keys by a PublicMessage', async function (this: ClientWorld, name: string) {
  const peer = await this.peer(name);
  const { commit, next } = await publicCommit(peer.member);
  peer.member = next;
  this.service.put(this.identityKey, peer.wrapFor(this.identityKey, commit, MsgType.mlsCommit, usualWrapping(this)));
});

const FORGERIES: Record<string, Forgery> = {
  'of version 2': { version: 2 },
  'with a key of low order': { isLowOrder: true },
  'with the last bit of its tag flipped': { isTagFlipped: true },
};

When(
  /^Bob sends a message in a hybrid envelope (of .+|with the .+|with a .+)$/,
  async function (this: ClientWorld, how) {
    const forgery = FORGERIES[how];
    if (!forgery) throw new TypeError(`there is no "${how}"; there are ${Object.keys(FORGERIES).join('; ')}`);
    const hybridKey = this.service.hybridKeys.get(hex(this.identityKey));
    if (!hybridKey) this.skip('the client publishes no hybrid key, so that nobody sends it a hybrid envelope');
    const [bob, text] = [await this.peer('Bob'), newText()];
    const message = await bob.member.sendMessage(Buffer.from(text));
    const sealed = forgeHybrid(hybridKey, message, forgery);
    const payload = bob.wrapFor(this.identityKey, sealed, MsgType.mlsApplication, 'in an Envelope');
    this.service.put(this.identityKey, payload);
    this.said.push({ text, payload });
  },
);

Given('{person} sends another message when the client acknowledges', async function (this: ClientWorld, name: string) {
  const { before } = await this.node();
  const text = newText();
  const payload = await (await this.peer(name)).message(text, this.identityKey, usualWrapping(this));
  before.ack = () => {
    delete before.ack;
    this.service.put(this.identityKey, payload);
    this.said.push({ text, payload });
  };
});

Then('no two hybrid envelopes that went to {person} have a part in common', async function (this: ClientWorld, name) {
  const seen = new Map<string, string>();
  const envelopes = new Map<string, Uint8Array>();
  // One that is sent twice, since an answer was lost, is one.
  for (const { hybrid } of await payloadsTo(this, name)) if (hybrid) envelopes.set(hex(hybrid), hybrid);
  for (const hybrid of envelopes.values()) {
    for (const [what, bytes] of Object.entries(partsOf(hybrid))) {
      assert.equal(seen.get(hex(bytes)), undefined, `two hybrid envelopes have the same ${what}`);
      seen.set(hex(bytes), what);
    }
  }
  assert.ok(seen.size > 0, `nothing went to ${name} in a hybrid envelope`);
});

When('the commit comes', function (this: ClientWorld) {
  this.service.put(this.identityKey, this.late as Uint8Array);
});

When('the server puts the first of them into the queue again', function (this: ClientWorld) {
  this.service.put(this.identityKey, (this.said[0] as { payload: Uint8Array }).payload);
});

/** Behind the segment table and the root pointer. */
const MSG_TYPE_AT = 16;
const RUBBISH: Record<string, (world: ClientWorld) => Promise<Uint8Array>> = {
  'some text': async () => Buffer.from('nothing that anybody could read'),
  'a hybrid envelope to somebody else': async (world) => {
    const stranger = HybridKeypair.generate().publicKey.toBytes();
    const content = { message: randomBytes(200), msgType: MsgType.mlsApplication };
    const { key } = await world.peer('Mallory');
    return wrap(
      { ...content, groupId: randomBytes(32), sender: key },
      'in an Envelope with a hybrid envelope',
      stranger,
    );
  },
  'a PrivateMessage with its last bit flipped': async (world) => {
    const bob = await world.peer('Bob');
    const message = await bob.member.sendMessage(Buffer.from('damaged'));
    const last = message.length - 1;
    message[last] = (message[last] as number) ^ 1;
    return bob.wrapFor(world.identityKey, message, MsgType.mlsApplication, usualWrapping(world));
  },
  'a single byte': async () => Uint8Array.of(0),
  'a hybrid envelope of 40 bytes': async () => Buffer.concat([Uint8Array.of(1), randomBytes(39)]),
  'an Envelope that holds nothing': async (world) => {
    const { key } = await world.peer('Mallory');
    const nothing = { message: new Uint8Array(), msgType: MsgType.mlsApplication };
    return wrap({ ...nothing, groupId: new Uint8Array(), sender: key }, 'in an Envelope');
  },
  // msgType, the first field, beyond the enum.
  'an Envelope of an unknown kind': async (world) => {
    const { key } = await world.peer('Mallory');
    const content = { message: randomBytes(40), msgType: MsgType.error, groupId: new Uint8Array(), sender: key };
    const bytes = Buffer.from(wrap(content, 'in an Envelope'));
    bytes[MSG_TYPE_AT] = 200;
    return bytes;
  },
  'a PrivateMessage that is cut': async (world) => {
    const bob = await world.peer('Bob');
    const message = await bob.member.sendMessage(Buffer.from('cut'));
    return bob.wrapFor(world.identityKey, message.subarray(0, 30), MsgType.mlsApplication, usualWrapping(world));
  },
  'a Welcome to somebody else': async (world) => {
    const [mallory, carol] = [await world.peer('Mallory'), await world.peer('Carol')];
    return mallory.invite(carol.key, await carol.publish(), 'in an Envelope');
  },
  'a KeyPackage': async (world) => {
    const mallory = await world.peer('Mallory');
    return (await mallory.member.generateKeyPackage()).keyPackage;
  },
  'a message of another group': async () => {
    const [one, other] = [IdentityKeypair.generate(), IdentityKeypair.generate()];
    const [member, invited] = [await GroupMember.new(one), await GroupMember.new(other)];
    await member.createGroup();
    const pending = await member.addMember((await invited.generateKeyPackage()).keyPackage);
    await pending.confirm();
    const content = { msgType: MsgType.mlsApplication, groupId: member.groupId as Uint8Array, sender: one.publicKey };
    return wrap({ ...content, message: await member.sendMessage(Buffer.from('elsewhere')) }, 'in an Envelope');
  },
};

When(/^Mallory puts (.+) into the client's queue$/, async function (this: ClientWorld, what: string) {
  const make = RUBBISH[what];
  if (!make) throw new TypeError(`there is no "${what}"; there are ${Object.keys(RUBBISH).join(', ')}`);
  this.service.put(this.identityKey, await make(this));
});

const timesIn = (text: string, wanted: string): number => text.split(wanted).length - 1;

Then('it shows these messages in order', function (this: ClientWorld) {
  let at = -1;
  for (const { text } of this.said) {
    const found = this.last.stdout.indexOf(text, at + 1);
    const isThere = this.last.stdout.includes(text);
    assert.ok(found >= 0, isThere ? `${text} is shown out of order` : `${text} is not shown; ${this.ending()}`);
    at = found;
  }
});

Then('it shows each of these messages once', function (this: ClientWorld) {
  for (const { text } of this.said) {
    const times = timesIn(this.last.stdout, text);
    assert.equal(times, 1, `${text} is shown ${times} times`);
  }
});

Then('it shows none of these messages', function (this: ClientWorld) {
  for (const { text } of this.said) assert.equal(timesIn(this.last.stdout, text), 0, `${text} is shown`);
});

Then('both together show these messages', function (this: ClientWorld) {
  const shown = this.outputs.join('\n');
  for (const { text } of this.said) assert.ok(shown.includes(text), `${text} is lost: neither command has shown it`);
});

Then('{person} reads that message from the client', async function (this: ClientWorld, name: string) {
  await readsIt(this, name);
});

Then('{person} reads that message from the client in the channel', async function (this: ClientWorld, name: string) {
  await readsIt(this, name, this.channelId);
});

async function readsIt(world: ClientWorld, name: string, channelId?: Uint8Array): Promise<void> {
  const received = await (await world.peer(name)).read(channelId);
  const isThere = received.some((one) => isMessage(one, world.identityKey, world.text));
  assert.ok(isThere, `it is not among the ${received.length} messages that came for ${name}; ${world.ending()}`);
}

Then('{person} reads that the client has added {person}', async function (this: ClientWorld, name: string, added) {
  const [peer, other] = [await this.peer(name), await this.peer(added)];
  const received = await peer.read();
  const isThere = received.some((one) => one.kind === 'commit' && one.added.some((key) => hex(key) === hex(other.key)));
  assert.ok(isThere, `no commit that adds ${added} came for ${name}; ${this.ending()}`);
});

Then('{person} joins by a Welcome of the client', async function (this: ClientWorld, name: string) {
  await (await this.peer(name)).join();
});

Then('the members are the client and {person}', async function (this: ClientWorld, name: string) {
  const peer = await this.peer(name);
  const members = peer.member.members().map(hex).sort();
  assert.deepEqual(members, [hex(this.identityKey), hex(peer.key)].sort());
});

Then("{person}'s queue holds a PrivateMessage", async function (this: ClientWorld, name: string) {
  const found = (await this.peer(name)).take().map(({ format }) => format);
  assert.ok(found.length > 0, `nothing is in ${name}'s queue; ${this.ending()}`);
  for (const format of found) assert.equal(format, 'PrivateMessage');
});

Then('all that went to {person} was in hybrid envelopes', async function (this: ClientWorld, name: string) {
  for (const { isHybrid, format } of await payloadsTo(this, name))
    assert.ok(isHybrid, `a ${format} was sent to ${name} without a hybrid envelope`);
});

Then('nothing that went to {person} was in a hybrid envelope', async function (this: ClientWorld, name: string) {
  for (const { isHybrid, format } of await payloadsTo(this, name))
    assert.ok(!isHybrid, `a ${format} was sent to ${name} in a hybrid envelope, and ${name} has published no key`);
});

const TYPES: Record<string, number[]> = {
  Welcome: [MsgType.mlsWelcome],
  PrivateMessage: [MsgType.mlsCommit, MsgType.mlsApplication],
};

Then('all that went to {person} was in Envelopes of the right types', async function (this: ClientWorld, name: string) {
  const { groupId } = (await this.peer(name)).member;
  for (const { envelope, format } of await payloadsTo(this, name)) {
    assert.ok(envelope, `a ${format} was sent to ${name} without an Envelope`);
    assert.ok(TYPES[format]?.includes(envelope.msgType), `a ${format} is in an Envelope of type ${envelope.msgType}`);
    if (groupId?.length === 32) assert.equal(hex(envelope.groupId), hex(groupId), 'the Envelope names another group');
  }
  const types = (await payloadsTo(this, name)).map(({ envelope }) => envelope?.msgType);
  for (const type of [MsgType.mlsWelcome, MsgType.mlsCommit, MsgType.mlsApplication])
    assert.ok(types.includes(type), `there was no Envelope of type ${type}`);
});

Then('each Envelope that went to {person} names the client, or nobody', async function (this: ClientWorld, name) {
  const right = createHash('sha256').update(this.identityKey).digest('hex');
  for (const { envelope, format } of await payloadsTo(this, name))
    if (envelope && envelope.senderId.length > 0)
      assert.equal(hex(envelope.senderId), right, `the Envelope of a ${format} has another senderId`);
});

/** Clocks may differ. */
const CLOCK_MS = 600_000n;

Then('each Envelope that went to {person} tells the time', async function (this: ClientWorld, name: string) {
  for (const { envelope, format } of await payloadsTo(this, name)) {
    const off = envelope && envelope.timestampMs - BigInt(Date.now());
    assert.ok(off === undefined || (off < CLOCK_MS && off > -CLOCK_MS), `that of a ${format} is off by ${off} ms`);
  }
});

Then(
  'Mallory finds no more than a PrivateMessage that she cannot read in what was sent',
  async function (this: ClientWorld) {
    const { hybrid } = await this.peer('Mallory');
    const { key } = await this.peer('Bob');
    for (const { payload } of this.service.queue(key)) {
      let opened: Unwrapped;
      try {
        opened = unwrap(payload, hybrid);
      } catch {
        continue;
      }
      assert.equal(opened.format, 'PrivateMessage');
      assert.ok(!Buffer.from(opened.message).includes(this.text), 'the plaintext is in it');
    }
  },
);

/** Everything that the client has put into somebody's queue, from the beginning. */
async function payloadsTo(world: ClientWorld, name: string): Promise<Unwrapped[]> {
  const { key, hybrid } = await world.peer(name);
  const payloads = (await world.node()).calls.flatMap(({ method, params }) => {
    if (method === 'enqueue' && hex(params.recipientKey as Uint8Array) === hex(key)) return [params.payload];
    if (method !== 'batchEnqueue') return [];
    return (params.recipientKeys as Uint8Array[]).some((one) => hex(one) === hex(key)) ? [params.payload] : [];
  });
  assert.ok(payloads.length > 0, `nothing was put into ${name}'s queue`);
  return payloads.map((payload) => unwrap(payload as Uint8Array, hybrid));
}
