import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEnvelope, MsgType, type ParsedEnvelope, parseEnvelope } from './envelope.ts';
import { ProtoError, type ProtoErrorCode } from './proto-error.ts';

const sample: ParsedEnvelope = {
  msgType: MsgType.mlsApplication,
  groupId: new Uint8Array(32).fill(1),
  senderId: new Uint8Array(32).fill(2),
  payload: Uint8Array.from({ length: 300 }, (_, i) => i & 0xff),
  timestampMs: 1_700_000_000_123n,
};

const fails = (code: ProtoErrorCode) => (error: unknown) => error instanceof ProtoError && error.code === code;

test('an envelope comes back as it was built', () => {
  for (const msgType of Object.values(MsgType)) {
    assert.deepEqual(parseEnvelope(buildEnvelope({ ...sample, msgType })), { ...sample, msgType });
  }
  const empty = {
    msgType: MsgType.ping,
    groupId: new Uint8Array(),
    senderId: new Uint8Array(),
    payload: new Uint8Array(),
    timestampMs: 0n,
  };
  assert.deepEqual(parseEnvelope(buildEnvelope(empty)), empty);
  const large = { ...sample, payload: new Uint8Array(3_000_001).fill(7), timestampMs: 0xffff_ffff_ffff_ffffn };
  assert.deepEqual(parseEnvelope(buildEnvelope(large)), large);
});

test('the layout on the wire is that of the schema', () => {
  const hex = Buffer.from(buildEnvelope({ ...sample, payload: new Uint8Array([0xaa]), timestampMs: 0x0102n })).toString(
    'hex',
  );
  // segment table: one segment of 1 + 2 + 3 + 4 + 4 + 1 words; root: struct of 2 data words and 3 pointers
  assert.equal(hex.slice(0, 32), '000000000f000000' + '0000000002000300');
  assert.equal(hex.slice(32, 64), '0700000000000000' + '0201000000000000');
  // What is empty is a null pointer.
  const none = new Uint8Array();
  const empty = buildEnvelope({ msgType: MsgType.ping, groupId: none, senderId: none, payload: none, timestampMs: 0n });
  assert.equal(Buffer.from(empty).toString('hex'), `00000000060000000000000002000300${'00'.repeat(40)}`);
});

test('what is parsed does not share memory with the input', () => {
  const bytes = buildEnvelope(sample);
  const parsed = parseEnvelope(bytes);
  bytes.fill(0);
  assert.deepEqual(parsed, sample);
  assert.equal(parsed.groupId.buffer.byteLength, 32, 'a field that is kept keeps no whole message');
});

test('ids of another length and unknown types are refused both ways', () => {
  for (const length of [1, 31, 33]) {
    for (const name of ['groupId', 'senderId']) {
      const message = `${name} has ${length} bytes, not 32 or 0`;
      assert.throws(() => buildEnvelope({ ...sample, [name]: new Uint8Array(length) }), { code: 'RANGE', message });
    }
  }
  const message = 'message type 9 is unknown';
  assert.throws(() => buildEnvelope({ ...sample, msgType: 9 as MsgType }), { code: 'RANGE', message });
  const bytes = buildEnvelope(sample);
  bytes[16] = 9;
  assert.throws(() => parseEnvelope(bytes), fails('RANGE'));
});

test('anything but exactly one message is refused', () => {
  const bytes = buildEnvelope(sample);
  assert.throws(() => parseEnvelope(new Uint8Array()), fails('FRAME'));
  assert.throws(() => parseEnvelope(new Uint8Array(8)), fails('POINTER'));
  assert.throws(() => parseEnvelope(Buffer.concat([bytes, new Uint8Array(8)])), fails('FRAME'));
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => parseEnvelope(bytes.subarray(0, length)), fails('FRAME'), `cut to ${length} bytes`);
  }
});

test('whatever single byte is changed, the result is an envelope or a ProtoError, at once', () => {
  const bytes = buildEnvelope({ ...sample, payload: new Uint8Array([1, 2, 3]) });
  for (let i = 0; i < bytes.length; i += 1) {
    for (const value of [0, 1, 2, 3, 4, 6, 7, 0x7f, 0x80, 0xff]) {
      const changed = bytes.slice();
      changed[i] = value;
      try {
        parseEnvelope(changed);
      } catch (error) {
        assert.ok(error instanceof ProtoError, `byte ${i} = ${value}: ${error}`);
      }
    }
  }
});
