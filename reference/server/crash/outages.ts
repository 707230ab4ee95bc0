// A disk that is full, and a database that goes away: calls fail with E009, the server goes on, and all works again when
// there is room, or the database is back. Needs root, to mount a small disk. Prints a line a check and the totals last.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService as node } from '@quicnprotochat/proto';
import { PostgresServer } from '../test/postgres-server.ts';
import { openSession, type ServerProcess, startServer } from '../test/process.ts';
import { actor, code, queueOf } from '../test/support.ts';
import { Checks } from './checks.ts';
import { drain, writeAccounts } from './people.ts';

const DISK_BYTES = 24 << 20;
/** Removed to make room. */
const BALLAST_BYTES = 8 << 20;
const PAYLOAD_BYTES = 100_000;
/** How long a call may take while the database is away, in ms. */
const ANSWER_MS = 10_000;

const alice = actor();
const directory = await mkdtemp(join(tmpdir(), 'outages-'));
const accounts = await writeAccounts(directory, [alice]);

type Rpc = Awaited<ReturnType<typeof openSession>>['rpc'];
const start = (store: string): Promise<ServerProcess> =>
  startServer('--accounts', accounts, '--store', store, '--data-dir', join(directory, 'data'));
const enqueue = (rpc: Rpc, payload: Uint8Array) => rpc.call(node.enqueue, { ...queueOf(alice), payload });

const checks = new Checks();

async function stop(server: ServerProcess): Promise<void> {
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0, server.stderr());
}

/** @param storeOf the store on a disk that is mounted there */
async function fillDisk(storeOf: (disk: string) => string): Promise<string> {
  const disk = await mkdtemp(join(directory, 'disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk]);
  const servers: ServerProcess[] = [];
  try {
    const ballast = join(disk, 'ballast');
    await writeFile(ballast, Buffer.alloc(BALLAST_BYTES));
    const server = await start(storeOf(disk));
    servers.push(server);
    const { rpc } = await openSession(server);
    const answered = new Map<bigint, number>();
    const refused = new Set<number>();
    const add = async (number: number, size = PAYLOAD_BYTES): Promise<void> => {
      const payload = Buffer.alloc(size, number % 251);
      payload.writeUInt32BE(number);
      const call = enqueue(rpc, payload);
      const outcome = await call.then(
        ({ seq }) => seq,
        (error) => error,
      );
      if (typeof outcome === 'bigint') answered.set(outcome, number);
      else if (code('E009')(outcome)) refused.add(number);
      else throw outcome;
    };
    let number = 0;
    while (refused.size < 5 && number < 1_000) await add(number++);
    assert.ok(refused.size >= 5, 'the disk is full');
    const full = answered.size;
    // Small ones may still fit; the other methods fail or not, and the server lives.
    for (let i = 0; i < 20; i += 1) await add(number++, 8);
    await rpc
      .call(node.uploadHybridKey, {
        identityKey: alice.identityKey,
        hybridPublicKey: new Uint8Array(1216),
        auth: alice.auth,
      })
      .catch((error) => {
        assert.ok(code('E009')(error), String(error));
      });
    assert.deepEqual(await rpc.call(node.health, {}), { status: 'ok' });

    await rm(ballast);
    const before = answered.size;
    for (let i = 0; i < 10; i += 1) await add(number++);
    assert.equal(answered.size, before + 10, 'it works again when there is room');
    server.child.kill('SIGKILL');
    await server.exited;

    const again = await start(storeOf(disk));
    servers.push(again);
    const session = await openSession(again);
    const left = new Map((await drain(session.rpc, alice)).map(({ seq, payload }) => [seq, payload]));
    for (const [seq, expected] of answered)
      assert.equal(Buffer.from(left.get(seq) ?? []).readUInt32BE(), expected, `answered message ${seq}`);
    assert.equal(left.size, answered.size, 'what failed left nothing behind');
    await stop(again);
    return `full after ${full} messages, ${refused.size} refused with E009, ${answered.size} answered, all there`;
  } finally {
    for (const { child } of servers) child.kill('SIGKILL');
    for (const { exited } of servers) await exited;
    execFileSync('umount', [disk]);
  }
}

async function loseDatabase(postgres: PostgresServer): Promise<string> {
  const url = await postgres.database();
  const [one, other] = await Promise.all([start(url), start(url)]);
  try {
    const [ofOne, ofOther] = [await openSession(one), await openSession(other)];
    await enqueue(ofOne.rpc, Buffer.from('before'));
    assert.equal((await drain(ofOther.rpc, alice)).length, 1);
    const waiting = ofOther.rpc.call(node.fetchWait, { ...queueOf(alice), timeoutMs: 60_000n, limit: 0 });
    // Its first look is over by then: it waits.
    await sleep(1_000);
    await postgres.stop();
    const started = Date.now();
    const calls = [
      enqueue(ofOne.rpc, Buffer.from('lost')),
      ofOne.rpc.call(node.fetch, { ...queueOf(alice), limit: 0 }),
      ofOne.rpc.call(node.fetchHybridKey, { identityKey: alice.identityKey, auth: alice.auth }),
      ofOne.rpc.call(node.fetchKeyPackage, { identityKey: alice.identityKey, auth: alice.auth }),
      ofOne.rpc.call(node.createChannel, { peerKey: new Uint8Array(32).fill(1), auth: alice.auth }),
    ];
    await Promise.all(calls.map((call) => assert.rejects(call, code('E009'))));
    const answerMs = Date.now() - started;
    assert.ok(answerMs < ANSWER_MS);
    assert.deepEqual(await ofOne.rpc.call(node.health, {}), { status: 'ok' });
    // A server that starts meanwhile says so.
    await assert.rejects(start(url), /cannot be used \(ECONNREFUSED\)/);

    await postgres.resume();
    const back = Date.now();
    await enqueue(ofOne.rpc, Buffer.from('after'));
    const { payloads } = await waiting;
    assert.deepEqual(
      payloads.map(({ payload }) => String(Buffer.from(payload))),
      ['after'],
    );
    const wakeMs = Date.now() - back;
    await Promise.all([stop(one), stop(other)]);
    return `5 calls failed with E009 within ${answerMs} ms; a waiting call was woken ${wakeMs} ms after it was back`;
  } finally {
    for (const { child } of [one, other]) child.kill('SIGKILL');
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
await mkdir(join(directory, 'data'));
if (process.getuid?.() === 0 || process.env.CI === 'true') {
  await checks.check('file, the disk is full', () => fillDisk((disk) => `file:${join(disk, 'data')}`));
  await checks.check('sqlite, the disk is full', () => fillDisk((disk) => `sqlite:${join(disk, 'store.db')}`));
} else {
  checks.skip(2, 'a full disk (mounting a small one needs root)');
}
const postgres = await PostgresServer.start();
await checks.check('postgres, the database goes away', () => loseDatabase(postgres));
await postgres.remove();
await rm(directory, { recursive: true, force: true });
process.exit(checks.finish());
