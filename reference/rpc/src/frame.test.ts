import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError } from './errors.ts';
import { type Frame, FrameReader, frame, splitFrame } from './frame.ts';

const word = (fill: number): Uint8Array => new Uint8Array(8).fill(fill);
const lengths = (read: Frame): number[] => read.segments.map((segment) => segment.byteLength);
/** A segment table alone. */
const table = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);

const messages = [
  [word(1)],
  [new Uint8Array(), new Uint8Array(), word(2), new Uint8Array(), new Uint8Array()],
  [new Uint8Array()],
  [Buffer.concat([word(3), word(4)]), word(5)],
  [new Uint8Array(80_000).fill(6)],
];
const stream = Buffer.concat(messages.map((segments) => frame(segments)));

for (const step of [1, 2, 7, 1_000, stream.length]) {
  test(`messages are cut out of a stream that comes ${step} bytes at a time`, () => {
    const reader = new FrameReader();
    const read: Frame[] = [];
    for (let i = 0; i < stream.length; i += step) read.push(...reader.push(stream.subarray(i, i + step)));
    assert.deepEqual(
      read.map(lengths),
      messages.map((segments) => segments.map((segment) => segment.length)),
    );
    assert.deepEqual(Buffer.concat(read.map(({ bytes }) => bytes)), stream);
    assert.equal(reader.buffered, 0);
  });
}

test('a frame owns its bytes', () => {
  const chunk = frame([word(1)]);
  const [read] = new FrameReader().push(chunk);
  chunk.fill(0xff);
  assert.equal(read?.segments[0]?.getUint8(0), 1);
});

test('a message that is not whole is buffered, and no more', () => {
  const reader = new FrameReader();
  assert.equal([...reader.push(frame([word(1)]).subarray(0, 11))].length, 0);
  assert.equal(reader.buffered, 11);
});

test('what a table only claims takes no memory', () => {
  const reader = new FrameReader();
  const before = process.memoryUsage().arrayBuffers;
  const readers = Array.from({ length: 64 }, () => new FrameReader());
  const claim = Buffer.concat([table(0, (16 << 17) - 1), new Uint8Array(600)]);
  for (const each of [reader, ...readers]) assert.deepEqual([...each.push(claim)], []);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test('the limits hold at their edges', () => {
  const limits = { segments: 3, messageBytes: 32 };
  const read = (bytes: Uint8Array): number => [...new FrameReader(limits).push(bytes)].length;
  assert.equal(read(frame([word(1), word(1), new Uint8Array()])), 1);
  assert.throws(() => read(table(3, 0, 0, 0)), ProtocolError);
  assert.equal(read(frame([new Uint8Array(24)])), 1);
  assert.throws(() => read(table(0, 4)), /40 bytes, at most 32/);
  assert.throws(() => read(table(1, 0x80000000, 0x80000000, 0)), ProtocolError);
  assert.throws(() => read(table(0xffffffff)), ProtocolError);
  assert.throws(() => [...new FrameReader().push(table(512, 0))], /513 segments, at most 512/);
});

test('after a bad table nothing is read any more', () => {
  const reader = new FrameReader();
  for (const bytes of [table(0xffffffff), frame([word(1)]), new Uint8Array()])
    assert.throws(() => [...reader.push(bytes)], ProtocolError);
});

test('padding behind the table is not looked at', () => {
  const bytes = frame([word(1), word(2)]);
  bytes.fill(0xff, 12, 16);
  const [read] = new FrameReader().push(bytes);
  assert.deepEqual(read && lengths(read), [8, 8]);
});

test('splitFrame takes exactly one message', () => {
  const whole = frame([word(1), word(2)]);
  assert.deepEqual(lengths(splitFrame(whole)), [8, 8]);
  for (let cut = 0; cut < whole.length; cut += 1) {
    const message = cut < 8 ? /shorter than a segment table/ : /shorter than its segment table says/;
    assert.throws(() => splitFrame(whole.subarray(0, cut)), { name: 'ProtocolError', message }, `${cut}`);
  }
  assert.throws(() => splitFrame(Buffer.concat([whole, word(0)])), /longer/);
});

test('frame takes whole words, and at least one segment', () => {
  const refused = { name: 'RangeError', message: /one or more segments of whole words/ };
  assert.throws(() => frame([]), refused);
  assert.throws(() => frame([new Uint8Array(7)]), refused);
  assert.throws(() => frame([new Uint8Array(8), new Uint8Array(7)]), refused);
});
