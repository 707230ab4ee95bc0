import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { generateKeyPackage, IdentityKeypair } from '@quicnprotochat/core';
import * as opaque from '@serenity-kit/opaque';
import { everythingTold, type Line, type Shell, texts, withShells } from './cli.ts';
import { fail, lastAuth, type TestNode } from './test-node.ts';

const errorOf = (err: string): Line => JSON.parse(err.trim().split('\n').at(-1) ?? '') as Line;

describe('the client', () => {
  let node: TestNode;
  let shell: Shell;
  withShells((...given) => {
    [node, shell] = given;
  });

  it('does not take the fingerprint of another package', async () => {
    node.overrides.uploadKeyPackage = () => ({ fingerprint: randomBytes(32) });
    for (const command of ['register', 'register-state']) {
      const { code, err } = await shell.as('alice', [command]);
      assert.deepEqual([code, errorOf(err).kind], [7, 'untrusted']);
      assert.match(err, /damaged or exchanged/);
    }
  });

  it('does not take somebody else’s KeyPackage, a broken one, or none', async () => {
    await shell.group('alice', 'bob');
    await shell.must('carol', 'register-state');
    const carol = Buffer.from(await shell.identityKey('carol')).toString('hex');
    const mallory = IdentityKeypair.generate();
    const { keyPackage: other } = await generateKeyPackage(mallory);
    const right = node.keyPackages.get(carol)?.[0] as Uint8Array;
    const broken = Uint8Array.from(right);
    broken[right.length - 1] = (broken[right.length - 1] as number) ^ 1;
    for (const [bytes, code, pattern] of [
      [other, 7, /instead of/],
      [broken, 7, /not used/],
      [Buffer.from('rubbish'), 7, /not used/],
      [new Uint8Array(), 6, /no KeyPackage/],
    ] as const) {
      node.overrides.fetchKeyPackage = () => ({ package: bytes });
      for (const args of [
        ['fetch-key', carol],
        ['invite', '--peer-key', carol],
      ]) {
        const told = await shell.as('alice', args);
        assert.equal(told.code, code, told.err);
        assert.match(told.err, pattern);
      }
    }
    delete node.overrides.fetchKeyPackage;
    const [found] = await shell.must('alice', 'fetch-key', '--identity-key', carol);
    assert.equal(found?.identityKey, carol);
    assert.equal(found?.keyPackage, Buffer.from(right).toString('base64'));
  });

  it('does not take hybrid keys that are none', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    for (const [key, pattern] of [
      [randomBytes(1215), /1215 bytes/],
      [new Uint8Array(1216).fill(255), /not used/],
    ] as const) {
      node.hybridKeys.set(bob, key);
      const { code, err } = await shell.as('alice', ['send', '--msg', 'x']);
      assert.deepEqual([code, errorOf(err).kind], [7, 'untrusted']);
      assert.match(err, pattern);
    }
    node.hybridKeys.delete(bob);
    await shell.must('alice', 'send', '--msg', 'without');
    assert.deepEqual(await shell.reads('bob'), ['without']);
    node.overrides.createChannel = () => ({ channelId: randomBytes(15) });
    assert.equal((await shell.as('alice', ['channel', 'create', '--peer-key', bob])).code, 7);
  });

  it('shows each message again until it was shown, and tells the server only then', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    for (const text of ['one', 'two', 'three']) await shell.must('alice', 'send', '--msg', text);
    const queue = node.queue(Buffer.from(bob, 'hex'));
    const broken = await shell.as('bob', ['recv'], {
      onWrite: (text) => {
        if (text.includes('"two"')) throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
      },
    });
    assert.equal(broken.code, 1);
    assert.deepEqual(texts(broken.lines), ['one']);
    assert.equal(queue.length, 3);
    node.overrides.ack = () => fail('E009');
    const shown = await shell.as('bob', ['recv']);
    assert.deepEqual([shown.code, texts(shown.lines)], [4, ['two', 'three']]);
    assert.equal(queue.length, 3);
    delete node.overrides.ack;
    assert.deepEqual(await shell.must('bob', 'recv'), []);
    assert.equal(queue.length, 0);
  });

  it('streams over a lost connection until it is interrupted, and lets others use the state meanwhile', async () => {
    const [alice = ''] = await shell.group('alice', 'bob');
    const interrupt = new AbortController();
    const seen: string[] = [];
    const streaming = shell.as('bob', ['recv', '--stream', '--timeout-ms', '300'], {
      interrupt,
      onWrite: (text) => seen.push(String((JSON.parse(text) as Line).text)),
    });
    const until = async (count: number): Promise<void> => {
      for (let i = 0; seen.length < count && i < 500; i += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await shell.must('alice', 'send', '--msg', 'first');
    await until(1);
    await shell.must('bob', 'send', '--msg', 'meanwhile');
    for (const connection of node.connections) await connection.close(1, 'down');
    await shell.must('alice', 'send', '--msg', 'second');
    await until(2);
    interrupt.abort();
    assert.equal((await streaming).code, 130);
    assert.deepEqual(seen, ['first', 'second']);
    assert.equal(node.queue(Buffer.from(alice, 'hex')).length > 0, false);
    assert.deepEqual(readdirSync(shell.directory).sort(), ['alice.bin', 'alice.ks', 'bob.bin', 'bob.ks']);
  });

  it('logs in by OPAQUE, and shows the token from then on', async () => {
    await opaque.ready;
    const setup = opaque.server.createSetup();
    const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
    const decode = (text: string): Uint8Array => Buffer.from(text, 'base64url');
    const records = new Map<string, string>();
    let pending = '';
    const token = randomBytes(32);
    node.overrides.opaqueRegisterStart = ({ username, request }) => ({
      response: decode(
        opaque.server.createRegistrationResponse({
          ...{ serverSetup: setup, userIdentifier: username, registrationRequest: encode(request) },
        }).registrationResponse,
      ),
    });
    node.overrides.opaqueRegisterFinish = ({ username, upload }) => {
      if (records.has(username)) fail('E018');
      records.set(username, encode(upload));
      return { success: true };
    };
    node.overrides.opaqueLoginStart = ({ username, request }) => {
      const started = opaque.server.startLogin({
        ...{ serverSetup: setup, userIdentifier: username, startLoginRequest: encode(request) },
        registrationRecord: records.get(username) ?? null,
      });
      pending = started.serverLoginState;
      return { response: decode(started.loginResponse) };
    };
    node.overrides.opaqueLoginFinish = ({ finalization }) => {
      opaque.server.finishLogin({ serverLoginState: pending, finishLoginRequest: encode(finalization) });
      return { sessionToken: token };
    };
    const account = ['--username', 'alice', '--password', 'correct horse'];
    await shell.must('alice', 'login', '--register', ...account);
    await shell.must('alice', 'register-state');
    assert.deepEqual([...lastAuth(node, 'uploadKeyPackage').accessToken], [...token]);
    assert.equal((await shell.must('alice', 'whoami'))[0]?.username, 'alice');
    assert.equal(statSync(shell.state('alice')).mode & 0o777, 0o600);

    const taken = await shell.as('alice', ['login', '--register', ...account]);
    assert.deepEqual([taken.code, errorOf(taken.err).code], [4, 'E018']);
    const wrong = await shell.as('alice', ['login', '--username', 'alice', '--password', 'wrong']);
    assert.deepEqual([wrong.code, errorOf(wrong.err).code], [4, 'E010']);
    writeFileSync(`${shell.directory}/password`, 'correct horse\n');
    await shell.must('alice', 'login', '--username', 'alice', '--password-file', `${shell.directory}/password`);
    node.overrides.opaqueLoginStart = () => ({ response: randomBytes(320) });
    assert.equal((await shell.as('alice', ['login', ...account])).code, 7);
    assert.equal((await shell.as('alice', ['login', '--password', 'x'])).code, 2);

    await shell.must('alice', 'logout');
    await shell.must('alice', 'register-state');
    assert.equal(lastAuth(node, 'uploadKeyPackage').version, 0);
    assert.equal((await shell.as('alice', ['logout'])).code, 6);
    for (const secret of ['correct horse', token.toString('hex'), token.toString('base64')])
      assert.ok(!everythingTold.some((text) => text.includes(secret)));
  });

  it('shows the token and the device that are given', async () => {
    const secret = 'a'.repeat(62);
    await shell.must('alice', 'register-state', '--access-token', secret, '--device-id', 'phone');
    const auth = lastAuth(node, 'uploadKeyPackage');
    assert.deepEqual([auth.version, Buffer.from(auth.accessToken).toString('hex')], [1, secret]);
    assert.equal(Buffer.from(auth.deviceId).toString(), 'phone');
    writeFileSync(`${shell.directory}/token`, 'text:cafe\n');
    await shell.must('alice', 'register-state', '--access-token-file', `${shell.directory}/token`);
    assert.equal(Buffer.from(lastAuth(node, 'uploadKeyPackage').accessToken).toString(), 'cafe');
    node.overrides.uploadKeyPackage = () => fail('E017');
    const expired = await shell.as('alice', ['register-state', '--auth-token', secret]);
    assert.deepEqual([expired.code, /log in again/.test(expired.err)], [4, true]);
    assert.equal((await shell.as('alice', ['ping', '--device-id', 'x'.repeat(65)])).code, 0);
    assert.equal((await shell.as('alice', ['register-state', '--device-id', 'x'.repeat(65)])).code, 2);
    assert.ok(!everythingTold.some((text) => text.includes(secret)));
  });

  it('encrypts the state with a passphrase, and tells when that is missing or wrong', async () => {
    const password = ['--state-password', 'open sesame'];
    const [made] = await shell.must('alice', 'init', ...password);
    await shell.must('alice', 'register-state', ...password);
    assert.equal((await shell.must('alice', 'whoami', ...password))[0]?.identityKey, made?.identityKey);
    assert.ok(!readFileSync(shell.state('alice')).includes('QNCSTATE'));
    const missing = await shell.as('alice', ['whoami']);
    assert.deepEqual([missing.code, /--state-password/.test(missing.err)], [8, true]);
    assert.equal((await shell.as('alice', ['whoami', '--state-password', 'wrong'])).code, 8);
    assert.equal((await shell.as('alice', ['init', ...password])).code, 8);
    await shell.must('alice', 'status', ...password);
    writeFileSync(shell.state('bob'), 'rubbish');
    assert.equal((await shell.as('bob', ['whoami'])).code, 8);
  });

  it('says what it can do, and what is wrong with a command line', async () => {
    const help = await shell.as('x', ['--help'], { json: false });
    assert.equal(help.code, 0);
    for (const name of ['ping', 'register-state', 'recv', 'demo-group', 'Exit codes'])
      assert.ok(help.out.includes(name));
    const own = await shell.as('x', ['recv', '--help'], { json: false });
    assert.match(own.out, /Examples:[\s\S]*recv --state/);
    for (const args of [[], ['bogus'], ['ping', '--bogus'], ['ping', '--timeout-ms', 'x'], ['ping', 'x']]) {
      const { code, err } = await shell.as('x', args);
      assert.equal(code, 2, `${args}: ${err}`);
      assert.equal(errorOf(err).kind, 'usage');
    }
    const people = await shell.as('x', ['ping'], { json: false });
    assert.match(people.out, /is there: ok/);
    node.overrides.health = () => fail('E009', 'the disk\u001b[31m is full');
    const refused = await shell.as('x', ['ping'], { json: false });
    assert.equal(refused.code, 4);
    assert.match(
      refused.err,
      /^quicnprotochat: health: the server refused: E009: STORAGE_ERROR: the disk \[31m is full\n$/,
    );
  });
});
