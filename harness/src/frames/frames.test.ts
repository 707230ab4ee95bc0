import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import { writeMessage } from '@quicnprotochat/rpc';
import fc from 'fast-check';
import { redactor } from '../redact.ts';
import { bootstrap, call, finish } from '../wire/messages.ts';
import { markExpected } from './expect.ts';
import { FrameRecorder, REPORT_LIMITS, type RecordLimits } from './recorder.ts';
import { type ReportedFrame, reportFrames, selectFrames } from './reported.ts';
import { byteBlanker } from './secrets.ts';
import { Splitter } from './splitter.ts';

const TOKEN = Buffer.from('00112233445566778899aabbccddeeff0123456789abcdef', 'hex');
const accounts = [
  { name: 'alice', identityKey: '00'.repeat(32), token: TOKEN.toString('hex'), deviceId: undefined, isExpired: false },
];
const discretion = {
  redact: redactor(accounts),
  blank: byteBlanker(accounts),
  ownerOf: (token: Uint8Array) => (TOKEN.equals(token) ? 'alice' : undefined),
};
const auth = { version: 1, accessToken: TOKEN, deviceId: Buffer.alloc(0) };
const queue = { recipientKey: Buffer.alloc(32, 7), channelId: Buffer.alloc(0), version: 1, auth };

/** A connection whose streams take what is written, and give what the test has put there. */
function fakeConnection(incoming: (Uint8Array | null)[]): QuicConnection {
  const stream = {
    read: async () => incoming.shift() ?? null,
    write: async () => {},
    end: async () => {},
    reset: () => {},
  };
  return { openStream: async () => stream } as unknown as QuicConnection;
}

async function record(sent: Uint8Array[], received: Uint8Array[] = [], limits: RecordLimits = REPORT_LIMITS) {
  const recorder = new FrameRecorder(limits, () => 5);
  const connection = fakeConnection([...received]);
  recorder.tapConnection(connection);
  const stream = await connection.openStream();
  recorder.nameAs(stream, 'Alice');
  for (const bytes of sent) await stream.write(bytes);
  for (let i = 0; i < received.length; i += 1) await stream.read();
  return recorder;
}

test('a stream is cut into its messages wherever its chunks are cut', () => {
  const messages = [
    writeMessage(bootstrap()),
    new Uint8Array(8),
    writeMessage(call(1, nodeService.health, {})),
    writeMessage(finish(1)),
  ];
  const bytes = Buffer.concat(messages);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
      const splitter = new Splitter(4_096);
      const frames = [];
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = sizes[i % sizes.length] as number;
        frames.push(...splitter.push(bytes.subarray(at, at + size)));
        at += size;
      }
      assert.equal(splitter.end(), undefined);
      assert.deepEqual(
        frames.map((frame) => Buffer.from(frame.bytes).toString('hex')),
        messages.map((message) => Buffer.from(message).toString('hex')),
      );
    }),
  );
});

test('what is no message is kept as bytes; a message that is cut off, as far as it came; a long one, by its beginning', () => {
  const garbage = new Splitter(4_096);
  const [first] = garbage.push(Buffer.alloc(100, 0xff));
  assert.match(first?.fault ?? '', /more than 512 segments/);
  assert.equal(garbage.push(Buffer.from('more'))[0]?.length, 4);
  const half = new Splitter(4_096);
  assert.deepEqual(half.push(writeMessage(bootstrap()).subarray(0, 20)), []);
  assert.equal(half.end()?.length, 20);
  const payload = Buffer.alloc(100_000, 1);
  const long = writeMessage(call(1, nodeService.enqueue, { ...queue, payload }));
  const [frame] = new Splitter(4_096).push(long);
  assert.deepEqual([frame?.length, frame?.bytes.length, frame?.fault], [long.length, 4_096, undefined]);
});

test('no way of a token into a frame shows it: its field, another field, a text, the end of what is kept', async () => {
  const ways = [
    call(1, nodeService.fetch, { ...queue, limit: 0 }),
    call(2, nodeService.enqueue, { ...queue, payload: TOKEN }),
    call(3, nodeService.enqueue, {
      ...queue,
      payload: Buffer.from(`token ${TOKEN.toString('hex')} ${TOKEN.toString('base64')}`),
    }),
    call(4, nodeService.fetch, { ...queue, auth: { ...auth, accessToken: TOKEN.subarray(0, 20) }, limit: 0 }),
    call(5, nodeService.opaqueLoginStart, { username: TOKEN.toString('hex'), request: Buffer.alloc(0) }),
  ].map((message) => writeMessage(message));
  const cut = Buffer.concat([Buffer.alloc(4_096 - 20, 0xff), TOKEN]);
  const frames = reportFrames((await record([...ways, cut])).frames(), discretion, 8_192);
  assert.equal(frames.length, ways.length + 1);
  const text = JSON.stringify(frames);
  for (const spelling of [
    TOKEN.toString('hex'),
    TOKEN.toString('base64'),
    TOKEN.toString('hex', 0, 12),
    Buffer.from(TOKEN.toString('hex')).toString('hex', 0, 24),
  ])
    assert.ok(!text.includes(spelling), spelling);
  assert.equal(frames[0]?.fields.find(({ name }) => name === 'auth.accessToken')?.value, '<token of alice>');
  assert.match(frames[0]?.hex ?? '', /(\*\*){24}$/);
});

test('frames have a time, a session, a direction; a Return is named by its Call; ends are in it', async () => {
  const answer = writeMessage({
    kind: 'return',
    answerId: 1,
    releaseParamCaps: true,
    noFinishNeeded: false,
    value: { kind: 'exception', exception: { type: 'failed', reason: 'E016: no' } },
  });
  const recorder = await record([writeMessage(call(1, nodeService.fetch, { ...queue, limit: 0 }))], [answer]);
  const frames = reportFrames(recorder.frames(), discretion);
  assert.deepEqual(
    frames.map(({ atMs, session, direction, summary }) => [atMs, session, direction, summary]),
    [
      [5, 'Alice', 'sent', 'Call 1 fetch'],
      [5, 'Alice', 'received', 'Return 1 fetch: exception "E016: no"'],
    ],
  );
  markExpected(frames, 'the call fails with E004');
  const reason = frames[1]?.fields.find(({ name }) => name.endsWith('reason'));
  assert.equal(reason?.expected, 'an exception E004');
});

test('a flood is bounded: the first frames, the last ones, and how many are missing', async () => {
  const recorder = await record(Array.from({ length: 500 }, (_, i) => writeMessage(finish(i))));
  const frames = selectFrames(recorder.frames());
  const summaries = reportFrames(frames, discretion).map((frame: ReportedFrame) => frame.summary);
  assert.deepEqual([summaries.length, summaries[0], summaries.at(-1)], [30, 'Finish 0', 'Finish 499']);
  assert.equal(recorder.dropped, 470);
});
