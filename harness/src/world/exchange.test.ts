import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Owners, show } from './exchange.ts';

const KEY = new Uint8Array(32).fill(0xab);
const TOKEN = new Uint8Array(16).fill(0xcd);
const owners: Owners = {
  ofToken: (token) => (Buffer.compare(token, TOKEN) === 0 ? 'alice' : undefined),
  ofKey: (key) => (Buffer.compare(key, KEY) === 0 ? 'Bob' : undefined),
};

test('keys have the names of their owners, tokens nothing else', () => {
  assert.equal(show({ recipientKey: KEY, limit: 0 }, owners), "{recipientKey: Bob's abababab…, limit: 0}");
  assert.equal(
    show({ identityKeys: [KEY, TOKEN] }, owners),
    `{identityKeys: [Bob's abababab…, ${'cd'.repeat(16)} (16 bytes)]}`,
  );
  assert.equal(show({ payload: KEY }, owners), `{payload: ${'ab'.repeat(16)}… (32 bytes)}`);
  assert.equal(show({ sessionToken: TOKEN }, owners), '{sessionToken: <token of alice>}');
  assert.equal(show({ sessionToken: TOKEN }), '{sessionToken: <another token of 16 bytes>}');
});

test('a device stands in auth when there is one', () => {
  const auth = { version: 1, accessToken: TOKEN, deviceId: new Uint8Array() };
  assert.equal(show({ auth }, owners), '{auth: {version: 1, accessToken: <token of alice>}}');
  assert.match(show({ auth: { ...auth, deviceId: KEY } }, owners), /deviceId: ab/);
});
