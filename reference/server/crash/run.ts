// What a file store promises, held against kill -9: no answered message lost, none twice under one number. Prints a line
// a check and the totals last. Takes about a minute, so that it is not part of the unit tests.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivery, nodeService as node } from '@quicnprotochat/proto';
import { openSession, type ServerProcess, startServer } from '../test/process.ts';
import { actor, queueOf } from '../test/support.ts';

const MESSAGES = 100_000;
const KILLS = 20;
const DEPTH = 64;

const alice = actor();
const directory = await mkdtemp(join(tmpdir(), 'crash-'));
const accounts = join(directory, 'accounts.json');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
await writeFile(
  accounts,
  JSON.stringify([{ name: 'alice', identityKey: hex(alice.identityKey), token: hex(alice.token) }]),
);

type Rpc = Awaited<ReturnType<typeof openSession>>['rpc'];
const start = (dataDir: string): Promise<ServerProcess> =>
  startServer('--data-dir', join(directory, dataDir), '--accounts', accounts);
const enqueue = (rpc: Rpc, payload: Uint8Array, channelId = new Uint8Array()) =>
  rpc.call(node.enqueue, { ...queueOf(alice), channelId, payload });

/** Asks until the queue is empty. */
async function drain(rpc: Rpc): Promise<Delivery[]> {
  const all: Delivery[] = [];
  for (;;) {
    const { payloads } = await rpc.call(node.fetch, { ...queueOf(alice), limit: 0 });
    if (payloads.length === 0) return all;
    all.push(...payloads);
  }
}

let passed = 0;
let failed = 0;
async function check(name: string, body: () => Promise<string>): Promise<void> {
  try {
    console.log(`ok     ${name}: ${await body()}`);
    passed += 1;
  } catch (error) {
    console.log(`FAILED ${name}: ${error}`);
    failed += 1;
  }
}

await check(`${MESSAGES} messages survive kill -9, and a start and a drain`, async () => {
  let total = 0;
  // A queue holds 10,000: so many rounds, each with a kill in the middle of nothing and a drain after the restart.
  const perQueue = 10_000;
  let server = await start('many');
  for (let round = 0; round < MESSAGES / perQueue; round += 1) {
    const { rpc } = await openSession(server);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < perQueue) {
        const number = next;
        next += 1;
        await enqueue(rpc, Buffer.from(`${round}/${number}`));
      }
    };
    await Promise.all(Array.from({ length: DEPTH }, lane));
    server.child.kill('SIGKILL');
    await server.exited;
    server = await start('many');
    const drained = await drain((await openSession(server)).rpc);
    assert.equal(drained.length, perQueue);
    assert.equal(new Set(drained.map(({ payload }) => String(Buffer.from(payload)))).size, perQueue);
    total += drained.length;
  }
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
  return `${total} drained`;
});

await check(`${KILLS} kills during enqueues`, async () => {
  const answered = new Map<bigint, string>();
  const received = new Map<bigint, string>();
  let counter = 0;
  let torn = 0;
  let server = await start('kills');
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { rpc } = await openSession(server);
    const lane = async (): Promise<void> => {
      for (;;) {
        const text = `message ${(counter += 1)} ${'x'.repeat(counter % 700)}`;
        const { seq } = await enqueue(rpc, Buffer.from(text));
        assert.ok(!answered.has(seq), `number ${seq} was given twice`);
        answered.set(seq, text);
      }
    };
    const lanes = Array.from({ length: DEPTH }, () => lane().catch((error) => error));
    // Some are taken in between: what was answered to a fetch must not come back.
    await sleep(50 + ((kill * 37) % 150));
    for (const { seq, payload } of (await rpc.call(node.fetch, { ...queueOf(alice), limit: 50 })).payloads) {
      received.set(seq, String(Buffer.from(payload)));
    }
    await sleep((kill * 13) % 40);
    server.child.kill('SIGKILL');
    await server.exited;
    for (const end of await Promise.all(lanes)) assert.ok(!(end instanceof assert.AssertionError), String(end));
    // Every other time, half a batch is left behind, as a kill in the middle of a write would.
    if (kill % 2 === 0)
      await appendFile(join(directory, 'kills', 'deliveries.bin'), Buffer.from('ff00000012345678abcdef', 'hex'));
    server = await start('kills');
    if (/torn tail/.test(server.stderr())) torn += 1;
    const session = await openSession(server);
    for (const { seq, payload } of await drain(session.rpc)) {
      assert.ok(!received.has(seq), `message ${seq} was handed out twice`);
      received.set(seq, String(Buffer.from(payload)));
    }
  }
  for (const [seq, text] of answered) assert.equal(received.get(seq), text, `answered message ${seq}`);
  assert.equal(torn, KILLS / 2, 'every torn tail is reported');
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
  return `${answered.size} answered, all there, ${torn} torn tails cut`;
});

await rm(directory, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
