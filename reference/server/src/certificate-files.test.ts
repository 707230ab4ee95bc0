import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Certificate, CertificateError, certificateFacts, makeCertificate } from './certificate.ts';
import { keptCertificate, loadCertificate, pathsIn, renewCertificate, rotateCertificate } from './certificate-files.ts';

let directory: string;
let paths: ReturnType<typeof pathsIn>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'certificate-'));
  paths = pathsIn(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const facts = ({ certPem }: Certificate) => certificateFacts(certPem);

test('made on the first run, kept after it, the key for its owner alone', async () => {
  const first = await keptCertificate(directory, ['node.example']);
  assert.ok(facts(first).names.includes('node.example'));
  assert.deepEqual(await keptCertificate(directory, ['other.example']), first);
  assert.equal((await stat(paths.key)).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(directory)).sort(), ['cert.pem', 'key.pem']);
});

test('renewing keeps the key and the names, and adds names', async () => {
  const first = await keptCertificate(directory, ['node.example']);
  await renewCertificate(directory, ['other.example']);
  const second = loadCertificate(paths);
  assert.equal(second.keyPem, first.keyPem);
  assert.notEqual(facts(second).sha256, facts(first).sha256);
  assert.equal(facts(second).keySha256, facts(first).keySha256);
  assert.deepEqual(facts(second).names, [...facts(first).names, 'other.example']);
});

test('rotating makes a new key and keeps the names', async () => {
  const first = await keptCertificate(directory, ['node.example']);
  await rotateCertificate(directory, []);
  const second = loadCertificate(paths);
  assert.notEqual(facts(second).keySha256, facts(first).keySha256);
  assert.deepEqual(facts(second).names, facts(first).names);
  assert.equal((await stat(paths.key)).mode & 0o777, 0o600);
  assert.deepEqual((await readdir(directory)).sort(), ['cert.pem', 'key.pem']);
});

test('a rotation that was cut short anywhere leaves a pair that belongs together', async () => {
  const old = await keptCertificate(directory, []);
  const next = await makeCertificate([]);
  // Before the certificate was replaced: the old pair.
  await writeFile(paths.nextKey, next.keyPem);
  assert.deepEqual(await keptCertificate(directory, []), old);
  assert.deepEqual((await readdir(directory)).sort(), ['cert.pem', 'key.pem']);
  // After it: the new one.
  await writeFile(paths.nextKey, next.keyPem);
  await writeFile(paths.cert, next.certPem);
  assert.deepEqual(await keptCertificate(directory, []), next);
  assert.deepEqual((await readdir(directory)).sort(), ['cert.pem', 'key.pem']);
  // A first run that got as far as the key.
  await rm(paths.cert);
  assert.ok(facts(await keptCertificate(directory, [])).isSelfSigned);
});

test('what cannot be used is refused with what to do, and nothing is replaced', async () => {
  const fails = (action: Promise<unknown>, pattern: RegExp) =>
    assert.rejects(action, (error: unknown) => error instanceof CertificateError && pattern.test(error.message));
  await fails(renewCertificate(directory, []), /makes one on its first start/);
  await fails(rotateCertificate(directory, []), /makes one on its first start/);

  const first = await keptCertificate(directory, []);
  const other = await makeCertificate([]);
  await writeFile(paths.key, other.keyPem);
  await fails(keptCertificate(directory, []), /does not belong to the certificate/);
  await fails(renewCertificate(directory, []), /does not belong to the certificate/);
  await rm(paths.key);
  await fails(keptCertificate(directory, []), /restore it from a backup/);
  assert.equal(await readFile(paths.cert, 'utf8'), first.certPem);
});
