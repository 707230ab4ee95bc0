import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService as node } from '@quicnprotochat/proto';
import { connect, listen, QuicError } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';
import { certificateFacts, certificateSha256, makeCertificate } from '../src/certificate.ts';
import {
  keptCertificate,
  loadCertificate,
  pathsIn,
  renewCertificate,
  rotateCertificate,
} from '../src/certificate-files.ts';
import { openSession, type ServerProcess, spawnServer, startServer } from './process.ts';

const directory = await mkdtemp(join(tmpdir(), 'certificate-cli-'));
after(() => rm(directory, { recursive: true, force: true }));

const sha256Of = (dataDir: string): string => certificateSha256(loadCertificate(pathsIn(dataDir)).certPem);

async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + 20_000; !(await isTrue()); await sleep(10)) assert.ok(Date.now() < end, what);
}

/** Whether a new connection gets the certificate. */
async function shows(server: ServerProcess, sha256: string): Promise<boolean> {
  try {
    const { rpc, connection } = await openSession({ ...server, pin: sha256 });
    await rpc.call(node.health, {});
    await connection.close();
    return true;
  } catch (error) {
    if (error instanceof QuicError && error.code === 'CERTIFICATE_REJECTED') return false;
    throw error;
  }
}

async function stop(server: ServerProcess): Promise<void> {
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0, server.stderr());
}

test('SIGHUP brings a renewed certificate and then a rotated key, and connections that stand go on', async () => {
  const dataDir = join(directory, 'hup');
  const server = await startServer('--open', '--data-dir', dataDir);
  const key = certificateFacts(loadCertificate(pathsIn(dataDir)).certPem).keySha256;
  const { rpc } = await openSession(server);
  await renewCertificate(dataDir, []);
  server.child.kill('SIGHUP');
  const renewed = sha256Of(dataDir);
  assert.notEqual(renewed, server.pin);
  await until(() => shows(server, renewed), 'the renewed certificate');
  // A pin of the key outlives it.
  const { host, port } = server;
  const pinned = await connect({ host, port, alpn: ['capnp'], verify: { kind: 'key-pin', sha256: key } });
  await connectVat(await pinned.openStream()).call(node.health, {});
  await rotateCertificate(dataDir, []);
  server.child.kill('SIGHUP');
  await until(() => shows(server, sha256Of(dataDir)), 'the rotated certificate');
  assert.deepEqual(await rpc.call(node.health, {}), { status: 'ok' });
  await stop(server);
});

test('changed files of --tls-cert and --tls-key are taken without a signal; a bad pair is not', async () => {
  const paths = { cert: join(directory, 'own.pem'), key: join(directory, 'own-key.pem') };
  const [first, second] = [await makeCertificate([]), await makeCertificate([])];
  await writeFile(paths.cert, first.certPem);
  await writeFile(paths.key, first.keyPem);
  const server = await startServer('--open', '--tls-cert', paths.cert, '--tls-key', paths.key);
  assert.equal(server.pin, certificateSha256(first.certPem));
  await writeFile(paths.cert, second.certPem);
  await until(() => /not taken.*does not belong/.test(server.stderr()), 'a warning');
  assert.ok(await shows(server, server.pin));
  await writeFile(paths.key, second.keyPem);
  await until(() => shows(server, certificateSha256(second.certPem)), 'the second certificate');
  await stop(server);
});

test('no call fails while the certificate is replaced again and again', async () => {
  const dataDir = join(directory, 'load');
  const server = await startServer('--open', '--data-dir', dataDir);
  let isOver = false;
  let calls = 0;
  const seen = new Set<string>();
  const standing = await openSession(server);
  const onStanding = async (): Promise<void> => {
    for (; !isOver; calls += 1) await standing.rpc.call(node.health, {});
  };
  const onNew = async (): Promise<void> => {
    const { host, port } = server;
    for (; !isOver; calls += 1) {
      const connection = await connect({ host, port, alpn: ['capnp'], verify: { kind: 'none' } });
      seen.add(connection.peerCertificateSha256);
      await connectVat(await connection.openStream()).call(node.health, {});
      await connection.close();
    }
  };
  // A call that fails ends the test by its rejection.
  const load = Promise.all([onStanding(), onStanding(), onNew(), onNew()]);
  const reloads = (async () => {
    for (let i = 0; i < 25; i += 1) {
      await (i % 2 === 0 ? renewCertificate(dataDir, []) : rotateCertificate(dataDir, []));
      server.child.kill('SIGHUP');
      await sleep(20);
    }
  })();
  await Promise.race([load, reloads]);
  await until(() => shows(server, sha256Of(dataDir)), 'the last certificate');
  isOver = true;
  await load;
  assert.ok(calls > 100, `${calls} calls`);
  assert.ok(seen.size > 10, `${seen.size} certificates seen`);
  await stop(server);
});

async function cert(...args: string[]): Promise<{ code: unknown; stderr: string; stdout: string }> {
  const { exited, stderr, stdout } = spawnServer('cert', ...args);
  return { code: await exited, stderr: stderr(), stdout: stdout() };
}

test('a client may take the certificate that a server makes for its trust anchor', async () => {
  const certificate = await makeCertificate(['node.example']);
  const server = await listen({
    host: '127.0.0.1',
    port: 0,
    alpn: ['capnp'],
    tls: certificate,
    onConnection: () => {},
  });
  const verify = { kind: 'ca', caPem: certificate.certPem, serverName: 'node.example' } as const;
  const connection = await connect({ ...server.address, alpn: ['capnp'], verify });
  assert.equal(connection.alpn, 'capnp');
  await connection.close();
  await server.close();
});

test('cert show, renew and rotate', async () => {
  const dataDir = join(directory, 'commands');
  await mkdir(dataDir);
  const first = await keptCertificate(dataDir, ['node.example']);
  const { sha256, keySha256 } = certificateFacts(first.certPem);
  const shown = await cert('show', '--data-dir', dataDir);
  assert.equal(shown.code, 0, shown.stderr);
  for (const line of [`certificate sha256 ${sha256}`, `public key sha256 ${keySha256}`, 'issuer itself'])
    assert.ok(shown.stdout.split('\n').includes(line), shown.stdout);
  assert.match(shown.stdout, /^names .*, node\.example$/m);
  assert.match(shown.stdout, /^valid from .* to .* \(36[45] days left\)$/m);

  const renewed = await cert('renew', '--data-dir', dataDir, '--hostname', 'a.example', '--hostname', '192.0.2.1');
  assert.equal(renewed.code, 0, renewed.stderr);
  assert.match(renewed.stdout, /^names .*, node\.example, a\.example, 192\.0\.2\.1$/m);
  assert.ok(renewed.stdout.includes(`public key sha256 ${keySha256}`) && !renewed.stdout.includes(sha256));

  const rotated = await cert('rotate', '--store', `file:${dataDir}`);
  assert.equal(rotated.code, 0, rotated.stderr);
  assert.ok(!rotated.stdout.includes(keySha256));
  const json = JSON.parse((await cert('show', '--json', '--data-dir', dataDir)).stdout);
  assert.equal(json.sha256, sha256Of(dataDir));
  assert.deepEqual(json.names.slice(-2), ['a.example', '192.0.2.1']);
});

test('cert: wrong usage, and what there is not, exit 2 with one line', async () => {
  const { cert: certPath, key } = pathsIn(join(directory, 'commands'));
  const cases: [RegExp, string[]][] = [
    [/which of show, renew and rotate/, []],
    [/Unknown argument: bogus/, ['bogus']],
    [/which certificate\?/, ['show']],
    [/cannot be read \(ENOENT\)/, ['show', '--data-dir', '/nowhere']],
    [/makes one on its first start/, ['renew', '--data-dir', '/nowhere']],
    [/put the next certificate into these files/, ['rotate', '--tls-cert', certPath, '--tls-key', key]],
    [/--hostname .* neither a DNS name nor an IP/, ['renew', '--data-dir', '/nowhere', '--hostname', 'a b']],
    [/--config \/nowhere.yaml cannot be read/, ['show', '--config', '/nowhere.yaml']],
  ];
  for (const [expected, args] of cases) {
    const { code, stderr } = await cert(...args);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  }
});
