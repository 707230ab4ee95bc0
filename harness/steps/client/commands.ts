import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { Given, Then, When } from '@cucumber/cucumber';
import { type CertificateOptions, makeSignedCertificate } from '../../src/client/certificate.ts';
import type { ClientWorld, CommandOptions } from '../../src/client/client-world.ts';
import { inviteClient, newText, say } from '../../src/client/conversation.ts';
import { ObservingNode } from '../../src/client/observing-node.ts';
import { findSecret } from '../../src/client/secrets.ts';

/** How long something may take that a right client does at once, in ms. */
const SOON_MS = 10_000;
/** How long a client is left alone that has begun to wait. */
const SETTLE_MS = 300;
/** Whoever asks for messages once more does so within that time. */
const ASKS_MS = 3_000;
const POLL_MS = 50;
/** How much longer than others a command may take that finds no server. */
const PATIENCE = 1.5;
const RECEIVING = ['peek', 'fetch', 'fetchWait'] as const;

When('the client runs {string}', async function (this: ClientWorld, command: string) {
  await this.run(command);
});

When('the client runs {string} without a token', async function (this: ClientWorld, command: string) {
  await this.run(command, { isWithoutToken: true });
});

When('the client runs {string} with its options in the environment', async function (this: ClientWorld, text: string) {
  await this.run(text, { byEnvironment: true });
});

/** Runs what finds no server. @throws SkipScenario when it still tries: QUIC alone gives up after 30 s in many libraries */
async function runPatiently(world: ClientWorld, command: string, options: CommandOptions = {}): Promise<void> {
  const process = await world.start(command, { ...options, patience: PATIENCE });
  if ((await process.ended).isLate) world.skip(`"${command}" still tries: how long it may is nowhere said`);
  await world.finished(process, command);
}

When('the client runs {string} and nobody is there', async function (this: ClientWorld, command: string) {
  const node = await this.node();
  await node.stop();
  await runPatiently(this, command);
});

When(
  'the client runs {string} and meets a server with another certificate',
  async function (this: ClientWorld, command: string) {
    const right = await this.node();
    this.other = await this.startNode({ service: this.service });
    await this.run(command, { node: this.other, caCert: this.caFile(right) });
  },
);

When(
  'the client runs {string} and meets a server that speaks {string}',
  async function (this: ClientWorld, command: string, protocols: string) {
    this.other = await this.startNode({ service: this.service, alpn: protocols.split(',') });
    await runPatiently(this, command, { node: this.other });
  },
);

const CERTIFICATES: Record<string, CertificateOptions> = {
  'has signed': {},
  'has signed for another name': { dnsName: 'elsewhere.example' },
  'has signed for the address alone': { dnsName: null },
  'has signed, and that has expired': { days: -1 },
  'has signed, and that begins tomorrow': { beginsIn: 1, days: 2 },
};

When(
  /^the client runs "([^"]+)" and meets a server with a certificate that the authority (.+)$/,
  async function (this: ClientWorld, command: string, how: string) {
    const options = CERTIFICATES[how];
    if (!options) throw new TypeError(`there is no "${how}"; there are ${Object.keys(CERTIFICATES).join('; ')}`);
    const certificate = await makeSignedCertificate(options);
    this.other = await this.startNode({ service: this.service, certificate });
    await this.run(command, { node: this.other });
  },
);

const NO_ANCHORS: Record<string, (world: ClientWorld) => string> = {
  'is not there': ({ folder }) => `${folder.state}-no-such.pem`,
  'holds no certificate': ({ folder }) => folder.write('empty.pem', 'no certificate\n'),
};

When(/^the client runs "([^"]+)" with a "--ca-cert" that (.+)$/, async function (this: ClientWorld, command, what) {
  const file = NO_ANCHORS[what];
  if (!file) throw new TypeError(`there is no "${what}"; there are ${Object.keys(NO_ANCHORS).join('; ')}`);
  this.other = await this.node();
  await this.run(command, { caCert: file(this) });
});

Given('the client trusts a server on first use', async function (this: ClientWorld) {
  const { code } = await this.run('ping', { caCert: undefined });
  if (code !== 0) this.skip('the client trusts no server on first use: ping without --ca-cert failed');
});

When('another certificate is shown at that address', async function (this: ClientWorld) {
  const node = await this.node();
  const { port } = node;
  await node.stop();
  this.other = await this.startNode({ service: this.service, port });
});

When('the client runs {string} on its word', async function (this: ClientWorld, command: string) {
  await this.run(command, { node: this.other, caCert: undefined });
});

When('the client sends a message', async function (this: ClientWorld) {
  this.text = newText();
  await this.run(`send --msg ${this.text}`);
});

When('the client sends a message in the channel', async function (this: ClientWorld) {
  this.text = newText();
  await this.run(`send --msg ${this.text} --channel-id ${Buffer.from(this.channelId).toString('hex')}`);
});

When('the client receives from the channel', async function (this: ClientWorld) {
  await this.run(`recv --channel-id ${Buffer.from(this.channelId).toString('hex')}`);
});

When('the client receives from a channel of {person} and {person}', async function (this: ClientWorld, a, b) {
  const id = this.service.channel((await this.peer(a)).key, (await this.peer(b)).key);
  await this.run(`recv --channel-id ${Buffer.from(id).toString('hex')}`);
});

When('the client receives from a channel that does not exist', async function (this: ClientWorld) {
  await this.run(`recv --channel-id ${'ab'.repeat(16)}`);
});

When('the client starts {string}', async function (this: ClientWorld, command: string) {
  const callsBefore = (await this.node()).of(...RECEIVING).length;
  this.background = { process: await this.start(command), command, callsBefore };
});

/** Until the command in the background has asked for messages, and got none. */
async function itWaits(world: ClientWorld): Promise<void> {
  const { process, command, callsBefore } = world.running();
  const node = await world.node();
  const hasAsked = (): boolean => node.of(...RECEIVING).length > callsBefore;
  await until(hasAsked, () => `"${command}" has not asked for messages: ${world.redact(process.stderr)}`);
  await sleep(SETTLE_MS);
}

When('it is interrupted once it waits', async function (this: ClientWorld) {
  await itWaits(this);
  const { process, command } = this.running();
  process.interrupt();
  await this.finished(process, command);
  // A server notices in the end; till then a fetchWait of the dead would still take messages.
  await (await this.node()).dropConnections();
});

When('the server drops all connections once it waits', async function (this: ClientWorld) {
  await itWaits(this);
  await (await this.node()).dropConnections();
});

When('{person} invites the client once it waits', async function (this: ClientWorld, name: string) {
  await itWaits(this);
  await inviteClient(this, name);
});

When('{person} sends a message to the client once it waits', async function (this: ClientWorld, name: string) {
  await itWaits(this);
  await say(this, name);
});

When('it has had time to ask for more', async function (this: ClientWorld) {
  const node = await this.node();
  const callsBefore = node.of(...RECEIVING).length;
  // One that waits already asks no more, which is as well.
  for (const end = Date.now() + ASKS_MS; node.of(...RECEIVING).length === callsBefore && Date.now() < end; )
    await sleep(POLL_MS);
  await sleep(SETTLE_MS);
});

Then('it succeeds', function (this: ClientWorld) {
  assert.equal(this.last.code, 0, this.ending());
});

Then('it fails', function (this: ClientWorld) {
  assert.notEqual(this.last.code, 0, 'it exited with 0, as if it had done what it was asked for');
});

Then('it exits with {int}', function (this: ClientWorld, code: number) {
  // As shells tell that a signal ended a program.
  const told = this.last.signal === 'SIGINT' ? 130 : this.last.code;
  assert.equal(told, code, `${this.ending()}; expected was exit code ${code}`);
});

Then('it tells the code {word}', function (this: ClientWorld, code: string) {
  const { stdout, stderr } = this.last;
  assert.ok((stdout + stderr).includes(code), `${code} is not in what it told: ${this.ending()}`);
});

Then('it shows these messages while it runs', async function (this: ClientWorld) {
  const { process, command } = this.running();
  const missing = (): string | undefined => this.said.find(({ text }) => !process.stdout.includes(text))?.text;
  await until(
    () => missing() === undefined,
    () => `"${command}" has not shown ${missing()} within ${SOON_MS} ms`,
  );
});

Then('it says something', function (this: ClientWorld) {
  const { stdout, stderr } = this.last;
  assert.notEqual((stdout + stderr).trim(), '', 'it has written nothing');
});

Then('it ends by itself and succeeds', async function (this: ClientWorld) {
  const { process, command } = this.running();
  await this.finished(process, command);
  assert.equal(this.last.code, 0, this.ending());
});

Then('that server has not seen its token', function (this: ClientWorld) {
  assert.ok(this.other instanceof ObservingNode);
  assert.equal(findSecret(this.other.received, this.tokenBytes), undefined, 'it has sent its token');
});

Then('that server has seen no call', function (this: ClientWorld) {
  assert.ok(this.other instanceof ObservingNode);
  const methods = this.other.calls.map(({ method }) => method);
  assert.deepEqual(methods, [], `it has called ${methods.join(', ')}`);
});

Then('that server has been sent nothing', function (this: ClientWorld) {
  assert.ok(this.other instanceof ObservingNode);
  assert.equal(this.other.received.length, 0, `it has sent ${this.other.received.length} bytes`);
});

async function until(condition: () => boolean, why: () => string): Promise<void> {
  const end = Date.now() + SOON_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(why());
    await sleep(20);
  }
}
