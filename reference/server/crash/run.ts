// What a file store promises, held against kill -9: no answered message lost, none twice under one number. Prints a line
// a check and the totals last. Takes about a minute, so that it is not part of the unit tests.
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService as node } from '@quicnprotochat/proto';
import { openSession, type ServerProcess, startServer } from '../test/process.ts';
import { type Actor, actor, queueOf } from '../test/support.ts';
import { Checks } from './checks.ts';
import { drain, writeAccounts } from './people.ts';

/** A queue takes 10,000: ten people have 100,000 waiting. */
const QUEUES = 10;
const PER_QUEUE = 10_000;
const KILLS = 20;
/** Calls in flight; more share a write to the disk. */
const DEPTH = 500;

const people = Array.from({ length: QUEUES }, () => actor());
const [alice] = people as [Actor, ...Actor[]];
const directory = await mkdtemp(join(tmpdir(), 'crash-'));
const accounts = await writeAccounts(directory, people);

type Rpc = Awaited<ReturnType<typeof openSession>>['rpc'];
const start = (dataDir: string): Promise<ServerProcess> =>
  startServer('--data-dir', join(directory, dataDir), '--accounts', accounts);
const enqueue = (rpc: Rpc, person: Actor, payload: Uint8Array) =>
  rpc.call(node.enqueue, { ...queueOf(person), payload });

const checks = new Checks();

await checks.check(`${QUEUES * PER_QUEUE} queued messages survive kill -9`, async () => {
  const server = await start('many');
  const { rpc } = await openSession(server);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let number = next++; number < QUEUES * PER_QUEUE; number = next++) {
      await enqueue(rpc, people[number % QUEUES] as Actor, Buffer.from(`message ${number}`));
    }
  };
  await Promise.all(Array.from({ length: DEPTH }, lane));
  server.child.kill('SIGKILL');
  await server.exited;

  const started = performance.now();
  const again = await start('many');
  const startMs = performance.now() - started;
  const session = await openSession(again);
  const seen = new Set<string>();
  const drainStarted = performance.now();
  for (const person of people) {
    const drained = await drain(session.rpc, person);
    assert.equal(drained.length, PER_QUEUE);
    for (const { payload } of drained) seen.add(String(Buffer.from(payload)));
  }
  assert.equal(seen.size, QUEUES * PER_QUEUE);
  const drainMs = performance.now() - drainStarted;
  again.child.kill('SIGTERM');
  assert.equal(await again.exited, 0);
  return `started in ${startMs.toFixed(0)} ms, drained in ${drainMs.toFixed(0)} ms`;
});

await checks.check(`${KILLS} kills during enqueues`, async () => {
  const answered = new Map<bigint, string>();
  const received = new Map<bigint, string>();
  let counter = 0;
  let torn = 0;
  let server = await start('kills');
  for (let kill = 0; kill < KILLS; kill += 1) {
    const { rpc } = await openSession(server);
    const lane = async (): Promise<void> => {
      for (;;) {
        counter += 1;
        const text = `message ${counter} ${'x'.repeat(counter % 700)}`;
        const { seq } = await enqueue(rpc, alice, Buffer.from(text));
        assert.ok(!answered.has(seq), `number ${seq} was given twice`);
        answered.set(seq, text);
      }
    };
    const lanes = Array.from({ length: 64 }, () => lane().catch((error) => error));
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
    for (const { seq, payload } of await drain(session.rpc, alice)) {
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
process.exitCode = checks.finish();
