import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CoreError, HybridKeypair, hybridEncrypt } from '@quicnprotochat/core';
import { buildEnvelope, MsgType, parseEnvelope } from '@quicnprotochat/proto';
import { ClientError } from '../errors.ts';
import { senderIdOf, unwrap, wrap } from './wrap.ts';

const message = Uint8Array.of(0, 1, 0, 2, 9, 9, 9);
const sender = new Uint8Array(32).fill(7);
const groupId = new Uint8Array(32).fill(8);
const content = { msgType: MsgType.mlsApplication, groupId, sender, message };
const none = new Uint8Array();
const key = HybridKeypair.generate();

test('an Envelope goes into the queue, around a hybrid envelope where the recipient has a key', () => {
  const plain = parseEnvelope(wrap(content, none, 5));
  assert.deepEqual(plain, {
    msgType: MsgType.mlsApplication,
    groupId,
    senderId: Uint8Array.from(senderIdOf(sender)),
    payload: message,
    timestampMs: 5n,
  });
  const hybrid = parseEnvelope(wrap(content, key.publicKey.toBytes()));
  assert.equal(hybrid.payload.length, message.length + 1149);
  assert.equal(hybrid.payload[0], 1);
});

test('what a sender put around the message, or left away, is taken off', () => {
  const envelope = (payload: Uint8Array) =>
    buildEnvelope({ msgType: MsgType.mlsCommit, groupId, senderId: none, payload, timestampMs: 0n });
  const sealed = hybridEncrypt(key.publicKey, message);
  const ways: [Uint8Array, boolean][] = [
    [message, false],
    [envelope(message), false],
    [sealed, true],
    [envelope(sealed), true],
    [hybridEncrypt(key.publicKey, envelope(message)), true],
    [wrap(content, key.publicKey.toBytes()), true],
  ];
  for (const [payload, isHybrid] of ways) {
    const found = unwrap(payload, key);
    assert.deepEqual(found.message, message);
    assert.equal(found.isHybrid, isHybrid);
  }
});

test('what holds no MLS message, or cannot be opened, is refused', () => {
  const isUntrusted = (error: unknown) => error instanceof ClientError && error.kind === 'untrusted';
  for (const payload of [none, Uint8Array.of(5, 5, 5), Uint8Array.of(0, 2, 0, 2)])
    assert.throws(() => unwrap(payload, key), isUntrusted);
  const sealed = hybridEncrypt(key.publicKey, message);
  assert.throws(() => unwrap(sealed, undefined), isUntrusted);
  assert.throws(() => unwrap(sealed, HybridKeypair.generate()), CoreError);
  let deep: Uint8Array = message;
  for (let i = 0; i < 9; i += 1) deep = hybridEncrypt(key.publicKey, deep);
  assert.throws(() => unwrap(deep, key), isUntrusted);
});
