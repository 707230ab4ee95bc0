import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quiche } from '@matrixai/quic/native/index.js';
import { coalescedPackets, longHeader } from './long-header.ts';
import { versionNegotiation } from './version-negotiation.ts';

const VERSION_1 = 1;
const VERSION_2 = 0x6b3343cf;

function packet(first: number, version: number, ids: [number, number], ...rest: number[]): Buffer {
  const head = Buffer.alloc(5);
  head[0] = first;
  head.writeUInt32BE(version, 1);
  const [destination, source] = ids.map((length, i) => Buffer.alloc(1 + length, 0xa0 + i).fill(length, 0, 1));
  return Buffer.concat([head, destination as Buffer, source as Buffer, Buffer.from(rest)]);
}
const padded = (bytes: Buffer, length = 1200): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(length - bytes.length, 0xff)]);

test('the invariants of a long header are read, also with long connection ids', () => {
  for (const ids of [
    [8, 20],
    [0, 0],
    [255, 255],
  ] as [number, number][]) {
    const header = longHeader(packet(0xff, VERSION_2, ids, 1, 2, 3));
    assert.deepEqual([header?.version, header?.destination.length, header?.source.length], [VERSION_2, ...ids]);
    assert.equal(header?.length, 7 + ids[0] + ids[1]);
    assert.deepEqual(header?.source, Buffer.alloc(ids[1], 0xa1));
  }
  const whole = packet(0xc0, VERSION_1, [8, 20]);
  for (let length = 0; length < whole.length; length += 1)
    assert.equal(longHeader(whole.subarray(0, length)), undefined);
  assert.equal(longHeader(packet(0x4f, VERSION_1, [8, 20])), undefined);
});

test('a datagram is cut into its packets', () => {
  const initial = packet(0xc0, VERSION_1, [8, 8], 2, 9, 9, 0x40, 3, 1, 2, 3);
  const handshake = packet(0xe0, VERSION_1, [8, 8], 4, 1, 2, 3, 4);
  const short = Buffer.from([0x41, 5, 6, 7]);
  const cut = (...packets: Buffer[]) => [...coalescedPackets(Buffer.concat(packets))].map((bytes) => bytes.length);
  assert.deepEqual(cut(initial, handshake, short), [initial.length, handshake.length, short.length]);
  assert.deepEqual(cut(short, initial), [short.length + initial.length]);
  const retry = packet(0xf0, VERSION_1, [8, 8], 1, 2, 3);
  assert.deepEqual(cut(retry, short), [retry.length + short.length]);
  // Lengths that are lies, or cut short, leave nothing out and give nothing twice.
  for (const tail of [[0x7f, 0xff], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xc0], []]) {
    const lie = packet(0xe0, VERSION_1, [8, 8], ...tail);
    assert.deepEqual(cut(handshake, lie), [handshake.length, lie.length]);
    assert.deepEqual(cut(packet(0xc0, VERSION_1, [8, 8], ...tail)), [lie.length]);
  }
});

test('unknown versions are answered with those that we speak, whatever the first byte', () => {
  for (const first of [0xc0, 0xd0, 0xe0, 0xf0, 0x80]) {
    const answer = versionNegotiation(padded(packet(first, VERSION_2, [8, 5])));
    const header = answer && longHeader(answer);
    assert.equal(header?.version, 0);
    assert.deepEqual(
      [header?.destination, header?.source],
      [new Uint8Array(5).fill(0xa1), new Uint8Array(8).fill(0xa0)],
    );
    const versions = Buffer.from(answer?.subarray(header?.length) ?? []);
    assert.equal(versions.length % 4, 0);
    assert.ok(Array.from({ length: versions.length / 4 }, (_, i) => versions.readUInt32BE(i * 4)).includes(VERSION_1));
  }
  assert.ok(versionNegotiation(padded(packet(0xc0, VERSION_2, [255, 255]))));
  assert.equal(versionNegotiation(padded(packet(0xc0, VERSION_1, [8, 8]))), undefined);
  assert.equal(versionNegotiation(padded(packet(0xc0, 0, [8, 8]))), undefined);
  assert.equal(versionNegotiation(padded(packet(0x40, VERSION_2, [8, 8]))), undefined);
  const short = padded(packet(0xc0, VERSION_2, [8, 8]), quiche.MIN_CLIENT_INITIAL_LEN - 1);
  assert.equal(versionNegotiation(short), undefined);
});
