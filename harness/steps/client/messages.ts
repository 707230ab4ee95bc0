import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Given, Then, When } from '@cucumber/cucumber';
import { publicCommit } from '@quicnprotochat/core/testing';
import { MsgType } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { add, isMessage, newText, removeClient, renew, say, usualWrapping } from '../../src/client/conversation.ts';
import { payloadsTo } from '../../src/client/payloads.ts';
import { RUBBISH } from '../../src/client/rubbish.ts';
import { type Unwrapped, unwrap, WRAPPINGS, type Wrapping } from '../../src/client/wrapping.ts';

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

When('the commit comes', function (this: ClientWorld) {
  this.service.put(this.identityKey, this.late as Uint8Array);
});

When('the server puts the first of them into the queue again', function (this: ClientWorld) {
  this.service.put(this.identityKey, (this.said[0] as { payload: Uint8Array }).payload);
});

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
