import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import type { TlsFiles } from '@quicnprotochat/quic';
import { RpcException } from '@quicnprotochat/rpc';
import { type EmbeddedServer, startEmbedded } from '../src/target/embedded.ts';
import { answer, makeCertificate, serving, startLyingServer } from './lying-server.ts';
import { conformance } from './run-suite.ts';

let reference: EmbeddedServer;
let tls: TlsFiles;
before(async () => {
  reference = await startEmbedded(true);
  tls = await makeCertificate();
});
after(() => reference.stop());

const healthy = answer(nodeService.health, () => ({ status: 'ok' }));
const refuse = (reason: string) => () => {
  throw new RpcException('failed', reason);
};
const login = answer(nodeService.opaqueLoginStart, refuse('E010: no'));

test('users are registered on a server that offers OPAQUE, and act by their session tokens', async () => {
  const at = `${reference.host}:${reference.port}`;
  const { code, stdout, stderr } = await conformance(
    '--target',
    at,
    '--pin',
    reference.pin,
    '--requirement',
    'AUTH-012',
  );
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /Registered 3 throw-away users by OPAQUE/);
  assert.match(stdout, /\n[1-9]\d* passed, 0 failed, 0 skipped\n$/);
});

test('connections go to several addresses in turn; each has to be there', async () => {
  const at = `${reference.host}:${reference.port}`;
  const both = await conformance('--target', `${at},${at}`, '--pin', reference.pin, '--requirement', 'KP-008');
  assert.equal(both.code, 0, both.stdout + both.stderr);
  const one = await conformance('--target', `${at},127.0.0.1:9`, '--open', '--requirement', 'KP-008');
  assert.equal(one.code, 3, one.stdout);
  assert.match(one.stderr, /127\.0\.0\.1 port 9/);
});

test('no OPAQUE, or no registrations, and no accounts: 2, with what to give', async () => {
  for (const [answers, why] of [
    [[healthy], /offers no OPAQUE/],
    [[healthy, login], /registers no users/],
  ] as const) {
    const server = await startLyingServer(tls, serving(...answers));
    const { code, stderr } = await conformance('--target', server.address, '--timeout', '2s');
    await server.close();
    assert.equal(code, 2, stderr);
    assert.match(stderr, /how do the scenarios log in/);
    assert.match(stderr, why);
    assert.match(stderr, /--accounts FILE .* or --open/);
  }
});

test('OPAQUE that is broken: its scenarios fail, what needs accounts is skipped', async () => {
  const broken = answer(nodeService.opaqueRegisterStart, () => ({ response: new Uint8Array(64).fill(0xff) }));
  const server = await startLyingServer(tls, serving(healthy, login, broken));
  const args = ['--target', server.address, '--timeout', '2s', '--requirement'];
  const some = await conformance(...args, 'OPQ-002,DS-011,AUTH-017');
  assert.equal(some.code, 1, some.stdout + some.stderr);
  assert.match(some.stdout, /What needs accounts is skipped: no user could be registered/);
  assert.match(some.stdout, /OPQ +0 passed, [1-9]\d* failed/);
  assert.match(some.stdout, /DS +0 passed, 0 failed, [1-9]\d* skipped/);
  const none = await conformance(...args, 'DS-011,AUTH-017');
  await server.close();
  assert.equal(none.code, 3, none.stdout);
  assert.match(none.stderr, /scenarios did not run: no user could be registered/);
});
