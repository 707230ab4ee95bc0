import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { ClientError } from '../errors.ts';
import { keyStorePath } from './state-file.ts';
import { decodeState, encodeState, newState, type StoredState } from './stored-state.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

it('comes back as it was written', () => {
  const plain = newState(bytes(32));
  assert.deepEqual(decodeState(encodeState(plain)), plain);
  const full: StoredState = {
    seed: bytes(32),
    group: bytes(5_000),
    login: { username: 'alice', token: bytes(32), server: 'localhost:7000' },
    inbox: [{ type: 'message', fields: { text: '{"$bytes":"AA=="}', epoch: 3 }, text: 'ab: hello' }],
    handled: ['ab'.repeat(32)],
    waiting: [bytes(0), Buffer.from(bytes(9))],
    outbox: [{ recipients: [bytes(32), bytes(32)], channelId: bytes(16), payload: bytes(400), what: 'the message' }],
  };
  const expected = { ...full, waiting: full.waiting.map((one) => new Uint8Array(one)) };
  assert.deepEqual(decodeState(encodeState(full)), expected);
});

it('has the seed and the group where its layout says', () => {
  const state = { ...newState(bytes(32)), group: bytes(7) };
  const encoded = Buffer.from(encodeState(state));
  assert.equal(encoded.toString('latin1', 0, 8), 'QNCSTATE');
  assert.equal(encoded[8], 1);
  assert.deepEqual([...encoded.subarray(9, 41)], [...state.seed]);
  assert.equal(encoded.readUInt32BE(41), 7);
  assert.deepEqual([...encoded.subarray(45, 52)], [...state.group]);
});

it('is refused when it is cut, damaged, or of another version', () => {
  const encoded = encodeState({ ...newState(bytes(32)), group: bytes(7) });
  const isRefused = (broken: Uint8Array): void =>
    assert.throws(
      () => decodeState(broken),
      (error) => error instanceof ClientError && error.kind === 'state',
    );
  for (const length of [0, 8, 44, 48, encoded.length - 1]) isRefused(encoded.subarray(0, length));
  for (const [at, value] of [
    [0, 0],
    [8, 2],
    [41, 255],
    [52, 0],
  ] as const) {
    const broken = Uint8Array.from(encoded);
    broken[at] = value;
    isRefused(broken);
  }
});

it('has its key store beside it', () => {
  for (const [state, keyStore] of [
    ['quicnprotochat-state.bin', 'quicnprotochat-state.ks'],
    ['/a.b/alice', '/a.b/alice.ks'],
    ['/a.b/.hidden', '/a.b/.hidden.ks'],
  ])
    assert.equal(keyStorePath(state as string), keyStore);
});
