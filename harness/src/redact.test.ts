import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactor } from './redact.ts';
import type { AccountData } from './target/accounts.ts';

const account = (name: string, token: Buffer | undefined): AccountData => ({
  name,
  identityKey: '00'.repeat(32),
  token: token?.toString('hex'),
  deviceId: undefined,
  isExpired: false,
});
const binary = Buffer.from('00ff10fe20fd30fc40fb', 'hex');
const readable = Buffer.from('s3cret (with) [signs] ^.*$');

test('every spelling of a token is replaced by whose it is', () => {
  const redact = redactor([account('alice', binary), account('bob', readable), account('open', undefined)]);
  const forms = (token: Buffer) => [
    token.toString('hex'),
    token.toString('hex').toUpperCase(),
    token.toString('base64'),
    token.toString('base64url'),
    token.toString('latin1'),
  ];
  for (const form of forms(binary)) assert.match(redact(`a ${form} b`), /^a <token of alice>=* b$/, form);
  for (const form of [...forms(readable), readable.toString()])
    assert.match(redact(`a ${form} b`), /^a <token of bob>=* b$/, form);
  assert.equal(redact(`${binary.toString('hex')}${readable}`), '<token of alice><token of bob>');
});

test('other texts stay as they are, and tokens too short to tell apart too', () => {
  const text = 'E003: AUTH_TOKEN_INVALID: ab abcd';
  assert.equal(redactor([account('short', Buffer.from('abcd', 'hex')), account('alice', binary)])(text), text);
  assert.equal(redactor([])(text), text);
});

test('of two tokens of which one begins like the other the longer one wins', () => {
  const redact = redactor([account('short', binary), account('long', Buffer.concat([binary, binary]))]);
  assert.equal(redact(Buffer.concat([binary, binary]).toString('hex')), '<token of long>');
});
