import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService as node } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import { readExpiry } from '../src/cli/account.ts';
import { login, register } from './opaque-client.ts';
import { killStragglers, openSession, spawnServer, startServer } from './process.ts';
import { code, queueOf } from './support.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'account-'));
});
after(killStragglers);
after(() => rm(directory, { recursive: true, force: true }));

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

async function account(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const { exited, stderr, stdout } = spawnServer('account', ...args);
  return { code: await exited, stdout: stdout(), stderr: stderr() };
}

async function add(dataDir: string, name: string, identityKey: Uint8Array, ...more: string[]): Promise<Uint8Array> {
  const added = await account('add', name, '--data-dir', dataDir, '--identity-key', hex(identityKey), ...more);
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, /^[0-9a-f]{64}\n$/, 'the token alone, for scripts');
  return Buffer.from(added.stdout.trim(), 'hex');
}

const personOf = (identityKey: Uint8Array, token: Uint8Array, deviceId: Uint8Array = new Uint8Array()) => ({
  identityKey,
  token,
  auth: { version: 1, accessToken: token, deviceId },
});
const fetchAs = (rpc: RpcClient, person: ReturnType<typeof personOf>) =>
  rpc.call(node.fetch, { ...queueOf(person), limit: 0 });

test('an account made before the start, and one made while the server runs, may call; a revoked one may not', async () => {
  const dataDir = join(directory, 'data');
  const early = personOf(randomBytes(32), new Uint8Array());
  early.auth.accessToken = await add(dataDir, 'early', early.identityKey);
  const server = await startServer('--data-dir', dataDir, '--no-opaque');
  const { rpc } = await openSession(server);
  await fetchAs(rpc, early);

  const key = randomBytes(32);
  const device = randomBytes(8);
  const late = personOf(key, await add(dataDir, 'late', key, '--device-id', hex(device), '--expires', '1h'), device);
  await fetchAs(rpc, late);
  await assert.rejects(fetchAs(rpc, personOf(key, late.token)), code('E003'), 'on its device only');

  const listed = await account('list', '--data-dir', dataDir);
  assert.equal(listed.code, 0);
  assert.match(listed.stdout, new RegExp(`^early  ${hex(early.identityKey)}  token$`, 'm'));
  assert.match(listed.stdout, new RegExp(`^late  ${hex(key)}  token for device ${hex(device)} until \\d{4}-`, 'm'));
  assert.ok(!listed.stdout.includes(hex(late.token)));

  const waiting = rpc.call(node.fetchWait, { ...queueOf(late), timeoutMs: 60_000n, limit: 0 });
  await sleep(100);
  assert.equal((await account('revoke', 'late', '--data-dir', dataDir)).code, 0);
  assert.deepEqual(await waiting, { payloads: [] }, 'it does not go on waiting');
  await assert.rejects(fetchAs(rpc, late), code('E003'));
  await fetchAs(rpc, early);
  assert.equal((await stat(join(dataDir, 'control.sock'))).mode & 0o777, 0o600);
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);

  // The store itself, now that no server holds it.
  assert.deepEqual(
    JSON.parse((await account('list', '--json', '--data-dir', dataDir)).stdout).map(
      ({ name }: { name: string }) => name,
    ),
    ['early'],
  );
  assert.ok(
    !(await readFile(join(dataDir, 'accounts.bin'))).includes(Buffer.from(late.token)),
    'a token is never written down',
  );
  assert.equal((await account('revoke', 'early', '--store', `file:${dataDir}`)).code, 0);
  assert.equal((await account('list', '--data-dir', dataDir)).stdout, 'no accounts\n');
});

test('users that registered are listed and revoked, with their sessions, also after a restart', async () => {
  const dataDir = join(directory, 'users');
  const first = await startServer('--data-dir', dataDir);
  const identityKey = randomBytes(32);
  {
    const { rpc } = await openSession(first);
    await register(rpc, 'ann\u001b[2J', 'password', identityKey);
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);
  }
  const server = await startServer('--data-dir', dataDir, '--no-registration');
  const { rpc } = await openSession(server);
  const me = personOf(identityKey, await login(rpc, 'ann\u001b[2J', 'password', identityKey));
  await fetchAs(rpc, me);
  assert.match(
    (await account('list', '--data-dir', dataDir)).stdout,
    /^ann\?\[2J {2}[0-9a-f]{64} {2}password, token until/,
  );
  const taken = await account('add', 'bea', '--data-dir', dataDir, '--identity-key', hex(identityKey));
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /belongs to ann/);
  assert.equal((await account('revoke', 'ann\u001b[2J', '--data-dir', dataDir)).code, 0);
  await assert.rejects(fetchAs(rpc, me), code('E003'));
  await assert.rejects(login(rpc, 'ann\u001b[2J', 'password', identityKey));
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
});

test('what cannot be done is said in one line', async () => {
  const dataDir = join(directory, 'wrong');
  await mkdir(dataDir);
  const key = hex(randomBytes(32));
  const on = ['--data-dir', dataDir];
  const cases: [number, RegExp, string[]][] = [
    [2, /add, list or revoke/, []],
    [2, /Unknown (command|argument)/, ['give', ...on]],
    [2, /identity-key/, ['add', 'bob', ...on]],
    [2, /--identity-key is not 32 bytes of hex/, ['add', 'bob', ...on, '--identity-key', key.slice(2)]],
    [2, /--device-id is not 1 to 64 bytes/, ['add', 'bob', ...on, '--identity-key', key, '--device-id', 'phone']],
    [2, /--expires soon is neither/, ['add', 'bob', ...on, '--identity-key', key, '--expires', 'soon']],
    [2, /--expires 2020-01-01 is over/, ['add', 'bob', ...on, '--identity-key', key, '--expires', '2020-01-01']],
    [2, /a name has 1 to 256 bytes/, ['add', 'b\nob', ...on, '--identity-key', key]],
    [2, /accounts of which server/, ['list']],
    [2, /there is no directory/, ['list', '--data-dir', join(directory, 'nowhere')]],
    [1, /there is no account bob/, ['revoke', 'bob', ...on]],
  ];
  const outcomes = await Promise.all(cases.map(([, , args]) => account(...args)));
  for (const [i, [expected, text, args]] of cases.entries()) {
    const { code: exitCode, stderr, stdout } = outcomes[i] as Awaited<ReturnType<typeof account>>;
    assert.equal(exitCode, expected, `${args}: ${stderr}`);
    assert.match(stderr, text);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    assert.equal(stdout, '');
  }
});

test('a server is not harmed by nonsense on its control socket', async () => {
  const dataDir = join(directory, 'nonsense');
  const server = await startServer('--data-dir', dataDir);
  const say = (text: string | Uint8Array): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(join(dataDir, 'control.sock'));
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk;
      });
      socket.on('error', () => {});
      socket.once('close', () => resolve(heard));
      socket.write(text);
    });
  assert.match(await say('not json\n'), /"error"/);
  assert.match(await say('null\n'), /"error"/);
  assert.match(await say('{"command":"stop"}\n'), /does not know that command/);
  assert.equal(await say(Buffer.alloc(1 << 20, 'x')), '', 'more than a request is cut off');
  assert.equal((await account('list', '--data-dir', dataDir)).stdout, 'no accounts\n');
  server.child.kill('SIGTERM');
  assert.equal(await server.exited, 0);
});

test('an expiry is a date, or a time from now', () => {
  const now = Date.UTC(2026, 0, 1);
  assert.equal(readExpiry('30d', now), Date.UTC(2026, 0, 31));
  assert.equal(readExpiry('12h', now), Date.UTC(2026, 0, 1, 12));
  assert.equal(readExpiry('5m', now), Date.UTC(2026, 0, 1, 0, 5));
  assert.equal(readExpiry('2027-01-31', now), Date.UTC(2027, 0, 31));
});
