import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeService as node } from '@quicnprotochat/proto';
import { openSession, type ServerProcess, spawnServer, startServer } from './process.ts';
import { actor, code, queueOf } from './support.ts';

let directory: string;
let accounts: string;
const alice = actor();
const bob = actor();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const entryOf = (name: string, { identityKey, token }: ReturnType<typeof actor>) => ({
  name,
  identityKey: hex(identityKey),
  token: hex(token),
});

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'operation-'));
  accounts = join(directory, 'accounts.json');
  await writeFile(accounts, JSON.stringify([entryOf('alice', alice), entryOf('bob', bob)]));
});
after(() => rm(directory, { recursive: true, force: true }));

async function stop(server: ServerProcess): Promise<void> {
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0, server.stderr());
}

async function startWithMetrics(
  ...args: string[]
): Promise<{ server: ServerProcess; page(): Promise<string>; url: string }> {
  const server = await startServer('--metrics', '0', ...args);
  const url = server.metricsUrl;
  assert.match(url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  return { server, url: url as string, page: async () => (await fetch(url as string)).text() };
}

const figure = (page: string, series: string): number | undefined => {
  const line = page.split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

test('metrics count calls by method and code, and show what there is', async () => {
  const { server, page, url } = await startWithMetrics('--accounts', accounts);
  const { rpc } = await openSession(server);
  for (let i = 0; i < 3; i += 1)
    await rpc.call(node.enqueue, { ...queueOf(bob, alice.auth), payload: new Uint8Array(10) });
  await assert.rejects(rpc.call(node.fetch, { ...queueOf(bob, alice.auth), limit: 0 }), code('E016'));
  const waiting = rpc.call(node.fetchWait, { ...queueOf(alice), timeoutMs: 60_000n, limit: 0 });
  await rpc.call(node.health, {});
  const seen = await page();
  const expected: [string, number][] = [
    ['quicnprotochat_calls_total{method="enqueue",code="ok"}', 3],
    ['quicnprotochat_calls_total{method="fetch",code="E016"}', 1],
    ['quicnprotochat_call_duration_seconds_count{method="enqueue"}', 3],
    ['quicnprotochat_connections', 1],
    ['quicnprotochat_sessions', 1],
    ['quicnprotochat_waiters', 1],
    ['quicnprotochat_store_up', 1],
    ['quicnprotochat_store_items{kind="messages"}', 3],
    ['quicnprotochat_store_items{kind="queues"}', 1],
    ['quicnprotochat_store_message_bytes', 30],
  ];
  for (const [series, value] of expected) assert.equal(figure(seen, series), value, series);
  const end = (figure(seen, 'quicnprotochat_certificate_end_timestamp_seconds') as number) * 1000 - Date.now();
  assert.ok(end > 364 * 86_400_000 && end < 366 * 86_400_000);
  assert.ok((figure(seen, 'process_resident_memory_bytes') as number) > 1_000_000);

  assert.equal((await fetch(new URL('/', url))).status, 404);
  assert.equal((await fetch(url, { method: 'POST' })).status, 405);
  server.child.kill('SIGTERM');
  assert.deepEqual(await waiting, { payloads: [] });
  assert.equal(await server.exited, 0);
});

test('no token, key or payload is in the log at any level, in the metrics, or on the streams', async () => {
  const dataDir = join(directory, 'secrets');
  const { server, page } = await startWithMetrics(
    ...['--accounts', accounts, '--data-dir', dataDir, '--log-level', 'debug', '--log-format', 'json'],
  );
  const marker = Buffer.from(`payload-${randomBytes(16).toString('hex')}`);
  const wrongToken = Buffer.from(`token-${randomBytes(16).toString('hex')}`);
  const hybridKey = randomBytes(1216);
  const secrets = [alice.token, bob.token, alice.identityKey, bob.identityKey, marker, wrongToken, hybridKey];
  const { rpc } = await openSession(server);
  const { auth } = alice;
  const wrongAuth = { ...auth, accessToken: wrongToken };
  const failing = (call: Promise<unknown>): Promise<void> => assert.rejects(call);
  await rpc.call(node.enqueue, { ...queueOf(bob, auth), payload: marker });
  await rpc.call(node.fetch, { ...queueOf(bob), limit: 0 });
  await rpc.call(node.uploadKeyPackage, { identityKey: alice.identityKey, package: marker, auth });
  await rpc.call(node.uploadHybridKey, { identityKey: alice.identityKey, hybridPublicKey: hybridKey, auth });
  await rpc.call(node.createChannel, { peerKey: bob.identityKey, auth });
  await failing(rpc.call(node.enqueue, { ...queueOf(bob, wrongAuth), payload: marker }));
  await failing(rpc.call(node.fetch, { ...queueOf(bob, auth), limit: 0 }));
  await failing(rpc.call(node.enqueue, { ...queueOf(bob, auth), recipientKey: marker, payload: marker }));
  await failing(rpc.call(node.opaqueLoginFinish, { username: `${marker}`, finalization: marker, identityKey: marker }));
  // What is no protocol at all.
  const { connection } = await openSession(server);
  const stream = await connection.openStream();
  await stream.write(Buffer.concat([marker, wrongToken]));
  await stream.read().catch(() => {});
  const metrics = await page();
  await stop(server);

  const log = server.stderr();
  const events = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(
    events.some(({ msg, method, code: how }) => msg === 'call' && method === 'enqueue' && how === 'E003'),
    log,
  );
  for (const text of [log, metrics]) {
    for (const secret of secrets.map((bytes) => Buffer.from(bytes))) {
      const part = secret.subarray(0, 24);
      const forms = [
        part.toString('hex'),
        part.toString('base64'),
        part.toString('base64url'),
        part.toString('latin1'),
      ];
      for (const form of [...forms, [...part].join(','), [...part].join(', ')])
        assert.ok(!text.toLowerCase().includes(form.toLowerCase()), `${form} in ${text}`);
    }
    assert.doesNotMatch(text, /PRIVATE KEY/);
  }
});

test('a configuration file gives the options, and the command line wins over it', async () => {
  const config = join(directory, 'server.yaml');
  const dataDir = join(directory, 'configured');
  await writeFile(config, `# a server\nopen: true\ndata-dir: ${dataDir}\nlog-format: json\nlisten: 127.0.0.1:1\n`);
  const server = await startServer('--config', config);
  const { rpc } = await openSession(server);
  assert.deepEqual(await rpc.call(node.health, {}), { status: 'ok' });
  await stop(server);
  assert.equal(JSON.parse(server.stderr().split('\n')[0] as string).level, 'info');
  const { exited, stdout } = spawnServer('cert', 'show', '--config', config);
  assert.equal(await exited, 0);
  assert.ok(stdout().includes(server.pin));
});

test('a configuration file, a metrics address or a log level that is wrong exits 2', async () => {
  const config = join(directory, 'wrong.yaml');
  await writeFile(config, 'opn: true\n');
  const taken = await startWithMetrics('--open');
  const cases: [RegExp, string[]][] = [
    [/there is no option "opn": did you mean "open"\?/, ['--config', config]],
    [/--metrics nonsense is not HOST:PORT/, ['--open', '--metrics', 'nonsense']],
    [
      /--metrics 127.0.0.1:\d+: that address is in use/,
      ['--open', '--listen', '127.0.0.1:0', '--metrics', new URL(taken.url).port],
    ],
    [/log-level, Given: "loud"/, ['--open', '--log-level', 'loud']],
  ];
  for (const [expected, args] of cases) {
    const { exited, stderr } = spawnServer(...args);
    assert.equal(await exited, 2, stderr());
    assert.match(stderr(), expected);
    assert.equal(stderr().trim().split('\n').length, 1, stderr());
  }
  await stop(taken.server);
});

test('doctor looks at everything with the options of the server; its exit code tells whether something failed', async () => {
  const dataDir = join(directory, 'doctor');
  const common = ['doctor', '--data-dir', dataDir, '--listen', '127.0.0.1:0'];
  const good = spawnServer(...common, '--accounts', accounts);
  assert.equal(await good.exited, 0, good.stdout() + good.stderr());
  for (const line of [
    /^ok {4}Node\.js/m,
    /^ok {4}data directory/m,
    /^ok {4}store/m,
    /^ok {4}address/m,
    /\d+ ok, \d+ warnings, 0 failed\n$/,
  ])
    assert.match(good.stdout(), line);
  assert.ok(![alice, bob].some(({ token }) => good.stdout().includes(hex(token))));
  const bad = spawnServer(...common, '--accounts', join(directory, 'none.json'));
  assert.equal(await bad.exited, 1);
  assert.match(bad.stdout(), /^fail {2}accounts .*cannot be read/m);
  assert.match(bad.stdout(), /, 1 failed\n$/);
  const wrong = spawnServer('doctor', '--bogus');
  assert.equal(await wrong.exited, 2);
});
