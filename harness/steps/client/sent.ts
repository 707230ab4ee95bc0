import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Then } from '@cucumber/cucumber';
import { inspectKeyPackage } from '@quicnprotochat/core';
import { type Auth, HYBRID_PUBLIC_KEY_LEN, type NodeServiceMethod, WIRE_VERSION } from '@quicnprotochat/proto';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { keysOf } from '../../src/client/key-package-keys.ts';
import { findSecret } from '../../src/client/secrets.ts';
import { unwrap } from '../../src/client/wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

Then('the server was called by {word}', async function (this: ClientWorld, method: string) {
  const count = (await this.node()).of(method as NodeServiceMethod).length;
  assert.ok(count > 0, `it has not called ${method}`);
});

Then('it has uploaded at least {int} KeyPackage(s)', async function (this: ClientWorld, count: number) {
  const { length } = this.uploads();
  assert.ok(length >= count, `it has uploaded ${length} KeyPackages instead of ${count} or more`);
});

Then('no two of them have a key in common', function (this: ClientWorld) {
  const seen = new Set<string>();
  for (const { keyPackage } of this.uploads()) {
    for (const [what, key] of Object.entries(keysOf(keyPackage))) {
      assert.ok(!seen.has(hex(key)), `two KeyPackages have the same ${what} key`);
      seen.add(hex(key));
    }
  }
});

Then('it has uploaded KeyPackages and put messages into queues', async function (this: ClientWorld) {
  const node = await this.node();
  assert.ok(this.uploads().length > 0, 'it has uploaded no KeyPackage');
  assert.ok(node.of('enqueue', 'batchEnqueue').length > 1, 'it has not put a Welcome and a message into queues');
});

Then('no KeyPackage of {person} is left', async function (this: ClientWorld, name: string) {
  const left = this.service.keyPackages.get(hex((await this.peer(name)).key)) ?? [];
  assert.equal(left.length, 0, `${left.length} KeyPackages are left`);
});

Then('its KeyPackage is valid, of suite 0x0001', async function (this: ClientWorld) {
  await inspect(this);
});

Then('its KeyPackage is of the identity that it was uploaded for', async function (this: ClientWorld) {
  const { info, identityKey } = await inspect(this);
  assert.equal(
    hex(info.identityKey),
    hex(identityKey),
    'its credential is another key than the identityKey of the call',
  );
});

Then('its KeyPackage begins with 00 01 00 05', function (this: ClientWorld) {
  for (const { keyPackage } of this.someUploads())
    assert.equal(hex(keyPackage.subarray(0, 4)), '00010005', `it begins with ${hex(keyPackage.subarray(0, 8))}`);
});

const LONGEST_DAYS = 366;
const DAY_SECONDS = 86_400n;

Then('its KeyPackage is valid for 366 days or less', async function (this: ClientWorld) {
  const { notBefore, notAfter } = (await inspect(this)).info;
  const days = (notAfter - notBefore) / DAY_SECONDS;
  assert.ok(days <= LONGEST_DAYS, `it is valid for ${days} days`);
});

async function inspect(world: ClientWorld) {
  const { identityKey, keyPackage } = world.someUploads()[0] as { identityKey: Uint8Array; keyPackage: Uint8Array };
  const info = await inspectKeyPackage(keyPackage, undefined, Number.POSITIVE_INFINITY).catch((error: unknown) => {
    throw new Error(`its KeyPackage is not valid: ${error instanceof Error ? error.message : error}`);
  });
  return { info, identityKey };
}

Then('every call that wants it showed the token and the device', async function (this: ClientWorld) {
  for (const { method, auth } of await authenticated(this)) {
    assert.equal(auth.version, 1, `${method} had auth version ${auth.version}`);
    assert.ok(Buffer.from(auth.accessToken).equals(this.tokenBytes), `${method} had another token, or none`);
    const { deviceId } = this;
    if (deviceId !== undefined)
      assert.equal(Buffer.from(auth.deviceId).toString(), deviceId, `${method} had another device id`);
  }
});

Then('every call that wants it had auth version 0', async function (this: ClientWorld) {
  for (const { method, auth } of await authenticated(this)) {
    assert.equal(auth.version, 0, `${method} had auth version ${auth.version}`);
    assert.equal(auth.accessToken.length, 0, `${method} had a token`);
  }
});

async function authenticated(world: ClientWorld): Promise<{ method: string; auth: Auth }[]> {
  const calls = (await world.node()).calls.filter(({ params }) => params.auth !== undefined);
  assert.ok(calls.length > 0, 'it has made no call that wants a token');
  return calls.map(({ method, params }) => ({ method, auth: params.auth as Auth }));
}

/** What each parameter has to look like, by its name. */
const FORMS: Record<string, (value: never) => string | undefined> = {
  ...Object.fromEntries(['identityKey', 'recipientKey', 'peerKey'].map((name) => [name, key])),
  ...Object.fromEntries(['identityKeys', 'recipientKeys'].map((name) => [name, keys])),
  hybridPublicKey: ({ length }: Uint8Array) => (length === HYBRID_PUBLIC_KEY_LEN ? undefined : `${length} bytes`),
  channelId: ({ length }: Uint8Array) => (length === 0 || length === 16 ? undefined : `${length} bytes`),
  version: (version: number) => (version === WIRE_VERSION ? undefined : `${version}`),
};

function key({ length }: Uint8Array): string | undefined {
  return length === 32 ? undefined : `${length} bytes`;
}

function keys(all: Uint8Array[]): string | undefined {
  return all.map(key).find((fault) => fault !== undefined);
}

Then('each of its calls has the right form', async function (this: ClientWorld) {
  const { calls } = await this.node();
  assert.ok(calls.length > 0, 'it has made no call');
  for (const { method, params } of calls)
    for (const [name, value] of Object.entries(params)) {
      const fault = FORMS[name]?.(value as never);
      assert.equal(fault, undefined, `${method} had a ${name} of ${fault}`);
    }
});

Then('each connection was made with {string}', async function (this: ClientWorld, protocol: string) {
  const { protocols } = await this.node();
  assert.ok(protocols.length > 0, 'it has made no connection');
  for (const each of protocols) assert.equal(each, protocol);
});

Then('neither that message nor its seed is in what the server has seen', async function (this: ClientWorld) {
  const { received } = await this.node();
  const way = findSecret(received, Buffer.from(this.text));
  assert.equal(way, undefined, `the plaintext of the message was sent ${way}`);
  const seed = this.seed();
  const how = seed && findSecret(received, seed);
  assert.equal(how, undefined, `the seed of the identity was sent ${how}`);
});

/** A file that is for people, and may be pasted into a report. */
const LOG = /\.log\b|[/\\]logs?[/\\]/i;

Then('neither its token nor its seed is in what it has told', function (this: ClientWorld) {
  const told = Buffer.from(this.outputs.join('\n'));
  const way = findSecret(told, this.tokenBytes);
  assert.equal(way, undefined, `the token is in its output, ${way}`);
  const seed = this.seed();
  const how = seed && findSecret(told, seed);
  assert.equal(how, undefined, `the seed of the identity is in its output, ${how}`);
  for (const { path, bytes } of this.folder.files()) {
    // Databases have logs as well, and may hold the seed there.
    const inLog = LOG.test(path.slice(this.folder.path.length)) ? findSecret(bytes, this.tokenBytes) : undefined;
    assert.equal(inLog, undefined, `the token is in ${basename(path)}, ${inLog}`);
  }
});

Then('nobody but its owner may read what is secret', function (this: ClientWorld) {
  const files = this.folder.files();
  const names = [this.folder.state, this.folder.keyStore];
  assert.ok(
    files.some(({ path }) => path === this.folder.state),
    'there is no file where --state says',
  );
  const secrets = [this.seed(), this.tokenBytes, ...this.service.sessionTokens].filter(
    (secret) => secret !== undefined,
  );
  const isSecret = (bytes: Buffer): boolean => secrets.some((secret) => findSecret(bytes, secret) !== undefined);
  for (const { path, bytes } of files) {
    // Locks and logs are nobody's secret.
    if (!names.includes(path) && !isSecret(bytes)) continue;
    const mode = statSync(path).mode & 0o777;
    assert.equal(mode & 0o077, 0, `${basename(path)} has the mode ${mode.toString(8)}`);
  }
});

Then('its state is where it should be', function (this: ClientWorld) {
  assert.ok(
    this.folder.files().some(({ path }) => path === this.folder.state),
    'there is no file where --state, or the environment, says',
  );
});

Then('no temporary file is left', function (this: ClientWorld) {
  const now = this.folder.files().map(({ path }) => path);
  const more = now.filter((path) => !this.filesBefore.includes(path)).map((path) => basename(path));
  assert.deepEqual(more, [], `it has left ${more.join(', ')}`);
});

Then('nothing was put into a queue', async function (this: ClientWorld) {
  const count = (await this.node()).of('enqueue', 'batchEnqueue').length;
  assert.equal(count, 0, `it has put ${count} payloads into queues`);
});

Then("nothing was put into Bob's queue but hybrid envelopes that he can open", async function (this: ClientWorld) {
  const { key, hybrid } = await this.peer('Bob');
  for (const { payload } of this.service.queue(key)) {
    const { isHybrid, format } = unwrap(payload, hybrid);
    assert.ok(isHybrid, `a ${format} was sent without a hybrid envelope`);
  }
});

Then('it has uploaded nothing under another identity', function (this: ClientWorld) {
  const [first] = this.someUploads();
  for (const { identityKey } of this.uploads())
    assert.equal(hex(identityKey), hex(first?.identityKey as Uint8Array), 'it has become somebody else without a word');
});

Then('it tells its identity key and the fingerprint of what it uploaded', function (this: ClientWorld) {
  const [{ identityKey, keyPackage }] = this.someUploads() as [{ identityKey: Uint8Array; keyPackage: Uint8Array }];
  const told = this.json().find(({ type }) => type === 'registered');
  const fingerprint = createHash('sha256').update(keyPackage).digest('hex');
  assert.deepEqual([told?.identityKey, told?.fingerprint], [hex(identityKey), fingerprint]);
});
