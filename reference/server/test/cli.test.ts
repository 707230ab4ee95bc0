import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService as node } from '@quicnprotochat/proto';
import { connect } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';
import { killStragglers, openSession, spawnServer, startServer } from './process.ts';
import { actor, code, queueOf } from './support.ts';

let directory: string;
let accounts: string;
const alice = actor();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cli-'));
  accounts = join(directory, 'accounts.json');
  await writeFile(
    accounts,
    JSON.stringify([{ name: 'alice', identityKey: hex(alice.identityKey), token: hex(alice.token) }]),
  );
});
after(killStragglers);
after(() => rm(directory, { recursive: true, force: true }));

async function outcome(...args: string[]): Promise<{ code: unknown; stderr: string; stdout: string }> {
  const { exited, stderr, stdout } = spawnServer(...args);
  return { code: await exited, stderr: stderr(), stdout: stdout() };
}

const file = async (name: string, content: string): Promise<string> => {
  await writeFile(join(directory, name), content);
  return join(directory, name);
};

test('wrong usage exits 2 with one line that says what to do, and never shows a token', async () => {
  const entry = { name: 'x', identityKey: 'ab'.repeat(32), token: 'c0ffee' };
  const cases: [RegExp, string[]][] = [
    [/--accounts FILE, .* --open/, ['--no-opaque']],
    [/--accounts FILE, .* --open/, ['--no-registration']],
    [/Unknown argument: bogus \(see --help\)/, ['--open', '--bogus']],
    [/Unknown argument: hostnam: did you mean "hostname"/, ['--open', '--hostnam', 'c0ffee']],
    [/there is no such command: there are account, cert/, ['--open', 'stray']],
    [/the data directory .* cannot be made \(EEXIST\): there is a file/, ['--data-dir', accounts]],
    // Where the system makes no directories, and says that the one above is not there.
    [/the data directory \/proc\/a\/b cannot be made \(\w+\): choose another/, ['--data-dir', '/proc/a/b']],
    [/only a SQLite store has a key/, ['--data-dir', join(directory, 'plain'), '--db-key', 'c0ffee']],
    [/only a SQLite store has a key/, ['--open', '--db-key-file', accounts]],
    [/--listen nonsense:port/, ['--open', '--listen', 'nonsense:port']],
    [/--listen 127.0.0.1:70000/, ['--open', '--listen', '127.0.0.1:70000']],
    [/--store is none of memory, file:DIR/, ['--open', '--store', 'c0ffee:c0ffee']],
    [/--store is none of/, ['--open', '--store', 'file:']],
    [/--max-payload 5MB is no size/, ['--open', '--max-payload', '5MB']],
    [/--rate-limit fast is no number/, ['--open', '--rate-limit', 'fast']],
    [/--tls-cert and --tls-key/, ['--open', '--tls-cert', accounts]],
    [/--tls-cert .* cannot be read \(ENOENT\)/, ['--open', '--tls-cert', '/nowhere.pem', '--tls-key', '/nowhere.pem']],
    [
      /certificate is not readable/,
      ['--open', '--listen', '127.0.0.1:0', '--tls-cert', accounts, '--tls-key', accounts],
    ],
    [/cannot be read \(ENOENT\)/, ['--accounts', '/nowhere.json']],
    [/is not JSON/, ['--accounts', await file('a.json', '[{"token": "c0ffee",]')]],
    [/is not a JSON array/, ['--accounts', await file('b.json', '{}')]],
    [
      /"identityKey" in entry 1 .* is not 32 bytes/,
      ['--accounts', await file('c.json', JSON.stringify([{ ...entry, identityKey: 'abcd' }]))],
    ],
    [
      /"token" in entry 2 .* is not hex/,
      ['--accounts', await file('d.json', JSON.stringify([entry, { ...entry, token: 'c0ffee!' }]))],
    ],
    [/"expiresAt" in entry 1/, ['--accounts', await file('e.json', JSON.stringify([{ ...entry, expiresAt: 'soon' }]))]],
  ];
  const outcomes = await Promise.all(cases.map(([, args]) => outcome(...args)));
  for (const [i, [expected, args]] of cases.entries()) {
    const { code: exitCode, stderr } = outcomes[i] as Awaited<ReturnType<typeof outcome>>;
    assert.equal(exitCode, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.doesNotMatch(stderr, /c0ffee/);
  }
});

test('help and version', async () => {
  const help = await outcome('--help');
  assert.equal(help.code, 0);
  for (const option of [
    '--listen',
    '--data-dir',
    '--store',
    '--tls-cert',
    '--tls-key',
    '--open',
    '--accounts',
    'Exit codes',
  ])
    assert.ok(help.stdout.includes(option), option);
  assert.match((await outcome('--version')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('an address in use exits 1 and says so', async () => {
  const server = await startServer('--open');
  const { code: exitCode, stderr } = await outcome('--open', '--listen', `127.0.0.1:${server.port}`);
  assert.equal(exitCode, 1);
  assert.match(stderr, /UDP 127\.0\.0\.1 port \d+ is in use: .*--listen/);
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
});

test('a data directory keeps messages and the certificate over a stop, and is used by one server', async () => {
  const dataDir = join(directory, 'data');
  const first = await startServer('--data-dir', dataDir, '--accounts', accounts);
  const { rpc } = await openSession(first);
  const { seq } = await rpc.call(node.enqueue, { ...queueOf(alice), payload: Buffer.from('kept') });
  const second = await outcome('--data-dir', dataDir, '--accounts', accounts, '--listen', '127.0.0.1:0');
  assert.equal(second.code, 1);
  assert.match(second.stderr, /in use by process/);
  assert.equal((await stat(join(dataDir, 'key.pem'))).mode & 0o777, 0o600);
  first.child.kill('SIGINT');
  assert.equal(await first.exited, 0);

  const again = await startServer('--data-dir', dataDir, '--accounts', accounts);
  assert.equal(again.pin, first.pin);
  const session = await openSession(again);
  const { payloads } = await session.rpc.call(node.fetch, { ...queueOf(alice), limit: 0 });
  assert.deepEqual(
    payloads.map((delivery) => [delivery.seq, String(Buffer.from(delivery.payload))]),
    [[seq, 'kept']],
  );
  again.child.kill('SIGTERM');
  assert.equal(await again.exited, 0);
});

test('--store file:DIR is a data directory of its own; beside --data-dir it keeps the messages alone', async () => {
  const exists = (...path: string[]) =>
    stat(join(directory, ...path)).then(
      () => true,
      () => false,
    );
  const server = await startServer('--open', '--store', `file:${join(directory, 'alone')}`);
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
  assert.ok((await exists('alone', 'deliveries.bin')) && (await exists('alone', 'cert.pem')));
  const both = ['--data-dir', join(directory, 'secrets'), '--store', `file:${join(directory, 'messages')}`];
  const other = await startServer('--open', ...both);
  other.child.kill('SIGTERM');
  assert.equal(await other.exited, 0);
  assert.ok((await exists('messages', 'deliveries.bin')) && (await exists('secrets', 'cert.pem')));
  assert.ok(!(await exists('secrets', 'deliveries.bin')) && !(await exists('messages', 'cert.pem')));
});

test('a stop answers what is in flight, and the end of standard input stops', async () => {
  const server = await startServer('--accounts', accounts);
  const { rpc } = await openSession(server);
  const waiting = rpc.call(node.fetchWait, { ...queueOf(alice), timeoutMs: 60_000n, limit: 0 });
  await rpc.call(node.health, {});
  server.child.stdin?.end();
  assert.deepEqual(await waiting, { payloads: [] });
  assert.equal(await server.exited, 0);
});

test('an open server takes calls without a token, another does not', async () => {
  const noAuth = { version: 0, accessToken: new Uint8Array(), deviceId: new Uint8Array() };
  const open = await startServer('--open');
  const closed = await startServer('--accounts', accounts);
  const call = async (server: typeof open) =>
    (await openSession(server)).rpc.call(node.fetch, { ...queueOf(alice, noAuth), limit: 0 });
  assert.deepEqual(await call(open), { payloads: [] });
  await assert.rejects(call(closed), code('E001'));
  for (const server of [open, closed]) {
    server.child.kill('SIGTERM');
    assert.equal(await server.exited, 0);
  }
});

test('a client that does not take its answers does not hold up a stop', async () => {
  const server = await startServer('--accounts', accounts);
  const { rpc } = await openSession(server);
  for (let i = 0; i < 3; i += 1) await rpc.call(node.enqueue, { ...queueOf(alice), payload: new Uint8Array(1 << 20) });
  const stalled = await connect({
    host: server.host,
    port: server.port,
    alpn: ['capnp'],
    verify: { kind: 'none' },
    initialMaxData: 4_096,
    initialMaxStreamData: 2_048,
  });
  void connectVat(await stalled.openStream())
    .call(node.fetch, { ...queueOf(alice), limit: 0 })
    .catch(() => {});
  await sleep(200);
  stalled.abandon();
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
});

test('limits are options: what is over one is refused with its code', async () => {
  const limits = ['--max-payload', '10', '--max-queue-messages', '1', '--max-waiters', '1', '--rate-limit', '50/s'];
  const server = await startServer('--accounts', accounts, ...limits);
  const { rpc } = await openSession(server);
  const enqueue = (size: number) => rpc.call(node.enqueue, { ...queueOf(alice), payload: new Uint8Array(size) });
  await assert.rejects(enqueue(11), code('E006'));
  await enqueue(10);
  await assert.rejects(enqueue(1), code('E015'));
  const calls = Array.from({ length: 200 }, () => rpc.call(node.peek, { ...queueOf(alice), limit: 0 }));
  const outcomes = await Promise.allSettled(calls);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  assert.ok(refused.length > 0 && refused.length < 200 && refused.every(code('E014')), `${refused.length} refused`);
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
});
