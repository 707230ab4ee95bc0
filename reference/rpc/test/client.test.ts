import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcException, type RpcMessage, type SessionEnd, SessionEndedError } from '../src/index.ts';
import { bootstrap, call, capability, echo, finish, params, probe, returned, scripted, wait } from './peers.ts';

test('the client pipelines, then calls the import, and gives everything back', async () => {
  const { client, peer } = scripted();
  const first = client.call(echo, probe(1));
  assert.deepEqual(await peer.next(), { kind: 'bootstrap', questionId: 0 });
  const pipelined = await peer.next();
  assert.ok(pipelined?.kind === 'call');
  assert.deepEqual(pipelined.target, { kind: 'promisedAnswer', questionId: 0, transform: [] });
  const capTable = [{ kind: 'senderHosted', id: 42 } as const];
  peer.send(
    returned(0, { kind: 'results', payload: { content: capability, capTable } }),
    returned(1, { kind: 'results', payload: params }),
  );
  assert.deepEqual(await first, probe(0), 'a null answer reads as defaults');
  assert.deepEqual(await peer.next(), finish(0, false));
  assert.deepEqual(await peer.next(), finish(1));
  void client.call(echo, probe(2)).catch(() => {});
  const later = await peer.next();
  assert.ok(later?.kind === 'call');
  assert.deepEqual(later.target, { kind: 'importedCap', id: 42 });
  const closing = client.close();
  assert.equal((await peer.next())?.kind, 'finish');
  assert.deepEqual(await peer.next(), { kind: 'release', id: 42, referenceCount: 1 });
  assert.equal(await peer.next(), null);
  peer.finish();
  await closing;
});

const oddAnswers: Record<string, Extract<RpcMessage, { kind: 'return' }>['value']> = {
  canceled: { kind: 'canceled' },
  resultsSentElsewhere: { kind: 'resultsSentElsewhere' },
  takeFromOtherQuestion: { kind: 'takeFromOtherQuestion', questionId: 9 },
  acceptFromThirdParty: { kind: 'acceptFromThirdParty' },
};
for (const [kind, value] of Object.entries(oddAnswers)) {
  test(`the client fails a call that is answered by ${kind}, and goes on`, async () => {
    const { client, peer } = scripted();
    const odd = client.call(echo, probe(1));
    peer.send(returned(1, value));
    await assert.rejects(odd, { name: 'RpcException', type: 'failed', reason: new RegExp(kind) });
    const next = client.call(echo, probe(1));
    peer.send(returned(1, { kind: 'results', payload: params }));
    await next;
  });
}

test('a bootstrap without capability fails every call', async () => {
  const failures: Extract<RpcMessage, { kind: 'return' }>['value'][] = [
    { kind: 'exception', exception: { type: 'failed', reason: 'nothing here' } },
    { kind: 'results', payload: params },
    { kind: 'results', payload: { content: capability, capTable: [] } },
    { kind: 'results', payload: { content: capability, capTable: [{ kind: 'none' }] } },
  ];
  for (const value of failures) {
    const { client, peer } = scripted();
    const ready = client.bootstrap();
    peer.send(returned(0, value));
    await assert.rejects(ready, RpcException);
    await assert.rejects(client.call(echo, probe(1)), RpcException);
  }
});

test('a peer that does not know Bootstrap or Call says so with unimplemented', async () => {
  const { client, peer } = scripted();
  const ready = client.bootstrap();
  const answer = client.call(echo, probe(1));
  const rejections = Promise.all([assert.rejects(ready, RpcException), assert.rejects(answer, RpcException)]);
  peer.send({ kind: 'unimplemented', message: bootstrap }, { kind: 'unimplemented', message: call(1, echo) });
  await rejections;
});

test('a promise that the peer resolves is given back', async () => {
  const { client, peer } = scripted();
  const ready = client.bootstrap();
  await peer.next();
  peer.send(
    returned(0, { kind: 'results', payload: { content: capability, capTable: [{ kind: 'senderPromise', id: 4 }] } }),
  );
  await ready;
  await peer.next();
  peer.send({ kind: 'resolve', promiseId: 4, value: { kind: 'cap', cap: { kind: 'senderHosted', id: 5 } } });
  assert.deepEqual(await peer.next(), { kind: 'release', id: 5, referenceCount: 1 });
});

test('a hostile server ends the session of its client, with every call rejected', async () => {
  const hostile: RpcMessage[] = [
    returned(5, { kind: 'canceled' }),
    call(0, echo, { kind: 'importedCap', id: 0 }),
    finish(3),
  ];
  for (const message of hostile) {
    const { client, peer } = scripted();
    const pending = client.call(wait, probe(1));
    const rejected = assert.rejects(
      pending,
      (error) => error instanceof SessionEndedError && error.end.kind === 'protocol-error',
    );
    peer.send(message);
    await rejected;
  }
});

test('a server asked by its peer for more than it has answers, too', async () => {
  const { client, peer } = scripted();
  void client.call(wait, probe(1)).catch(() => {});
  await peer.next();
  await peer.next();
  peer.send({ kind: 'bootstrap', questionId: 0 });
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.value.kind === 'exception');
  const end: Promise<SessionEnd> = client.closed;
  peer.finish();
  assert.equal((await end).kind, 'closed');
});

test('an abort sends Finish, and the id is used again only after the Return', async () => {
  const { client, peer } = scripted();
  const controller = new AbortController();
  const given = client.call(wait, probe(1), { signal: controller.signal });
  assert.deepEqual(await peer.nextKinds(2), ['bootstrap', 'call']);
  controller.abort(new Error('enough'));
  await assert.rejects(given, /enough/);
  assert.deepEqual(await peer.next(), finish(1));
  const second = client.call(echo, probe(2));
  assert.equal(((await peer.next()) as { questionId: number }).questionId, 2);
  const late = [{ kind: 'senderHosted', id: 8 } as const];
  peer.send(returned(1, { kind: 'results', payload: { content: undefined, capTable: late } }));
  peer.send(returned(2, { kind: 'results', payload: params }));
  await second;
  assert.deepEqual(await peer.next(), finish(2), 'nothing is said to a Return that nobody waited for');
  void client.call(echo, probe(3)).catch(() => {});
  void client.call(echo, probe(4)).catch(() => {});
  const ids = [await peer.next(), await peer.next()].map((message) => message?.kind === 'call' && message.questionId);
  assert.deepEqual(ids.sort(), [1, 2]);
});

test('an abort after the answer, or of a call that was never sent, says nothing', async () => {
  const { client, peer } = scripted();
  await assert.rejects(client.call(echo, probe(1), { signal: AbortSignal.abort(new Error('at once')) }), /at once/);
  const controller = new AbortController();
  const answered = client.call(echo, probe(1), { signal: controller.signal });
  peer.send(returned(1, { kind: 'results', payload: params }));
  await answered;
  controller.abort();
  peer.send({ kind: 'other', which: 99 });
  assert.deepEqual(await peer.nextKinds(4), ['bootstrap', 'call', 'finish', 'unimplemented']);
});

test('an answer that needs no Finish gets none', async () => {
  const { client, peer } = scripted();
  const answered = client.call(echo, probe(1));
  const value = { kind: 'results', payload: params } as const;
  peer.send({ kind: 'return', answerId: 1, releaseParamCaps: true, noFinishNeeded: true, value });
  await answered;
  peer.send({ kind: 'other', which: 99 });
  assert.deepEqual(await peer.nextKinds(3), ['bootstrap', 'call', 'unimplemented']);
});

test('calls on a bootstrap that fails fail with it, also when the peer does not answer them', async () => {
  const { client, peer } = scripted();
  const failed = (error: unknown): boolean => error instanceof RpcException && error.reason === 'closed today';
  const calls = [1, 2].map((n) => assert.rejects(client.call(echo, probe(n)), failed));
  const ready = assert.rejects(client.bootstrap(), failed);
  peer.send(returned(0, { kind: 'exception', exception: { type: 'overloaded', reason: 'closed today' } }));
  await Promise.all([...calls, ready]);
  await assert.rejects(client.call(echo, probe(3)), failed);
  await assert.rejects(client.bootstrap(), failed);
  assert.deepEqual(await peer.nextKinds(6), ['bootstrap', 'call', 'call', 'finish', 'finish', 'finish']);
  peer.send(returned(1, { kind: 'exception', exception: { type: 'failed', reason: 'as I said' } }));
  peer.finish();
  assert.equal((await client.closed).kind, 'closed');
});

test('bootstrap can be waited for by several, and given up', async () => {
  const { client, peer } = scripted();
  const controller = new AbortController();
  const [first, second] = [client.bootstrap(), client.bootstrap(controller.signal)];
  controller.abort(new Error('no patience'));
  await assert.rejects(second, /no patience/);
  await assert.rejects(client.bootstrap(AbortSignal.abort(new Error('none at all'))), /none at all/);
  const capTable = [{ kind: 'senderHosted', id: 1 } as const];
  peer.send(returned(0, { kind: 'results', payload: { content: capability, capTable } }));
  await first;
  await client.bootstrap();
  assert.deepEqual(await peer.nextKinds(2), ['bootstrap', 'finish']);
  const closing = client.close();
  peer.finish();
  await closing;
  await assert.rejects(client.bootstrap(), SessionEndedError);
});

test('capabilities that nobody asked for are given back', async () => {
  const { client, peer } = scripted();
  const ready = client.bootstrap();
  const capTable = [
    { kind: 'senderHosted', id: 7 } as const,
    { kind: 'senderHosted', id: 1 } as const,
    { kind: 'thirdPartyHosted', vineId: 9 } as const,
    { kind: 'receiverHosted', id: 0 } as const,
  ];
  const second = Uint8Array.of(3, 0, 0, 0, 1, 0, 0, 0);
  peer.send(returned(0, { kind: 'results', payload: { content: second, capTable } }));
  await ready;
  await peer.next();
  assert.deepEqual(await peer.next(), { kind: 'release', id: 7, referenceCount: 1 });
  assert.deepEqual(await peer.next(), { kind: 'release', id: 9, referenceCount: 1 });
  assert.deepEqual(await peer.next(), finish(0, false));
  const exception = { type: 'failed', reason: '' } as const;
  peer.send({ kind: 'resolve', promiseId: 1, value: { kind: 'exception', exception } });
  peer.send({ kind: 'resolve', promiseId: 1, value: { kind: 'cap', cap: { kind: 'receiverHosted', id: 3 } } });
  peer.send({ kind: 'resolve', promiseId: 1, value: { kind: 'cap', cap: { kind: 'thirdPartyHosted', vineId: 3 } } });
  assert.deepEqual(await peer.next(), { kind: 'release', id: 3, referenceCount: 1 });
});

test('fields that cannot be written, or read, fail their own call', async () => {
  const { client, peer } = scripted();
  const broken = (): never => {
    throw new RangeError('that does not fit');
  };
  await assert.rejects(client.call({ ...echo, writeParams: broken }, probe(1)), /does not fit/);
  await assert.rejects(client.call({ ...echo, paramsSize: broken }, probe(1)), /does not fit/);
  const misread = client.call({ ...echo, readResults: broken }, probe(1));
  assert.deepEqual(await peer.nextKinds(2), ['bootstrap', 'call']);
  peer.send(returned(1, { kind: 'results', payload: params }));
  await assert.rejects(misread, /does not fit/);
  const next = client.call(echo, probe(1));
  peer.send(returned(1, { kind: 'results', payload: params }));
  assert.deepEqual(await next, probe(0));
});

test('a transport that fails ends the session', async () => {
  for (const broken of ['read', 'write'] as const) {
    const { client, near } = scripted();
    if (broken === 'write') near.write = () => Promise.reject(new Error('cable cut'));
    const rejected = assert.rejects(client.call(echo, probe(1)), (error) => {
      return error instanceof SessionEndedError && error.end.kind === 'transport';
    });
    if (broken === 'read') near.reset();
    await rejected;
    assert.equal((await client.closed).kind, 'transport');
  }
});

test('close waits only so long for a peer that does not end', async () => {
  const { client, peer } = scripted();
  const pending = client.call(wait, probe(1));
  const rejected = assert.rejects(pending, (error) => error instanceof SessionEndedError);
  const start = performance.now();
  await client.close();
  await rejected;
  const took = performance.now() - start;
  assert.ok(took > 500 && took < 5_000, `${took} ms`);
  assert.deepEqual(await peer.nextKinds(4), ['bootstrap', 'call', 'finish', 'FIN']);
  await client.close();
});

test('close returns with the FIN of the peer, whatever comes before it', async () => {
  const { client, peer } = scripted();
  const pending = client.call(wait, probe(1)).catch(() => {});
  const start = performance.now();
  const closing = client.close();
  await peer.nextKinds(4);
  peer.send(returned(1, { kind: 'canceled' }), returned(77, { kind: 'canceled' }));
  peer.finish();
  await closing;
  await pending;
  assert.ok(performance.now() - start < 900);
  assert.deepEqual(await client.closed, { kind: 'closed', reason: 'closed here' });
});
