import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import { ClientError, type ErrorKind } from '../src/errors.ts';
import { parseAddress } from '../src/node/address.ts';
import { connectNode, type Trust } from '../src/node/connect-node.ts';
import { NodeClient } from '../src/node/node-client.ts';
import { fail, makeTls, TestNode } from './test-node.ts';

const failsWith = (kind: ErrorKind, pattern: RegExp) => (error: unknown) =>
  error instanceof ClientError && error.kind === kind && pattern.test(error.message);

describe('connectNode', () => {
  let node: TestNode;
  let directory: string;
  before(async () => {
    node = await TestNode.start();
    directory = mkdtempSync(join(tmpdir(), 'client-'));
  });
  after(async () => {
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const connectTo = async (trust: Trust, to = node): Promise<string> => {
    const connection = await connectNode({ address: parseAddress(to.address), trust, timeoutMs: 5_000 });
    const sha256 = connection.peerCertificateSha256;
    await connection.close();
    return sha256;
  };

  it('takes the pinned certificate, and no other', async () => {
    assert.equal(await connectTo({ kind: 'pin', sha256: node.pin }), node.pin);
    await assert.rejects(connectTo({ kind: 'pin', sha256: 'ab'.repeat(32) }), failsWith('certificate', /not trusted/));
    await assert.rejects(connectTo({ kind: 'pin', sha256: 'ab' }), failsWith('usage', /--pin/));
  });

  it('takes a certificate that is its own anchor, PEM or DER, and no stranger', async () => {
    const pem = Buffer.from(node.tls.certPem);
    const der = Buffer.from(pem.toString().replace(/-----[^-]+-----|\s/g, ''), 'base64');
    for (const certificates of [pem, der]) assert.equal(await connectTo({ kind: 'ca', certificates }), node.pin);
    assert.equal(await connectTo({ kind: 'ca', certificates: der, serverName: 'localhost' }), node.pin);
    const wrongName = { kind: 'ca', certificates: der, serverName: 'example.org' } as const;
    await assert.rejects(connectTo(wrongName), failsWith('certificate', /not trusted/));
    const stranger = Buffer.from((await makeTls()).certPem);
    await assert.rejects(connectTo({ kind: 'ca', certificates: stranger }), failsWith('certificate', /not trusted/));
    await assert.rejects(
      connectTo({ kind: 'ca', certificates: Buffer.from('x') }),
      failsWith('usage', /no certificate/),
    );
  });

  it('trusts on first use, remembers, and says so clearly when the certificate changes', async () => {
    const knownHosts = join(directory, 'known', 'hosts');
    const seen: string[] = [];
    const trust = { kind: 'first-use', knownHosts } as const;
    const connect = async (): Promise<void> => {
      const address = parseAddress(node.address);
      const connection = await connectNode({ address, trust, onFirstUse: (_at, sha256) => seen.push(sha256) });
      await connection.close();
    };
    await connect();
    await connect();
    assert.deepEqual(seen, [node.pin]);
    assert.equal(readFileSync(knownHosts, 'utf8'), `${node.address} ${node.pin}\n`);
    assert.equal(statSync(knownHosts).mode & 0o777, 0o600);

    writeFileSync(knownHosts, `# mine\nother:1 ${'cd'.repeat(32)}\n${node.address} ${'ab'.repeat(32)}\n`);
    await assert.rejects(connect(), failsWith('certificate', /HAS CHANGED.*known\/hosts/));
    writeFileSync(knownHosts, `${node.address} rubbish\n`);
    await assert.rejects(connect(), failsWith('certificate', /line 1/));
    await assert.rejects(
      connectNode({ address: parseAddress(node.address), trust: { kind: 'first-use', knownHosts: directory } }),
      failsWith('certificate', /cannot be read/),
    );
  });

  it('says that nobody is there', async () => {
    const gone = await TestNode.start(node.tls);
    await gone.stop();
    await assert.rejects(
      connectTo({ kind: 'pin', sha256: node.pin }, gone),
      failsWith('connection', /nothing listens/),
    );
  });
});

describe('NodeClient', () => {
  const clientOf = (node: TestNode, retryMs = 5_000, signal?: AbortSignal): NodeClient =>
    new NodeClient({
      address: parseAddress(node.address),
      trust: { kind: 'pin', sha256: node.pin },
      random: () => 1,
      ...{ retryMs, signal },
    });

  it('calls again over a new connection when the first is lost, also while a call is under way', async () => {
    const node = await TestNode.start();
    const client = clientOf(node);
    let calls = 0;
    node.overrides.health = async () => {
      calls += 1;
      if (calls === 1) {
        for (const connection of node.connections) await connection.close(7, 'lost');
        return new Promise<never>(() => {});
      }
      return { status: 'there again' };
    };
    assert.deepEqual(await client.call(nodeService.health, {}), { status: 'there again' });
    await client.close();
    await node.stop();
  });

  it('waits for a server that comes back', async () => {
    const first = await TestNode.start();
    const { port } = first;
    const client = clientOf(first);
    await client.call(nodeService.health, {});
    await first.stop();
    const pending = client.call(nodeService.health, {});
    const second = await TestNode.start(first.tls, port);
    assert.deepEqual(await pending, { status: 'ok' });
    await client.close();
    await second.stop();
  });

  it('gives up when the time is over, and at once where trying again cannot help', async () => {
    const node = await TestNode.start();
    node.overrides.health = () => fail('E014');
    const started = Date.now();
    await assert.rejects(clientOf(node, 300).call(nodeService.health, {}), failsWith('refused', /E014/));
    assert.ok(Date.now() - started >= 290);
    let calls = 0;
    node.overrides.health = () => {
      calls += 1;
      return fail('E003');
    };
    await assert.rejects(clientOf(node).call(nodeService.health, {}), failsWith('refused', /log in/));
    assert.equal(calls, 1);
    node.overrides.health = () => new Promise<never>(() => {});
    await assert.rejects(
      clientOf(node, 0).call(nodeService.health, {}, { answerMs: 100 }),
      failsWith('connection', /did not answer within 100 ms/),
    );
    await node.stop();
  });

  it('ends at once with its signal', async () => {
    const node = await TestNode.start();
    node.overrides.health = () => new Promise<never>(() => {});
    const abort = new AbortController();
    const client = clientOf(node, 5_000, abort.signal);
    const pending = client.call(nodeService.health, {});
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await assert.rejects(pending, /enough/);
    await client.close();
    await node.stop();
  });
});
