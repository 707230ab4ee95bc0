import { defineParameterType, Given, When } from '@cucumber/cucumber';
import type { NodeServiceMethod } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { inGroupWith, inviteClient, joinGroupOf } from '../../src/client/conversation.ts';

defineParameterType({ name: 'person', regexp: /Bob|Carol|Mallory/, transformer: (name: string) => name });

Given('{person} has published a KeyPackage', async function (this: ClientWorld, name: string) {
  await (await this.peer(name)).publish();
});

Given('{person} has a hybrid key', async function (this: ClientWorld, name: string) {
  (await this.peer(name)).publishHybridKey();
});

Given('the client has registered', async function (this: ClientWorld) {
  await this.must('register-state');
});

Given('the client has made a group', async function (this: ClientWorld) {
  await inGroupWith(this);
});

Given('the client is in a group with {person}', async function (this: ClientWorld, name: string) {
  await inGroupWith(this, name);
});

Given('the client is in a group with {person} and {person}', async function (this: ClientWorld, a: string, b: string) {
  await inGroupWith(this, a, b);
});

Given('the client has joined a group of {person}', async function (this: ClientWorld, name: string) {
  await joinGroupOf(this, name);
});

When('{person} invites the client', async function (this: ClientWorld, name: string) {
  await inviteClient(this, name);
});

Given('a channel of the client and {person}', async function (this: ClientWorld, name: string) {
  await this.must('register-state');
  const peer = await this.peer(name);
  this.channelId = this.service.channel(this.identityKey, peer.key);
});

Given("the client's device is {string}", function (this: ClientWorld, device: string) {
  this.deviceId = device;
});

Given("the client's token is {string} in hex", function (this: ClientWorld, token: string) {
  this.useToken(token, Buffer.from(token, 'hex'));
});

Given("the client's state is damaged", async function (this: ClientWorld) {
  await this.must('register-state');
  this.folder.damageState();
});

Given('the server takes calls without a token', function (this: ClientWorld) {
  this.service.isOpen = true;
});

const BEYOND_CORE: NodeServiceMethod[] = ['peek', 'ack', 'batchEnqueue', 'fetchHybridKeys', 'createChannel'];

Given('the server offers nothing but the core profile', async function (this: ClientWorld) {
  const { lies } = await this.node();
  for (const method of BEYOND_CORE) lies[method] = undefined;
});

Given('the server answers with at most {int} messages', function (this: ClientWorld, count: number) {
  this.service.answerMessages = count;
});
