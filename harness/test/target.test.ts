import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection, TlsFiles } from '@quicnprotochat/quic';
import { RpcException } from '@quicnprotochat/rpc';
import type { JsonReport } from '../src/report/json.ts';
import { answer, makeCertificate, serving, startLyingServer } from './lying-server.ts';
import { conformance } from './run-suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'targets-'));
const accounts = ['alice', 'bob', 'mallory'].map((name, i) => ({
  name,
  identityKey: `0${i + 1}`.repeat(32),
  token: `c0ffee0${i}`.repeat(8),
}));
const accountsFile = join(directory, 'accounts.json');
let tls: TlsFiles;

before(async () => {
  writeFileSync(accountsFile, JSON.stringify(accounts));
  tls = await makeCertificate();
});
after(() => rmSync(directory, { recursive: true, force: true }));

const healthy = answer(nodeService.health, () => ({ status: 'ok' }));
const refusing = (reason: string) => () => {
  throw new RpcException('failed', reason);
};

test('a server that speaks another protocol (ALPN): 3', async () => {
  const server = await startLyingServer(tls, () => {}, { alpn: ['h3'] });
  const { code, stderr } = await conformance('--target', server.address, '--open', '--timeout', '2s');
  await server.close();
  assert.equal(code, 3, stderr);
  assert.match(stderr, /does not accept the ALPN protocol "capnp"/);
});

test('a server that takes connections and never answers: 3', async () => {
  const server = await startLyingServer(tls, () => {});
  const { code, stderr } = await conformance('--target', server.address, '--open', '--timeout', '1s');
  await server.close();
  assert.equal(code, 3, stderr);
  assert.match(stderr, /answers no call within 1000 ms/);
});

test('a server that says something, but no Cap’n Proto: 1, and the run says so before it begins', async () => {
  const server = await startLyingServer(tls, (connection) => {
    connection.onStream = (stream) => void stream.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(4)));
  });
  const args = ['--target', server.address, '--accounts', accountsFile, '--requirement', 'HK-001', '--timeout', '2s'];
  const { code, stdout, stderr } = await conformance(...args);
  await server.close();
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout, /answer to health is no Cap.n Proto RPC/);
});

test('a server that allows one stream a connection is tested all the same', async () => {
  const answers = serving(healthy, answer(nodeService.fetch, refusing('E003: who is that?')));
  const server = await startLyingServer(tls, answers, { initialMaxStreamsBidi: 1 });
  const args = ['--target', server.address, '--accounts', accountsFile, '--requirement', 'AUTH-017'];
  const { code, stdout, stderr } = await conformance(...args);
  await server.close();
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /it offers: core\n/);
});

test('a server that calls itself overloaded while it starts is waited for', async () => {
  let askedAt: number | undefined;
  const starting = answer(nodeService.health, () => {
    askedAt ??= performance.now();
    if (performance.now() - askedAt < 800) throw new RpcException('overloaded', 'E010: still reading');
    return { status: 'awake' };
  });
  const server = await startLyingServer(
    tls,
    serving(starting, answer(nodeService.fetch, refusing('E003: who is that?'))),
  );
  const report = join(directory, 'starting.json');
  const files = ['--accounts', accountsFile, '--report', `json=${report}`];
  const { code, stdout, stderr } = await conformance('--target', server.address, '--requirement', 'AUTH-017', ...files);
  await server.close();
  assert.equal(code, 0, stdout + stderr);
  assert.equal((JSON.parse(readFileSync(report, 'utf8')) as JsonReport).target.health, 'awake');
});

test('what a server offers is asked with a right token', async () => {
  const knownToken = Buffer.from(accounts[0]?.token as string, 'hex');
  const server = await startLyingServer(
    tls,
    serving(
      healthy,
      answer(nodeService.fetch, refusing('E003: who is that?')),
      answer(nodeService.createChannel, ({ auth }) => {
        const isKnown = knownToken.equals(auth.accessToken);
        throw isKnown
          ? new RpcException('unimplemented', 'no channels here')
          : new RpcException('failed', 'E003: AUTH_TOKEN_INVALID: who is that?');
      }),
    ),
  );
  const args = ['--target', server.address, '--accounts', accountsFile, '--requirement', 'AUTH-017'];
  const { code, stdout } = await conformance(...args);
  await server.close();
  assert.equal(code, 0, stdout);
  assert.match(stdout, /it offers: core\n/);
});

test('a server whose texts hold tokens, control characters and megabytes: shown safely', async () => {
  const token = accounts[0]?.token as string;
  const spellings = [token, token.toUpperCase(), Buffer.from(token, 'hex').toString('base64')];
  const reason = `E003: ${spellings.join(' ')} \u001b[31m\u0007\u202e ${'x'.repeat(1 << 20)}`;
  const server = await startLyingServer(tls, serving(healthy, answer(nodeService.fetchHybridKey, refusing(reason))));
  const json = join(directory, 'texts.json');
  const junit = join(directory, 'texts.xml');
  const args = ['--target', server.address, '--accounts', accountsFile, '--requirement', 'AUTH-014'];
  const { code, stdout } = await conformance(...args, '--report', `json=${json}`, `junit=${junit}`);
  await server.close();
  assert.equal(code, 1, stdout.slice(0, 2_000));
  for (const text of [stdout, readFileSync(json, 'utf8'), readFileSync(junit, 'utf8')]) {
    assert.match(text, /(?:<|&lt;)token of alice(?:>|&gt;)/);
    for (const spelling of spellings) assert.ok(!text.includes(spelling), 'a token');
    assert.ok(text.length < 400_000, `${text.length} characters`);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('a server that ends in the middle: what is left is skipped, in little time', async () => {
  let calls = 0;
  const connections: QuicConnection[] = [];
  const server = await startLyingServer(tls, (connection) => {
    connections.push(connection);
    serving(
      healthy,
      answer(nodeService.fetchHybridKey, () => {
        calls += 1;
        if (calls === 3) void server.close();
        throw new RpcException('failed', 'E004: not today');
      }),
    )(connection);
  });
  const json = join(directory, 'gone.json');
  const started = performance.now();
  const args = ['--target', server.address, '--accounts', accountsFile, '--requirement', 'HK', '--timeout', '2s'];
  const { code, stdout, stderr } = await conformance(...args, '--report', `json=${json}`);
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout, /[1-9]\d* skipped: the target went away during ".*" \(nothing listens there.*\)/);
  const report = JSON.parse(readFileSync(json, 'utf8')) as JsonReport;
  assert.equal(report.exitCode, 1);
  const last = report.scenarios.findLast(({ status }) => status === 'failed');
  assert.match(last?.exchange?.at(-1)?.text ?? '', /went away during/);
  assert.ok(performance.now() - started < 30_000);
});

test('no report is left of a run that had no verdict, neither a new one nor an old one', async () => {
  const json = join(directory, 'old.json');
  writeFileSync(json, '{"exitCode": 0}');
  const args = ['--target', '127.0.0.1:1', '--open', '--timeout', '1s', '--report', `json=${json}`];
  assert.equal((await conformance(...args)).code, 3);
  assert.throws(() => readFileSync(json), /ENOENT/);
});
