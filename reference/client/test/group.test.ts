import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Line, type Shell, texts, withShells } from './cli.ts';
import { fail, type TestNode } from './test-node.ts';

const types = (lines: Line[]): string[] => lines.map(({ type }) => type);
const membersOf = (group: unknown): string[] => (group as { members: string[] }).members;

describe('groups', () => {
  let node: TestNode;
  let shell: Shell;
  withShells((...given) => {
    [node, shell] = given;
  });

  it('carries a demonstration of two people', async () => {
    const { code, lines } = await shell.as('nobody', ['demo-group']);
    assert.equal(code, 0);
    assert.deepEqual(
      lines.filter(({ step }) => step === 'message').map(({ text, isHybrid }) => [text, isHybrid]),
      [
        ['hello bob', true],
        ['hello alice', true],
        ['and with new keys', true],
      ],
    );
  });

  it('sends envelopes whose payload is a hybrid envelope, and the plain MLSMessage to who has no hybrid key', async () => {
    const [, bob = '', carol = ''] = await shell.group('alice', 'bob', 'carol');
    node.hybridKeys.delete(carol);
    await shell.must('alice', 'send', '--msg', 'in two ways');
    const { parseEnvelope } = await import('@quicnprotochat/proto');
    const payloadFor = (key: string): Uint8Array =>
      parseEnvelope(node.queue(Buffer.from(key, 'hex')).at(-1)?.payload as Uint8Array).payload;
    assert.equal(payloadFor(bob)[0], 1);
    assert.deepEqual([...payloadFor(carol).subarray(0, 4)], [0, 1, 0, 2]);
    for (const name of ['bob', 'carol']) assert.deepEqual(await shell.reads(name), ['in two ways']);
  });

  it('reads what other clients send without an envelope, or with the two the other way round', async () => {
    const { parseEnvelope, buildEnvelope } = await import('@quicnprotochat/proto');
    const { hybridEncrypt, HybridPublicKey } = await import('@quicnprotochat/core');
    const [, bob = ''] = await shell.group('alice', 'bob');
    const queue = node.queue(Buffer.from(bob, 'hex'));
    const bobsHybridKey = node.hybridKeys.get(bob) as Uint8Array;
    for (const text of ['hybrid alone', 'MLS alone', 'inside out'])
      await shell.must('alice', 'send', '--msg', text, '--peer-key', bob).finally(() => node.hybridKeys.delete(bob));
    const envelopes = queue.map(({ payload }) => parseEnvelope(payload));
    const [first, second, third] = envelopes as [(typeof envelopes)[0], (typeof envelopes)[0], (typeof envelopes)[0]];
    const insideOut = hybridEncrypt(HybridPublicKey.fromBytes(bobsHybridKey), buildEnvelope(third));
    for (const [i, payload] of [first.payload, second.payload, insideOut].entries())
      queue[i] = { seq: (queue[i] as { seq: bigint }).seq, payload };
    assert.deepEqual(await shell.reads('bob'), ['hybrid alone', 'MLS alone', 'inside out']);
  });

  it('works on a server of the first generation: no peek, no ack, no batches', async () => {
    for (const name of ['peek', 'ack', 'batchEnqueue', 'fetchHybridKeys', 'createChannel'] as const)
      node.overrides[name] = undefined;
    const [, bob = ''] = await shell.group('alice', 'bob', 'carol');
    for (const name of ['alice', 'bob']) {
      await shell.must(name, 'send', '--msg', `from ${name}`);
      assert.deepEqual(await shell.reads('carol'), [`from ${name}`]);
    }
    await shell.reads('bob');
    const waiting = shell.must('bob', 'recv', '--wait-ms', '9000');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await shell.must('alice', 'send', '--msg', 'awaited', '--peer-key', bob);
    assert.deepEqual(texts(await waiting), ['awaited']);
    const [status] = await shell.must('alice', 'status');
    assert.equal(status?.queueError, 'this server has no peek');
  });

  it('reads past what is replayed, comes in another order, or is rubbish', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    const queue = node.queue(Buffer.from(bob, 'hex'));
    await shell.must('alice', 'send', '--msg', 'one');
    const replay = queue[0]?.payload as Uint8Array;
    assert.deepEqual(await shell.reads('bob'), ['one']);
    await shell.must('alice', 'send', '--msg', 'and another');
    assert.deepEqual(await shell.reads('bob'), ['and another']);
    for (const text of ['two', 'three']) await shell.must('alice', 'send', '--msg', text);
    await shell.must('alice', 'update');
    await shell.must('alice', 'send', '--msg', 'four');
    const payloads = queue.splice(0).map(({ payload }) => payload);
    // The message of the new epoch before the commit that begins it, and a replay, and rubbish.
    const [two, three, commit, four] = payloads as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    for (const payload of [four, replay, Buffer.from('rubbish'), three, two, commit])
      node.put(Buffer.from(bob, 'hex'), payload);
    const lines = await shell.must('bob', 'recv');
    assert.deepEqual(texts(lines), ['three', 'two', 'four']);
    const ignored = lines.filter(({ type }) => type === 'ignored').map(({ code }) => code);
    assert.deepEqual(ignored, ['MESSAGE_USED', 'UNREADABLE']);
    assert.deepEqual(await shell.reads('bob'), []);
  });

  it('keeps what comes before the join, and what comes to somebody removed who is invited again', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    await shell.must('bob', 'register-state');
    await shell.must('alice', 'remove', '--peer-key', bob);
    assert.deepEqual(types(await shell.must('bob', 'recv')), ['removed']);
    const refused = await shell.as('bob', ['send', '--msg', 'x']);
    assert.deepEqual([refused.code, /removed/.test(refused.err)], [6, true]);
    await shell.must('alice', 'invite', '--peer-key', bob);
    await shell.must('alice', 'send', '--msg', 'before the join');
    assert.deepEqual(types(await shell.must('bob', 'recv')), ['invited']);
    await shell.must('bob', 'join');
    assert.deepEqual(await shell.reads('bob'), ['before the join']);
  });

  it('stays where it was when the server refuses a commit, and says which code', async () => {
    const [alice = '', bob = ''] = await shell.group('alice', 'bob');
    await shell.must('carol', 'register-state', '--count', '3');
    const carol = Buffer.from(await shell.identityKey('carol')).toString('hex');
    for (const name of ['enqueue', 'batchEnqueue'] as const) node.overrides[name] = () => fail('E015');
    const { code, err } = await shell.as('alice', ['invite', '--peer-key', carol]);
    assert.deepEqual([code, JSON.parse(err).code], [4, 'E015']);
    delete node.overrides.enqueue;
    delete node.overrides.batchEnqueue;
    const [status] = await shell.must('alice', 'status');
    assert.deepEqual(membersOf(status?.group), [alice, bob]);
    await shell.must('alice', 'send', '--msg', 'still two');
    assert.deepEqual(await shell.reads('bob'), ['still two']);

    // Refused for one alone: it is in force, and told.
    node.overrides.batchEnqueue = undefined;
    node.overrides.enqueue = (params) =>
      Buffer.from(params.recipientKey).toString('hex') === bob ? fail('E015') : node.handlers.enqueue(params);
    const partly = await shell.as('alice', ['invite', '--peer-key', carol]);
    assert.equal(partly.code, 4);
    assert.match(partly.err, new RegExp(`did not reach ${bob}`));
    assert.equal(membersOf(partly.lines[0]).length, 3);
  });

  it('finishes with the next command what a lost connection left undone', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    let isDown = true;
    node.overrides.enqueue = async (params) => {
      if (!isDown) return node.handlers.enqueue(params);
      for (const connection of node.connections) await connection.close(1, 'down');
      return new Promise<never>(() => {});
    };
    const sent = await shell.as('alice', ['send', '--msg', 'kept', '--timeout-ms', '300']);
    assert.deepEqual([sent.code, sent.lines], [3, []]);
    const updated = await shell.as('alice', ['update', '--timeout-ms', '300']);
    assert.equal(updated.code, 3);
    isDown = false;
    await shell.must('alice', 'send', '--msg', 'after it');
    assert.deepEqual(await shell.reads('bob'), ['kept', 'after it']);

    isDown = true;
    assert.equal((await shell.as('alice', ['update', '--timeout-ms', '300'])).code, 3);
    isDown = false;
    await shell.must('alice', 'send', '--msg', 'in the next epoch');
    const lines = await shell.must('bob', 'recv');
    assert.deepEqual(types(lines), ['members', 'message']);
    assert.equal(node.queue(Buffer.from(bob, 'hex')).length, 0);
  });

  it('says when something of before was refused meanwhile', async () => {
    await shell.group('alice', 'bob');
    node.overrides.enqueue = async () => {
      for (const connection of node.connections) await connection.close(1, 'down');
      return new Promise<never>(() => {});
    };
    assert.equal((await shell.as('alice', ['send', '--msg', 'x', '--timeout-ms', '300'])).code, 3);
    node.overrides.enqueue = () => fail('E015');
    const lines = await shell.must('alice', 'recv');
    assert.deepEqual(
      lines.map(({ type, code }) => [type, code]),
      [['undelivered', 'E015']],
    );
  });

  it('reports channels that are not there, or not for both', async () => {
    const [, bob = ''] = await shell.group('alice', 'bob');
    const [channel] = await shell.must('alice', 'channel', 'create', '--peer-key', bob);
    const channelId = String(channel?.channelId);
    await shell.must('alice', 'send', '--msg', 'in the channel', '--channel-id', channelId);
    assert.deepEqual(await shell.reads('bob'), []);
    assert.deepEqual(texts(await shell.must('bob', 'recv', '--channel-id', channelId)), ['in the channel']);
    for (const [code, pattern] of [
      ['E022', /no member of this channel/],
      ['E023', /no such channel/],
    ] as const) {
      for (const name of ['peek', 'enqueue'] as const) node.overrides[name] = () => fail(code);
      for (const args of [['recv'], ['send', '--msg', 'x']]) {
        const { code: exit, err } = await shell.as('alice', [...args, '--channel-id', channelId]);
        assert.equal(exit, 4);
        const error = JSON.parse(err) as Line;
        assert.equal(error.code, code);
        assert.match(String(error.message), pattern);
      }
    }
  });

  it('says what cannot be done, and why', async () => {
    const [alice = '', bob = ''] = await shell.group('alice', 'bob');
    const stranger = 'ab'.repeat(32);
    for (const [args, code, pattern] of [
      [['invite', '--peer-key', bob], 2, /a member already/],
      [['invite', '--peer-key', 'abc'], 2, /64 hex digits/],
      [['invite'], 2, /--peer-key/],
      [['remove', '--peer-key', stranger], 6, /no member/],
      [['remove', '--peer-key', alice], 2, /leave/],
      [['create-group'], 2, /in a group already/],
      [['join'], 2, /in a group already/],
      [['send', '--msg', 'x', '--peer-key', stranger], 6, /no member/],
      [['send'], 2, /--msg/],
      [['send', '--msg', 'x'.repeat(65_536)], 2, /65535|65,535/],
      [['recv', '--wait-ms', '-1'], 2, /--wait-ms/],
      [['recv', '--channel-id', '12'], 2, /32 hex digits/],
      [['register-state', '--count', '0'], 2, /--count/],
    ] as const) {
      const told = await shell.as('alice', [...args]);
      assert.equal(told.code, code, `${args.join(' ').slice(0, 80)}: ${told.err}`);
      assert.match(told.err, pattern);
    }
    const none = await shell.as('carol', ['send', '--msg', 'x']);
    assert.deepEqual([none.code, /register-state/.test(none.err)], [6, true]);
    await shell.must('carol', 'register-state');
    assert.equal((await shell.as('carol', ['send', '--msg', 'x'])).code, 6);
    assert.equal((await shell.as('carol', ['join', '--wait-ms', '100'])).code, 6);
    await shell.must('carol', 'create-group', '--group-id', 'alone');
    const alone = await shell.as('carol', ['send', '--msg', 'x']);
    assert.match(alone.err, /nobody else/);
    await shell.must('carol', 'leave');
    assert.equal((await shell.as('carol', ['leave'])).code, 6);
    const [made] = await shell.must('carol', 'create-group', '--group-id', 'cd'.repeat(32));
    assert.equal(made?.groupId, 'cd'.repeat(32));
  });
});
