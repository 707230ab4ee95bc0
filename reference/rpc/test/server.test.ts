import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bind,
  connectVat,
  RpcException,
  type RpcMessage,
  SessionEndedError,
  serveVat,
  writeMessage,
} from '../src/index.ts';
import {
  bootstrap,
  call,
  echo,
  fail,
  finish,
  missing,
  numbered,
  probe,
  RawPeer,
  rawServer,
  serve,
  wait,
} from './peers.ts';
import { pipe } from './support.ts';

for (const cut of [undefined, 2]) {
  test(`calls are answered, pipelined on the bootstrap and after it${cut ? `, ${cut} bytes at a time` : ''}`, async () => {
    const [near, far] = pipe({ cut });
    const { started } = serve(far);
    const client = connectVat(near);
    const first = await Promise.all([1, 2, 3].map((n) => client.call(echo, probe(n, new Uint8Array(n).fill(n)))));
    assert.deepEqual(
      first,
      [1, 2, 3].map((n) => probe(n, new Uint8Array(n).fill(n))),
    );
    await client.bootstrap();
    const large = new Uint8Array(cut ? 5_000 : 5 << 20).fill(7);
    assert.deepEqual(await client.call(echo, probe(1n << 63n, large)), probe(1n << 63n, large));
    assert.deepEqual(started, [1n, 2n, 3n, 1n << 63n]);
    await client.close();
    assert.equal((await client.closed).kind, 'closed');
  });
}

test('exceptions come with type and reason; internal errors tell nothing', async () => {
  const [near, far] = pipe();
  const { internal } = serve(far);
  const client = connectVat(near);
  const failure = (type: string, reason: RegExp) => (error: unknown) =>
    error instanceof RpcException && error.type === type && reason.test(error.reason);
  await assert.rejects(client.call(fail, probe(1)), failure('overloaded', /^E015: later$/));
  await assert.rejects(client.call(fail, probe(2)), failure('failed', /^internal error$/));
  assert.match(String(internal[0]), /secret detail/);
  await assert.rejects(client.call(missing, probe(0)), failure('unimplemented', /method 9/));
  await assert.rejects(client.call({ ...echo, interfaceId: 1n }, probe(0)), failure('unimplemented', /0x1/));
  assert.deepEqual(await client.call(echo, probe(5)), probe(5));
});

test('a waiting call delays no later one, and an abort cancels it', async () => {
  const [near, far] = pipe();
  const { aborted, release } = serve(far);
  const client = connectVat(near);
  const controller = new AbortController();
  const waiting = client.call(wait, probe(1), { signal: controller.signal });
  const other = client.call(wait, probe(2));
  assert.deepEqual(await client.call(echo, probe(3)), probe(3));
  controller.abort(new Error('changed my mind'));
  await assert.rejects(waiting, /changed my mind/);
  assert.deepEqual(await client.call(echo, probe(4)), probe(4));
  assert.deepEqual(aborted, [1n]);
  release(2);
  assert.deepEqual(await other, probe(2));
  await assert.rejects(client.call(echo, probe(1), { signal: AbortSignal.abort(new Error('at once')) }), /at once/);
});

test('the end of the stream rejects what is pending, and cancels the handlers', async () => {
  for (const leave of ['end', 'reset'] as const) {
    const [near, far] = pipe();
    const { aborted, server } = serve(far);
    const client = connectVat(near);
    const pending = client.call(wait, probe(1));
    await client.call(echo, probe(0));
    const rejected = assert.rejects(pending, SessionEndedError);
    if (leave === 'end') await near.end();
    else near.reset();
    await server.closed;
    await sleep(0);
    assert.deepEqual(aborted, [1n]);
    await rejected;
    await assert.rejects(client.call(echo, probe(0)), SessionEndedError);
  }
});

test('shutdown answers what is in flight and refuses the rest', async () => {
  const [near, far] = pipe();
  const { server, release } = serve(far);
  const client = connectVat(near);
  const waiting = client.call(wait, probe(1));
  await client.call(echo, probe(0));
  const down = server.shutdown();
  await assert.rejects(
    client.call(echo, probe(0)),
    (error) => error instanceof RpcException && error.type === 'disconnected',
  );
  release(1);
  assert.deepEqual(await waiting, probe(1));
  await down;
  assert.deepEqual(await client.closed, { kind: 'closed', reason: '' });
});

test('a peer that keeps calling on the bootstrap answer, releases early and leaves with Abort is served', async () => {
  const { peer, server } = rawServer();
  peer.send(bootstrap, call(1, echo));
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.value.kind === 'results');
  assert.deepEqual(answer.value.payload.capTable, [{ kind: 'senderHosted', id: 0 }]);
  assert.equal((await peer.next())?.kind, 'return');
  peer.send({ kind: 'release', id: 0, referenceCount: 1 }, finish(1), call(1, echo));
  assert.equal((await peer.next())?.kind, 'return');
  peer.send({ kind: 'abort', exception: { type: 'failed', reason: 'bye' } });
  assert.equal(await peer.next(), null);
  assert.deepEqual(await server.closed, { kind: 'aborted-by-peer', reason: 'bye' });
});

test('an early Finish is still followed by a Return, and the id is free after it', async () => {
  const { peer, aborted } = rawServer();
  peer.send(bootstrap, call(1, wait), finish(1));
  await peer.next();
  const canceled = await peer.next();
  assert.ok(canceled?.kind === 'return' && canceled.answerId === 1 && canceled.value.kind === 'canceled');
  assert.deepEqual(aborted, [0n]);
  peer.send(call(1, echo));
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.value.kind === 'results');
});

test('a call where no capability is fails alone', async () => {
  const { peer } = rawServer();
  peer.send(bootstrap, call(1, echo));
  await peer.next();
  await peer.next();
  peer.send(call(2, echo, { kind: 'promisedAnswer', questionId: 1, transform: [] }));
  peer.send(call(3, echo, { kind: 'promisedAnswer', questionId: 0, transform: [0] }));
  peer.send({ ...call(4, echo), sendResultsTo: 'yourself' } as RpcMessage);
  for (const id of [2, 3, 4]) {
    const answer = await peer.next();
    assert.ok(answer?.kind === 'return' && answer.answerId === id && answer.value.kind === 'exception');
  }
  peer.send(call(5, echo, { kind: 'importedCap', id: 0 }));
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.value.kind === 'results');
});

test('messages of higher levels are answered by unimplemented, one received is ignored', async () => {
  const { peer } = rawServer();
  for (const which of [7, 9, 10, 11, 12, 14, 500]) {
    peer.send({ kind: 'other', which });
    const answer = await peer.next();
    assert.deepEqual(answer, { kind: 'unimplemented', message: { kind: 'other', which } });
  }
  peer.send({ kind: 'unimplemented', message: finish(77) }, { kind: 'unimplemented', message: undefined }, bootstrap);
  assert.equal((await peer.next())?.kind, 'return');
  peer.send({ kind: 'disembargo', target: { kind: 'importedCap', id: 0 }, context: { kind: 'senderLoopback', id: 5 } });
  assert.deepEqual(await peer.next(), {
    kind: 'disembargo',
    target: { kind: 'importedCap', id: 0 },
    context: { kind: 'receiverLoopback', id: 5 },
  });
});

const violations: Record<string, RpcMessage[]> = {
  'a question id in use': [bootstrap, bootstrap],
  'Finish of an unknown question': [finish(7)],
  'Finish twice': [bootstrap, finish(0), finish(0)],
  'Release of an unknown capability': [bootstrap, { kind: 'release', id: 3, referenceCount: 1 }],
  'Release of more than was given': [bootstrap, { kind: 'release', id: 0, referenceCount: 2 }],
  'Return for an unknown question': [
    { kind: 'return', answerId: 3, releaseParamCaps: true, noFinishNeeded: false, value: { kind: 'canceled' } },
  ],
  'a call to a capability that is not exported': [bootstrap, call(1, echo, { kind: 'importedCap', id: 1 })],
  'a call to the capability before it was given': [call(1, echo, { kind: 'importedCap', id: 0 })],
  'a call on an unknown promised answer': [call(1, echo, { kind: 'promisedAnswer', questionId: 5, transform: [] })],
  'a disembargo that nobody asked for': [
    bootstrap,
    { kind: 'disembargo', target: { kind: 'importedCap', id: 0 }, context: { kind: 'receiverLoopback', id: 1 } },
  ],
};
for (const [what, messages] of Object.entries(violations)) {
  test(`${what} is answered by Abort and FIN`, async () => {
    const { peer, server } = rawServer();
    peer.send(...messages);
    const reason = await peer.abortReason();
    assert.ok(reason.length > 0);
    assert.deepEqual(await server.closed, { kind: 'protocol-error', reason });
  });
}

test('malformed frames are answered by Abort and FIN', async () => {
  const tooMany = Buffer.from('ffffff0f00000000', 'hex');
  const outOfBounds = Buffer.from('0000000001000000' + '1000000001000100', 'hex');
  const textWithoutNul = Buffer.from(writeMessage({ kind: 'abort', exception: { type: 'failed', reason: 'x' } }));
  textWithoutNul[textWithoutNul.length - 7] = 1;
  for (const bytes of [tooMany, outOfBounds, textWithoutNul]) {
    const { peer, server } = rawServer();
    peer.raw(bytes);
    assert.equal((await peer.next())?.kind, 'abort');
    assert.equal(await peer.next(), null);
    assert.equal((await server.closed).kind, 'protocol-error');
  }
});

test('half a message and then FIN ends the session', async () => {
  const { peer, server } = rawServer();
  peer.raw(writeMessage(bootstrap).subarray(0, 20));
  peer.finish();
  assert.deepEqual(await server.closed, { kind: 'closed', reason: 'the stream ended in the middle of a message' });
});

test('answers that are never finished are bounded', async () => {
  const { peer, server } = rawServer({ unfinishedAnswers: 10 });
  peer.send(bootstrap, ...Array.from({ length: 12 }, (_, i) => call(i + 1, echo)));
  assert.equal((await server.closed).kind, 'protocol-error');
});

test('parameters, results and dispatch that fail are answered, and the session goes on', async () => {
  const [near, far] = pipe();
  const broken = (): never => {
    throw new Error('secret detail');
  };
  const internal: unknown[] = [];
  const methods = [
    bind({ ...echo, readParams: broken }, (value) => value),
    bind({ ...echo, writeResults: broken }, (value) => value),
    bind({ ...echo, resultsSize: broken }, (value) => value),
  ];
  serveVat(far, {
    dispatch: (_, id) => (id === 3 ? broken() : methods[id]),
    onInternalError: (error) => internal.push(error),
  });
  const client = connectVat(near);
  const reasons: string[] = [];
  for (let methodId = 0; methodId < 5; methodId += 1) {
    await client.call({ ...echo, methodId }, probe(1)).catch((error: RpcException) => reasons.push(error.reason));
  }
  assert.deepEqual(reasons.slice(1, 4), ['internal error', 'internal error', 'internal error']);
  assert.match(reasons[0] as string, /^the parameters of echo are not/);
  assert.match(reasons[4] as string, /method 4/);
  assert.equal(internal.length, 3);
  await client.close();
});

test('a session may say what it calls bad parameters', async () => {
  const [near, far] = pipe();
  const peer = new RawPeer(near);
  const method = bind({ ...echo, readParams: () => assert.fail() }, (value) => value);
  serveVat(far, { dispatch: () => method, badParams: 'E020: BAD_PARAMS: no' });
  peer.send(bootstrap, call(1, echo));
  await peer.next();
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.value.kind === 'exception');
  assert.deepEqual(answer.value.exception, { type: 'failed', reason: 'E020: BAD_PARAMS: no' });
});

test('handlers are started in the order of the calls, before anything else happens', async () => {
  const { peer, started } = rawServer();
  peer.send(bootstrap, ...Array.from({ length: 50 }, (_, i) => numbered(i + 1, i % 3 === 0 ? wait : echo, i)));
  await peer.nextKinds(34);
  assert.deepEqual(
    started,
    Array.from({ length: 50 }, (_, i) => BigInt(i)),
  );
});

test('a call is finished once, however late its handler ends', async () => {
  const { peer, release } = rawServer();
  peer.send(bootstrap, numbered(1, wait, 1), finish(1));
  assert.deepEqual(await peer.nextKinds(2), ['0 results', '1 canceled']);
  release(1);
  peer.send(numbered(1, wait, 2));
  await sleep(5);
  release(2);
  assert.deepEqual(await peer.nextKinds(1), ['1 results']);
});

test('capabilities in parameters are given back with the Return', async () => {
  const { peer } = rawServer();
  const capTable = [{ kind: 'senderHosted', id: 4 } as const, { kind: 'senderPromise', id: 5 } as const];
  peer.send(bootstrap, { ...call(1, echo), params: { content: undefined, capTable } });
  await peer.next();
  const answer = await peer.next();
  assert.ok(answer?.kind === 'return' && answer.releaseParamCaps && answer.value.kind === 'results');
});

test('disembargoes of level 3 are not implemented', async () => {
  const { peer } = rawServer();
  const target = { kind: 'importedCap', id: 0 } as const;
  for (const context of [{ kind: 'accept' }, { kind: 'provide', id: 3 }] as const) {
    const message: RpcMessage = { kind: 'disembargo', target, context };
    peer.send(message);
    assert.deepEqual(await peer.next(), { kind: 'unimplemented', message });
  }
});

test('shutdown cancels what does not end in time', async () => {
  const [near, far] = pipe();
  const { server, aborted } = serve(far);
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1));
  await peer.next();
  await server.shutdown(20);
  assert.deepEqual(aborted, [1n]);
  assert.equal(await peer.next(), null);
  assert.deepEqual(await server.closed, { kind: 'closed', reason: 'shut down here' });
  await server.shutdown();
});

test('shutdown of a session whose peer goes does not wait', async () => {
  const [near, far] = pipe();
  const { server } = serve(far);
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1));
  await peer.next();
  const start = performance.now();
  const down = server.shutdown();
  peer.reset();
  await down;
  assert.ok(performance.now() - start < 5_000);
});

test('a transport that takes no more ends the session', async () => {
  const [near, far] = pipe();
  const { server, aborted } = serve(far);
  const peer = new RawPeer(near);
  peer.send(bootstrap, numbered(1, wait, 1));
  await peer.next();
  far.write = () => Promise.reject(new Error('stopped with code 7'));
  peer.send(numbered(2, echo, 2));
  assert.deepEqual(await server.closed, { kind: 'transport', reason: 'stopped with code 7' });
  await sleep(0);
  assert.deepEqual(aborted, [1n]);
});

test('a call after the violation in the same chunk is not started', async () => {
  const { peer, started, server } = rawServer();
  const bytes = [bootstrap, finish(9), numbered(1, echo, 1)].map((message) => writeMessage(message));
  peer.raw(Buffer.concat(bytes));
  assert.match(await peer.abortReason(), /Finish of question 9/);
  assert.equal((await server.closed).kind, 'protocol-error');
  assert.deepEqual(started, []);
});
