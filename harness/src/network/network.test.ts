import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../errors.ts';
import { type NetworkConditions, parseNetwork, parseNetworkSeed } from './conditions.ts';
import { type Decision, decide } from './decide.ts';
import { Line } from './line.ts';
import { Relay } from './relay.ts';

const PERFECT: NetworkConditions = { loss: 0, reorder: 0, duplicate: 0, delayMs: [0, 0] };
const BAD = parseNetwork('loss=20%,reorder=10%,duplicate=30%,delay=1..5ms');
const decisions = (seed: number, flow = 'a', direction: 'out' | 'back' = 'out', count = 5_000): Decision[] =>
  Array.from({ length: count }, (_, number) => decide({ seed, flow, direction, number }, BAD));

test('a description of a network', () => {
  assert.deepEqual(parseNetwork('loss=2%,reorder=5%,duplicate=1%,delay=5..20ms'), {
    ...{ loss: 0.02, reorder: 0.05, duplicate: 0.01, delayMs: [5, 20] },
  });
  assert.deepEqual(parseNetwork(' delay=3ms , loss=0.5% '), { ...PERFECT, loss: 0.005, delayMs: [3, 3] });
});

test('descriptions that mean nothing say what is wrong, and show a right one', () => {
  for (const bad of [
    ...['', 'loss', 'loss=', 'loss=2', 'loss=-1%', 'loss=51%', 'reorder=101%', 'loss=2%,', 'loss=2%,loss=3%', 'los=2%'],
    ...['delay=5', 'delay=20..5ms', 'delay=5..ms', 'delay=..5ms', 'delay=3000ms', 'delay=5s', 'loss=2%;delay=5ms'],
    ...['constructor=1%', 'delay=5%'],
  ])
    assert.throws(
      () => parseNetwork(bad),
      (error) => error instanceof UsageError && /loss/.test(error.message),
      bad,
    );
  assert.equal(parseNetworkSeed('17'), 17);
  for (const bad of ['', 'x', '1.5', '-1', '1e3', '9'.repeat(16)])
    assert.throws(() => parseNetworkSeed(bad), UsageError, bad);
});

test('a seed repeats its decisions; another seed, flow or direction has others', () => {
  assert.deepEqual(decisions(7), decisions(7));
  for (const other of [decisions(8), decisions(7, 'b'), decisions(7, 'a', 'back')])
    assert.notDeepEqual(other, decisions(7));
});

test('decisions are as frequent as they should be', () => {
  const all = decisions(7);
  const share = (of: (decision: Decision) => boolean): number => all.filter(of).length / all.length;
  const shares = [
    share(({ isLost }) => isLost),
    share(({ overtakenBy }) => overtakenBy > 0),
    share(({ isDoubled }) => isDoubled),
  ];
  for (const [index, expected] of [BAD.loss, BAD.reorder, BAD.duplicate].entries())
    assert.ok(Math.abs((shares[index] as number) - expected) < 0.03, `${shares} for ${expected}`);
  assert.ok(all.every(({ delayMs }) => delayMs >= 1 && delayMs <= 5));
  assert.deepEqual([...new Set(all.map(({ overtakenBy }) => overtakenBy))].sort(), [0, 1, 2, 3]);
});

/** Sends packets 0 to count - 1 through a line that decides so, and waits for its end. */
async function through(count: number, decision: (number: number) => Partial<Decision>): Promise<number[]> {
  const arrived: number[] = [];
  const line = new Line(
    (number) => ({ isLost: false, isDoubled: false, overtakenBy: 0, delayMs: 0, ...decision(number) }),
    ([first]) => arrived.push(first as number),
  );
  for (let number = 0; number < count; number += 1) line.take(Uint8Array.of(number));
  await sleep(100);
  line.close();
  return arrived;
}

test('packets are lost, doubled and overtaken as decided; else they keep their order', async () => {
  assert.deepEqual(await through(4, () => ({})), [0, 1, 2, 3]);
  assert.deepEqual(await through(4, (n) => ({ isLost: n === 1 })), [0, 2, 3]);
  assert.deepEqual(await through(4, (n) => ({ isDoubled: n === 2 })), [0, 1, 2, 2, 3]);
  assert.deepEqual(await through(5, (n) => ({ overtakenBy: n === 1 ? 2 : 0 })), [0, 2, 3, 1, 4]);
  assert.deepEqual(await through(2, (n) => ({ overtakenBy: n === 1 ? 3 : 0 })), [0, 1], 'nothing follows it');
  assert.deepEqual(await through(4, (n) => ({ delayMs: 20 - 5 * n })), [0, 1, 2, 3]);
});

test('a delayed packet does not come early', async () => {
  const startedAt = performance.now();
  let tookMs = 0;
  const line = new Line(
    () => ({ isLost: false, isDoubled: false, overtakenBy: 0, delayMs: 40 }),
    () => {
      tookMs = performance.now() - startedAt;
    },
  );
  line.take(Uint8Array.of(1));
  while (tookMs === 0) await sleep(5);
  assert.ok(tookMs >= 40, `${tookMs} ms`);
});

/** A server that sends every packet back. */
async function echo(): Promise<{ socket: Socket; port: number; senders: Set<number> }> {
  const socket = createSocket('udp4');
  const senders = new Set<number>();
  socket.on('message', (packet, { address, port }) => {
    senders.add(port);
    socket.send(packet, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: socket.address().port, senders };
}

/** Sends one packet after the other from a new client. @returns the numbers that came back, in their order */
async function sendThrough(relay: Relay, count: number, expected: number): Promise<number[]> {
  const client = createSocket('udp4');
  const back: number[] = [];
  client.on('message', ([first]) => back.push(first as number));
  for (let number = 0; number < count; number += 1) {
    client.send(Uint8Array.of(number), relay.address.port, relay.address.host);
    await sleep(1);
  }
  for (const end = performance.now() + 5_000; back.length < expected && performance.now() < end; ) await sleep(10);
  await sleep(50);
  client.close();
  return back;
}

test('a lossy echo brings back what is decided to arrive, each client its own', async () => {
  const server = await echo();
  const conditions = parseNetwork('loss=20%,duplicate=10%');
  const relay = await Relay.open({ host: '127.0.0.1', port: server.port }, { conditions, seed: 5 });
  try {
    const COUNT = 60;
    for (const flow of ['1', '2']) {
      const out = copies(
        5,
        flow,
        'out',
        conditions,
        Array.from({ length: COUNT }, (_, number) => number),
      );
      const expected = copies(5, flow, 'back', conditions, out);
      assert.ok(expected.length > 20 && new Set(expected).size < COUNT);
      assert.deepEqual(await sendThrough(relay, COUNT, expected.length), expected);
    }
    assert.equal(server.senders.size, 2, 'one upstream socket for each client');
  } finally {
    relay.close();
    server.socket.close();
  }
});

function copies(seed: number, flow: string, direction: 'out' | 'back', conditions: NetworkConditions, sent: number[]) {
  return sent.flatMap((packet, number) => {
    const { isLost, isDoubled } = decide({ seed, flow, direction, number }, conditions);
    return isLost ? [] : isDoubled ? [packet, packet] : [packet];
  });
}
