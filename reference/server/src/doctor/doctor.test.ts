import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { certificateFacts, DAY_MS, makeCertificate } from '../certificate.ts';
import { keptCertificate, loadCertificate, pathsIn } from '../certificate-files.ts';
import type { Config } from '../config.ts';
import { silentLog } from '../log.ts';
import { fileStore } from '../store/file-store.ts';
import { type Check, diagnose, type Finding, formatFinding } from './check.ts';
import { fileChecks } from './files.ts';
import { SERVICE_CHECKS } from './service.ts';
import { type Machine, systemChecks, thisMachine } from './system.ts';

const directory = await mkdtemp(join(tmpdir(), 'doctor-'));
after(() => rm(directory, { recursive: true, force: true }));
let made = 0;
async function scratch(): Promise<string> {
  const path = join(directory, String(made++));
  await mkdir(path, { mode: 0o700 });
  return path;
}

const configOf = (given: Partial<Config>): Config => ({
  store: { kind: 'memory' },
  dataDir: undefined,
  host: '127.0.0.1',
  port: 0,
  hostnames: [],
  tls: undefined,
  isOpen: false,
  accountsFile: undefined,
  hasOpaque: true,
  takesRegistrations: true,
  isLegacy: false,
  stopsWithStdin: false,
  log: { format: 'json', level: 'info' },
  metrics: undefined,
  ...given,
});

const withDataDir = (dataDir: string, given: Partial<Config> = {}): Config =>
  configOf({ dataDir, store: { kind: 'file', directory: dataDir }, ...given });

/** What the checks say of one subject, as lines. */
async function findings(checks: readonly Check[], config: Config, subject: string): Promise<string[]> {
  const all = await diagnose(checks, config);
  return all
    .filter((finding) => finding.subject === subject)
    .map(({ status, text, advice }) => `${status}: ${text} → ${advice}`);
}

const files = (config: Config, subject: string, now = Date.now()) => findings(fileChecks(now), config, subject);
const service = (config: Config, subject: string) => findings(SERVICE_CHECKS, config, subject);

test('a machine that is in order, and one that is not', async () => {
  const good: Machine = {
    nodeVersion: '20.19.0',
    memoryBytes: 4_294_967_296,
    now: Date.UTC(2026, 5, 1),
    uid: 1000,
    proc: (path) =>
      path === 'self/limits'
        ? 'Max open files            4096                 8192                 files'
        : '4194304\n',
  };
  const statuses = async (machine: Machine): Promise<Finding[]> => diagnose(systemChecks(machine), configOf({}));
  assert.deepEqual(
    (await statuses(good)).filter(({ status }) => status !== 'ok'),
    [],
  );
  const bad: Machine = {
    nodeVersion: '18.20.0',
    memoryBytes: 100_000_000,
    now: 0,
    uid: 0,
    proc: (path) =>
      path === 'self/limits' ? 'Max open files            256                  8192                 files' : '212992\n',
  };
  const found = (await statuses(bad)).filter(({ subject }) => subject !== 'QUIC library');
  assert.deepEqual(
    found.map(({ subject, status }) => `${subject} ${status}`),
    [
      'Node.js fail',
      'clock fail',
      'memory warn',
      'user warn',
      'open files warn',
      'UDP buffers warn',
      'UDP buffers warn',
    ],
  );
  assert.ok(found.every(({ advice }) => advice !== undefined));
  assert.deepEqual(
    (await statuses({ ...good, proc: () => undefined })).filter(({ status }) => status !== 'ok'),
    [],
  );
  assert.equal(thisMachine().nodeVersion, process.versions.node);
});

test('the data directory', async () => {
  assert.match((await files(configOf({}), 'data directory')).join(), /^warn: none: all is lost .*--data-dir/);
  const elsewhere = configOf({ store: { kind: 'postgres', url: 'postgres://x' } });
  assert.match((await files(elsewhere, 'data directory')).join(), /^warn: none: the certificate is another one/);
  const dataDir = await scratch();
  assert.match((await files(withDataDir(dataDir), 'data directory')).join(), /^ok: .*owner alone/);
  assert.match((await files(withDataDir(join(dataDir, 'new')), 'data directory')).join(), /^ok: .*first start/);
  await chmod(dataDir, 0o755);
  assert.match((await files(withDataDir(dataDir), 'data directory')).join(), /^warn: others may look .* chmod 700/);
  await writeFile(join(dataDir, 'x'), '');
  await utimes(join(dataDir, 'x'), new Date(), new Date(Date.now() + DAY_MS));
  assert.match(
    (await files(withDataDir(dataDir), 'data directory')).join(),
    /warn: x was written in the future → the clock/,
  );
});

test('the certificate', async () => {
  const dataDir = await scratch();
  const config = withDataDir(dataDir);
  assert.match((await files(config, 'certificate')).join(), /^ok: one is made/);
  await keptCertificate(dataDir, []);
  const { sha256, notAfterMs } = certificateFacts(loadCertificate(pathsIn(dataDir)).certPem);
  assert.ok((await files(config, 'certificate')).join().startsWith(`ok: sha256 ${sha256}, until`));
  assert.match(
    (await files(config, 'certificate', notAfterMs - 3 * DAY_MS)).join(),
    /^warn: it ends in 3 days.*cert renew/,
  );
  assert.match((await files(config, 'certificate', notAfterMs + 1)).join(), /^fail: it ended on .*cert renew/);
  assert.match((await files(config, 'certificate', Date.now() - DAY_MS)).join(), /fail: it is not valid yet/);
  assert.match(
    (await files({ ...config, hostnames: ['a.example'] }, 'certificate')).join(),
    /warn: it is not for a\.example .*--hostname a\.example/,
  );
  const { cert, key } = pathsIn(dataDir);
  await chmod(key, 0o644);
  assert.match(
    (await files(configOf({ tls: { cert, key } }), 'certificate')).join(),
    /fail: others may read .*chmod 600/,
  );
  await writeFile(key, (await makeCertificate([])).keyPem);
  assert.match((await files(config, 'certificate')).join(), /^fail: the private key does not belong/);
});

test('accounts', async () => {
  assert.deepEqual(await files(configOf({}), 'accounts'), []);
  assert.match(
    (await files(configOf({ isOpen: true, host: '0.0.0.0' }), 'accounts')).join(),
    /^warn: everybody .*listen on 127/,
  );
  const accountsFile = join(await scratch(), 'accounts.json');
  await writeFile(accountsFile, '[]', { mode: 0o600 });
  assert.match((await files(configOf({ accountsFile }), 'accounts')).join(), /^ok/);
  await chmod(accountsFile, 0o644);
  assert.match((await files(configOf({ accountsFile }), 'accounts')).join(), /^warn: others may read the tokens/);
  await writeFile(accountsFile, 'secret');
  assert.match((await files(configOf({ accountsFile }), 'accounts')).join(), /^fail: .* is not JSON/);
});

test('the store: not there yet, in order, in use, damaged', async () => {
  assert.match((await service(configOf({}), 'store')).join(), /^ok: in memory/);
  const dataDir = join(await scratch(), 'store');
  assert.match((await service(withDataDir(dataDir), 'store')).join(), /^ok: file: made on the first start/);
  const store = await fileStore(dataDir, silentLog);
  await store.enqueue({ recipientKey: new Uint8Array(32), channelId: new Uint8Array() }, Buffer.from('x'), {
    messages: 9,
    bytes: 9,
  });
  // A lock of our own process does not count as another server's.
  await writeFile(join(dataDir, 'lock'), '1');
  assert.match((await service(withDataDir(dataDir), 'store')).join(), /^ok: file: in use by process 1,/);
  await writeFile(join(dataDir, 'lock'), String(process.pid));
  await store.close();
  assert.match(
    (await service(withDataDir(dataDir), 'store')).join(),
    /^ok: file: opens; 1 messages in 1 queues, 0 users/,
  );
  const notADatabase = join(await scratch(), 'x.db');
  await writeFile(
    notADatabase,
    'this is no database, and no database is this, whatever its name may say of it'.repeat(20),
  );
  assert.match((await service(configOf({ store: { kind: 'sqlite', path: notADatabase } }), 'store')).join(), /^fail: /);
});

test('addresses: free, in use, not of this machine, public', async () => {
  assert.match((await service(configOf({}), 'address')).join(), /^ok/);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  assert.match(
    (await service(configOf({ port: socket.address().port }), 'address')).join(),
    /^warn: .* is in use → right if/,
  );
  socket.close();
  assert.match((await service(configOf({ host: '192.0.2.1' }), 'address')).join(), /^fail: .*EADDRNOTAVAIL/);
  assert.deepEqual(await service(configOf({}), 'metrics'), []);
  assert.match((await service(configOf({ metrics: { host: '127.0.0.1', port: 0 } }), 'metrics')).join(), /^ok/);
  const open = await service(configOf({ metrics: { host: '0.0.0.0', port: 0 } }), 'metrics');
  assert.match(open.join(), /^warn: .*from elsewhere .*,ok/);
});

test('a check that throws is a finding, and the others go on', async () => {
  const checks: Check[] = [
    { subject: 'a', look: () => Promise.reject(Object.assign(new Error('no\nstack'), { code: 'EACCES' })) },
    { subject: 'b', look: () => [{ status: 'ok', subject: 'b', text: 'fine' }] },
  ];
  const lines = (await diagnose(checks, configOf({}))).map(formatFinding);
  assert.deepEqual(lines, [
    'fail  a               no → run this as the user of the server',
    'ok    b               fine',
  ]);
});
