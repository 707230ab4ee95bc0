import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { CertificateError, certificateFacts, DAY_MS, makeCertificate, namesMissing } from './certificate.ts';

const now = Date.UTC(2030, 0, 15, 12);
const RSA_KEY = /-----BEGIN PRIVATE KEY-----/;

test('a certificate is ECDSA P-256, for a year, for its names, and for a server alone', async () => {
  const { certPem, keyPem } = await makeCertificate(['node.example', '192.0.2.7'], { now });
  assert.match(keyPem, RSA_KEY);
  const facts = certificateFacts(certPem);
  assert.equal(facts.keyType, 'EC prime256v1');
  assert.ok(facts.isSelfSigned);
  assert.deepEqual(facts.names, ['localhost', '127.0.0.1', '::1', 'node.example', '192.0.2.7']);
  assert.equal(facts.notAfterMs, now + 365 * DAY_MS);
  assert.ok(facts.notBeforeMs < now);
  const certificate = new X509Certificate(certPem);
  assert.equal(certificate.checkHost('node.example'), 'node.example');
  assert.equal(certificate.checkIP('192.0.2.7'), '192.0.2.7');
  assert.equal(certificate.checkIP('192.0.2.8'), undefined);
  assert.equal(certificate.ca, false);
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.match(certificate.serialNumber, /^[4-7][0-9A-F]{31}$/);
});

test('a name that is not in the certificate is found', async () => {
  const facts = certificateFacts((await makeCertificate(['Node.example'], { now })).certPem);
  assert.deepEqual(namesMissing(facts, ['node.EXAMPLE', 'localhost', 'other.example']), ['other.example']);
});

test('a certificate for a key that exists keeps the fingerprint of the key', async () => {
  const first = await makeCertificate([], { now });
  const second = await makeCertificate([], { now: now + DAY_MS, keyPem: first.keyPem });
  assert.equal(second.keyPem, first.keyPem);
  const [before, after] = [certificateFacts(first.certPem), certificateFacts(second.certPem)];
  assert.equal(after.keySha256, before.keySha256);
  assert.notEqual(after.sha256, before.sha256);
  assert.ok(after.isSelfSigned);
});

test('another kind of key, and what is no certificate, are refused without showing a key', async () => {
  const secret = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
  await assert.rejects(makeCertificate([], { keyPem: secret }), (error: unknown) => {
    assert.ok(error instanceof CertificateError);
    assert.doesNotMatch(`${error.message} ${error.cause}`, /c2VjcmV0/);
    return true;
  });
  assert.throws(() => certificateFacts('nothing'), CertificateError);
});
