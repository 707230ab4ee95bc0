import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BoundMethod,
  bind,
  connectVat,
  FrameReader,
  type Method,
  RpcException,
  type RpcLimits,
  type RpcMessage,
  type RpcServerSession,
  readMessage,
  type SessionEnd,
  SessionEndedError,
  serveVat,
  writeMessage,
} from '../src/index.ts';
import { type PipeEnd, PROBE_INTERFACE, type Probe, pipe, probeMethod } from './support.ts';

const echo = probeMethod('echo', 0);
const fail = probeMethod('fail', 1);
const wait = probeMethod('wait', 2);
const missing = probeMethod('missing', 9);
const probe = (number: number | bigint, data: Uint8Array = new Uint8Array()): Probe => ({
  number: BigInt(number),
  data,
});

interface Served {
  server: RpcServerSession;
  started: bigint[];
  aborted: bigint[];
  internal: unknown[];
  /** Ends the wait of that number. */
  release(number: number): void;
}

function serve(stream: PipeEnd, limits?: Partial<RpcLimits>): Served {
  const waits = new Map<bigint, () => void>();
  const served: Omit<Served, 'server'> = {
    started: [],
    aborted: [],
    internal: [],
    release: (number) => waits.get(BigInt(number))?.(),
  };
  const methods: BoundMethod[] = [
    bind(echo, (params) => {
      served.started.push(params.number);
      return params;
    }),
    bind(fail, ({ number }) => {
      if (number === 1n) throw new RpcException('overloaded', 'E015: later');
      throw new Error('secret detail');
    }),
    bind(wait, (params, signal) => {
      served.started.push(params.number);
      return new Promise<Probe>((resolve, reject) => {
        waits.set(params.number, () => resolve(params));
        signal.addEventListener('abort', () => {
          served.aborted.push(params.number);
          reject(signal.reason);
        });
      });
    }),
  ];
  const server = serveVat(stream, {
    dispatch: (interfaceId, methodId) => (interfaceId === PROBE_INTERFACE ? methods[methodId] : undefined),
    limits,
    badParams: 'E020: bad',
    onInternalError: (error) => served.internal.push(error),
  });
  return { ...served, server };
}

/** A peer that says exactly what it is told to. */
class RawPeer {
  readonly #end: PipeEnd;
  readonly #frames = new FrameReader();
  #received: RpcMessage[] = [];

  constructor(end: PipeEnd) {
    this.#end = end;
  }

  send(...messages: RpcMessage[]): void {
    for (const message of messages) void this.#end.write(writeMessage(message));
  }

  raw(bytes: Uint8Array): void {
    void this.#end.write(bytes);
  }

  finish(): void {
    void this.#end.end();
  }

  /** The next message, or null at FIN. */
  async next(): Promise<RpcMessage | null> {
    while (this.#received.length === 0) {
      const chunk = await this.#end.read();
      if (chunk === null) return null;
      for (const frame of this.#frames.push(chunk)) this.#received.push(readMessage(frame));
    }
    return this.#received.shift() as RpcMessage;
  }
}

const params = { content: undefined, capTable: [] };
const call = (
  questionId: number,
  method: Method<Probe, Probe>,
  target?: Extract<RpcMessage, { kind: 'call' }>['target'],
): RpcMessage => ({
  kind: 'call',
  questionId,
  target: target ?? { kind: 'promisedAnswer', questionId: 0, transform: [] },
  interfaceId: method.interfaceId,
  methodId: method.methodId,
  params,
  sendResultsTo: 'caller',
});
const bootstrap: RpcMessage = { kind: 'bootstrap', questionId: 0 };
const finish = (questionId: number, releaseResultCaps = true): RpcMessage => ({
  kind: 'finish',
  questionId,
  releaseResultCaps,
});

function rawServer(limits?: Partial<RpcLimits>): Served & { peer: RawPeer } {
  const [near, far] = pipe();
  return { ...serve(far, limits), peer: new RawPeer(near) };
}

for (const cut of [0, 2]) {
  test(`calls are answered, pipelined on the bootstrap and after it${cut ? `, ${cut} bytes at a time` : ''}`, async () => {
    const [near, far] = pipe(cut);
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
    const received: (RpcMessage | null)[] = [];
    while (received.at(-1) !== null) received.push(await peer.next());
    const abort = received.at(-2);
    assert.ok(abort?.kind === 'abort' && abort.exception.reason.length > 0);
    assert.equal((await server.closed).kind, 'protocol-error');
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

test('with too many calls in flight nothing is read until one is answered', async () => {
  const { peer, started, release } = rawServer({ callsInFlight: 2 });
  peer.send(bootstrap, call(1, wait), call(2, wait), call(3, echo));
  await peer.next();
  await sleep(20);
  assert.equal(started.length, 2);
  release(0);
  const answers = [await peer.next(), await peer.next()].map(
    (message) => message?.kind === 'return' && message.answerId,
  );
  assert.deepEqual(answers.sort(), [2, 3]);
});

test('answers that are never finished are bounded', async () => {
  const { peer, server } = rawServer({ unfinishedAnswers: 10 });
  peer.send(bootstrap, ...Array.from({ length: 12 }, (_, i) => call(i + 1, echo)));
  assert.equal((await server.closed).kind, 'protocol-error');
});

/** A client whose server is a script. */
function scripted(): { client: ReturnType<typeof connectVat>; peer: RawPeer } {
  const [near, far] = pipe();
  return { client: connectVat(near), peer: new RawPeer(far) };
}
const returned = (answerId: number, value: Extract<RpcMessage, { kind: 'return' }>['value']): RpcMessage => ({
  kind: 'return',
  answerId,
  releaseParamCaps: true,
  noFinishNeeded: false,
  value,
});
const capability = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0);

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
    await assert.rejects(odd, (error) => error instanceof RpcException && error.reason.includes(kind));
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

test('random damage to a session never does more than end it', async () => {
  let seed = 12345;
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    return seed % below;
  };
  const messages = [bootstrap, call(1, echo), finish(1), { kind: 'release', id: 0, referenceCount: 1 } as const];
  const whole = Buffer.concat(messages.map((message) => writeMessage(message)));
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = Buffer.from(whole);
    for (let i = 0; i <= random(4); i += 1) bytes[random(bytes.length)] = random(256);
    const { peer, server } = rawServer();
    peer.raw(bytes);
    peer.finish();
    const end = await server.closed;
    assert.ok(['closed', 'protocol-error', 'aborted-by-peer'].includes(end.kind));
  }
});
