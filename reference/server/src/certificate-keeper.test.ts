import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificate, certificateFacts, DAY_MS, makeCertificate } from './certificate.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { Log } from './log.ts';

const directory = await mkdtemp(join(tmpdir(), 'keeper-'));
after(() => rm(directory, { recursive: true, force: true }));
const paths = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };

let lines: string[];
let applied: Certificate[];
const log: Log = {
  debug: () => {},
  info: (message) => void lines.push(`info ${message}`),
  warn: (message) => void lines.push(`warn ${message}`),
  error: (message) => void lines.push(`error ${message}`),
};
beforeEach(() => {
  lines = [];
  applied = [];
});

const keeperOf = (certificate: Certificate, options: { now?: () => number; paths?: typeof paths | undefined } = {}) =>
  new CertificateKeeper({
    paths,
    certificate,
    isOwn: true,
    apply: (next) => applied.push(next),
    log,
    pollMs: 20,
    ...options,
  });

async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !isTrue(); await sleep(5)) assert.ok(Date.now() < end, lines.join('\n'));
}

async function put({ certPem, keyPem }: Certificate): Promise<void> {
  await writeFile(paths.cert, certPem);
  await writeFile(paths.key, keyPem);
}

test('changed files are taken by themselves; a half-written pair keeps the old one, and says so', async () => {
  const [first, second] = [await makeCertificate([]), await makeCertificate([])];
  await put(first);
  const keeper = keeperOf(first);
  keeper.start();
  try {
    await writeFile(paths.cert, second.certPem.slice(0, 200));
    await until(() => lines.some((line) => /^warn .*not taken.*not readable/.test(line)));
    await writeFile(paths.cert, second.certPem);
    await until(() => lines.some((line) => /^warn .*not taken.*does not belong/.test(line)));
    assert.equal(keeper.certificate, first);
    assert.deepEqual(applied, []);
    // As by a tool that replaces the file.
    await writeFile(`${paths.key}.new`, second.keyPem);
    await rename(`${paths.key}.new`, paths.key);
    await until(() => applied.length > 0);
    assert.deepEqual(applied, [second]);
    assert.deepEqual(keeper.certificate, second);
    assert.ok(lines.some((line) => line.startsWith('info') && line.includes(certificateFacts(second.certPem).sha256)));
    assert.doesNotMatch(lines.join('\n'), /BEGIN|PRIVATE KEY-/);
  } finally {
    keeper.stop();
  }
});

test('a reload takes what is there, tells of what cannot be used, and is no error without files', async () => {
  const [first, second] = [await makeCertificate([]), await makeCertificate([])];
  await put(second);
  const keeper = keeperOf(first);
  assert.ok(keeper.reload('SIGHUP'));
  assert.deepEqual(applied, [second]);
  assert.ok(keeper.reload('SIGHUP'));
  assert.equal(applied.length, 1);
  await rm(paths.key);
  assert.equal(keeper.reload('SIGHUP'), false);
  assert.match(lines.at(-1) as string, /^warn SIGHUP.*cannot be read \(ENOENT\)/);
  assert.equal(keeperOf(first, { paths: undefined }).reload('SIGHUP'), false);
  assert.match(lines.at(-1) as string, /in memory alone/);
});

test('a transport that refuses the certificate keeps the old one', async () => {
  const [first, second] = [await makeCertificate([]), await makeCertificate([])];
  await put(second);
  const apply = (): void => {
    throw new Error('not usable');
  };
  const keeper = new CertificateKeeper({ paths, certificate: first, isOwn: false, apply, log });
  assert.equal(keeper.reload('SIGHUP'), false);
  assert.equal(keeper.certificate, first);
});

test('the end is told 30 days before, and after it', async () => {
  const made = await makeCertificate([]);
  const end = certificateFacts(made.certPem).notAfterMs;
  const at = (time: number): string[] => {
    lines = [];
    keeperOf(made, { now: () => time }).warnBeforeEnd();
    return lines;
  };
  assert.deepEqual(at(end - 31 * DAY_MS), []);
  assert.match(
    at(end - 30 * DAY_MS).join(),
    /^warn the certificate ends in 30 days, on \d{4}-\d\d-\d\d; .*cert renew$/,
  );
  assert.match(at(end - DAY_MS / 2).join(), /^warn .* in 0 days/);
  assert.match(at(end + 1).join(), /^error the certificate ended on/);
  assert.match(at(Date.now() - 2 * DAY_MS).join(), /^warn .*is the clock right/);
});
