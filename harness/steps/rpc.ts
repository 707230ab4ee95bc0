import { strict as assert } from 'node:assert';
import { setMaxListeners } from 'node:events';
import { Given, Then, When } from '@cucumber/cucumber';
import { type ErrorCode, nodeService, parseReason } from '@quicnprotochat/proto';
import { connectVat, RpcException, type RpcMessage, writeMessage } from '@quicnprotochat/rpc';
import { bootstrap, call, finish, health, promise } from '../src/wire/messages.ts';
import { oddCall } from '../src/wire/odd-calls.ts';
import { resultsOf, WireScenario } from '../src/wire/scenario.ts';
import { AMPLIFIERS, MALFORMED_QUESTION, MESSAGES, spread, TABLES } from '../src/wire/surgery.ts';

/** @throws TypeError for a name that no table of the suite has: a fault of the feature */
function named(table: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array {
  const bytes = table[name];
  if (!bytes) throw new TypeError(`nothing is called "${name}"`);
  return bytes;
}

function requireResults({ value }: Extract<RpcMessage, { kind: 'return' }>): void {
  if (value.kind === 'exception')
    throw new Error(`the call was answered with the exception ${value.exception.type} "${value.exception.reason}"`);
  if (value.kind !== 'results') throw new Error(`the call was answered with ${value.kind}`);
}

Given('a session written by hand', async function () {
  await WireScenario.of(this).bootstrapped();
});

When('it sends Bootstrap and a call of health {string}', async function (pieces: string) {
  const session = await WireScenario.of(this).rawSession();
  const bytes = Buffer.concat([writeMessage(bootstrap()), writeMessage(health(1)), writeMessage(health(2))]);
  const cuts: Record<string, number> = {
    'byte by byte': 1,
    'three bytes at a time': 3,
    'all at once': bytes.length,
    'cut in the segment table': 4,
  };
  const step = cuts[pieces];
  if (step === undefined) throw new TypeError(`unknown pieces: ${pieces}`);
  for (let i = 0; i < bytes.length; i += step) {
    await session.stream.write(bytes.subarray(i, i + step));
    // A turn of the event loop sends what was written: each piece travels by itself.
    await new Promise((resolve) => setImmediate(resolve));
  }
});

Then('both calls are answered', async function () {
  const session = await WireScenario.of(this).rawSession();
  await session.returnFor(0);
  requireResults(await session.returnFor(1));
  requireResults(await session.returnFor(2));
});

When('it calls health in a message of {string}', async function (how: string) {
  const session = await WireScenario.of(this).rawSession();
  await session.sendBytes(spread(writeMessage(health(3)), how as 'far'), `Call 3 of health, ${how}`);
});

When('it calls health under question {int}', async function (questionId: number) {
  await (await WireScenario.of(this).rawSession()).send(health(questionId));
});

Then('question {int} is answered with results', async function (questionId: number) {
  requireResults(await (await WireScenario.of(this).rawSession()).returnFor(questionId));
});

Then('question {int} is answered with an exception of type unimplemented', async function (questionId: number) {
  const { value } = await (await WireScenario.of(this).rawSession()).returnFor(questionId);
  if (value.kind !== 'exception') throw new Error(`the call was answered with ${value.kind}`);
  if (value.exception.type !== 'unimplemented')
    throw new Error(`the exception is of type ${value.exception.type}: "${value.exception.reason}"`);
});

Then('question {int} fails with {string}', async function (questionId: number, codes: string) {
  const { value } = await (await WireScenario.of(this).rawSession()).returnFor(questionId);
  const code: ErrorCode | undefined = value.kind === 'exception' ? parseReason(value.exception.reason) : undefined;
  if (!code || !codes.split(' or ').includes(code)) {
    throw new Error(
      `the call was answered with ${value.kind === 'exception' ? `"${value.exception.reason}"` : value.kind}, expected ${codes}`,
    );
  }
});

Then('the session goes on', async function () {
  const session = await WireScenario.of(this).rawSession();
  await session.send(bootstrap(900), health(901, promise(900)));
  await session.returnFor(900);
  requireResults(await session.returnFor(901));
});

Then('Bootstrap {int} is answered with a capability', async function (questionId: number) {
  const { value } = await (await WireScenario.of(this).rawSession()).returnFor(questionId);
  if (value.kind !== 'results') throw new Error(`Bootstrap was answered with ${value.kind}`);
  const [cap] = value.payload.capTable;
  assert.ok(cap && (cap.kind === 'senderHosted' || cap.kind === 'senderPromise'), 'the answer holds no capability');
});

When('it sends Bootstrap under question {int}', async function (questionId: number) {
  await (await WireScenario.of(this).rawSession()).send(bootstrap(questionId));
});

When(
  'it calls health on the promise of question {int} under question {int}',
  async function (promised: number, questionId: number) {
    await (await WireScenario.of(this).rawSession()).send(health(questionId, promise(promised)));
  },
);

/** Asks for the bootstrap capability, and notes the id under which it came. */
async function importedId(world: unknown, questionId = 500): Promise<number> {
  const session = await WireScenario.of(world).rawSession();
  await session.send(bootstrap(questionId));
  const { value } = await session.returnFor(questionId);
  const cap = value.kind === 'results' ? value.payload.capTable[0] : undefined;
  if (cap?.kind !== 'senderHosted' && cap?.kind !== 'senderPromise') throw new Error('Bootstrap gave no capability');
  return cap.id;
}

When('it calls health on the capability of a Bootstrap under question {int}', async function (questionId: number) {
  const id = await importedId(this);
  await (await WireScenario.of(this).rawSession()).send(health(questionId, { kind: 'importedCap', id }));
});

When(
  'it finishes the Bootstrap, keeps the capability and calls health on it under question {int}',
  async function (questionId: number) {
    const id = await importedId(this);
    await (await WireScenario.of(this).rawSession()).send(
      finish(500, false),
      health(questionId, { kind: 'importedCap', id }),
    );
  },
);

When(
  'it releases the capability of a Bootstrap and calls health on its promise under question {int}',
  async function (questionId: number) {
    const id = await importedId(this);
    const session = await WireScenario.of(this).rawSession();
    await session.send({ kind: 'release', id, referenceCount: 1 }, health(questionId, promise(500)));
  },
);

When(
  'it gets the capability twice, releases it once and calls health on it under question {int}',
  async function (questionId: number) {
    const first = await importedId(this, 500);
    const id = await importedId(this, 501);
    await (await WireScenario.of(this).rawSession()).send(
      { kind: 'release', id: first, referenceCount: 1 },
      health(questionId, { kind: 'importedCap', id }),
    );
  },
);

When('it finishes question {int}', async function (questionId: number) {
  await (await WireScenario.of(this).rawSession()).send(finish(questionId));
});

async function waitFor(world: unknown, questionId: number, timeoutMs: bigint): Promise<void> {
  const scenario = WireScenario.of(world);
  await (await scenario.rawSession()).send(
    call(questionId, nodeService.fetchWait, { ...scenario.queue, timeoutMs, limit: 1 }),
  );
}

When('it waits for a message under question {int}', async function (questionId: number) {
  await waitFor(this, questionId, 1_500n);
});

When('it waits for messages under questions {int} to {int}', async function (first: number, last: number) {
  // Longer than an answer may take: whoever waits for these first is late. They end with the session.
  const timeoutMs = BigInt(2 * WireScenario.of(this).world.timeoutMs);
  for (let id = first; id <= last; id += 1) await waitFor(this, id, timeoutMs);
});

When('it waits {int} ms for a message under question {int}', async function (timeoutMs: number, questionId: number) {
  await waitFor(this, questionId, BigInt(timeoutMs));
});

Then('question {int} is answered within {int} ms', async function (questionId: number, limit: number) {
  await (await WireScenario.of(this).rawSession()).returnFor(questionId, limit);
});

Then('the answers to questions {int} to {int} come, each once', async function (first: number, last: number) {
  const session = await WireScenario.of(this).rawSession();
  const open = new Set(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  while (open.size > 0) {
    const message = await session.next();
    if (message.kind === 'over' || message.kind === 'abort')
      throw new Error(`the session ended with ${open.size} calls unanswered`);
    if (message.kind !== 'return') continue;
    if (!open.delete(message.answerId))
      throw new Error(`question ${message.answerId} was answered, which was not asked or had its answer`);
    requireResults(message);
  }
  // One that came twice would come before the answer to this.
  await session.send(health(999_999));
  const message = await session.next();
  if (message.kind !== 'return' || message.answerId !== 999_999)
    throw new Error(`another ${message.kind} came after all answers`);
});

When('it calls health under questions {int} to {int}', async function (first: number, last: number) {
  const session = await WireScenario.of(this).rawSession();
  for (let id = first; id <= last; id += 1) await session.send(health(id));
});

When(
  'it calls method {int} of NodeService under question {int}',
  async function (methodId: number, questionId: number) {
    await (await WireScenario.of(this).rawSession()).send({ ...health(questionId), methodId });
  },
);

When(
  'it calls method {int} of the interface {string} under question {int}',
  async function (methodId: number, interfaceId: string, questionId: number) {
    await (await WireScenario.of(this).rawSession()).send({
      ...health(questionId),
      interfaceId: BigInt(interfaceId),
      methodId,
    });
  },
);

When('it sends a message of kind {int}', async function (which: number) {
  await (await WireScenario.of(this).rawSession()).send({ kind: 'other', which });
});

Then('{string} comes back with the message of kind {int} in it', async function (kind: string, which: number) {
  const message = await (await WireScenario.of(this).rawSession()).next();
  if (message.kind !== kind) throw new Error(`${message.kind} came instead of ${kind}`);
  if (message.kind === 'unimplemented' && !(message.message?.kind === 'other' && message.message.which === which)) {
    throw new Error(`it holds ${message.message?.kind ?? 'nothing'}`);
  }
});

When('it sends unimplemented with {string} in it', async function (what: string) {
  const contents: Record<string, RpcMessage | undefined> = {
    nothing: undefined,
    'a Finish': finish(77),
    'a message of kind 99': { kind: 'other', which: 99 },
    'a Resolve': {
      kind: 'resolve',
      promiseId: 77,
      value: { kind: 'exception', exception: { type: 'failed', reason: 'no' } },
    },
  };
  if (!Object.hasOwn(contents, what)) throw new TypeError(`unknown content: ${what}`);
  await (await WireScenario.of(this).rawSession()).send({ kind: 'unimplemented', message: contents[what] });
});

When('it sends Abort', async function () {
  await (await WireScenario.of(this).rawSession()).send({
    kind: 'abort',
    exception: { type: 'failed', reason: 'goodbye' },
  });
});

When('it sends a segment table of {string}', async function (name: string) {
  await (await WireScenario.of(this).rawSession()).sendBytes(named(TABLES, name), `a segment table of ${name}`);
});

When('it sends a message with {string}', async function (name: string) {
  await (await WireScenario.of(this).rawSession()).sendBytes(named(MESSAGES, name), `a message with ${name}`);
});

When('it sends a small message with {string}', async function (name: string) {
  await (await WireScenario.of(this).rawSession()).sendBytes(named(AMPLIFIERS, name), `a message with ${name}`);
});

/** Ids of calls that only show whether a session goes on. */
const PROBE = 800;

Then('the session is over', async function () {
  await (await WireScenario.of(this).rawSession()).end(health(PROBE));
});

Then('the server ends the session', async function () {
  // Behind a segment table nothing is a message any more: no call can tell whether the session goes on.
  await (await WireScenario.of(this).rawSession()).end();
});

Then('the server ends the session, with an Abort that says why', async function () {
  const reason = await (await WireScenario.of(this).rawSession()).end();
  if (!reason) throw new Error('the session was ended without an Abort that says why');
});

Then('the session is over, with an Abort that says why', async function () {
  const reason = await (await WireScenario.of(this).rawSession()).end(health(PROBE));
  if (!reason) throw new Error('the session was ended without an Abort that says why');
});

/** How long an answer may come after that of a later call, in ms. */
const GRACE_MS = 2_000;

/** @throws Error when something malformed got results, or nothing at all */
async function requireRefusal(world: unknown): Promise<void> {
  const session = await WireScenario.of(world).rawSession();
  await session.send(health(PROBE));
  let graceMs: number | undefined;
  for (;;) {
    const message = await session.next(graceMs);
    if (message.kind === 'over' || message.kind === 'abort' || message.kind === 'unimplemented') return;
    if (message.kind !== 'return') continue;
    if (message.answerId === PROBE) graceMs = GRACE_MS;
    if (message.answerId !== MALFORMED_QUESTION) continue;
    if (message.value.kind === 'results') throw new Error('it was answered with results');
    return;
  }
}

Then('it gets no results, but an exception or the end of the session', async function () {
  await requireRefusal(this);
});

Then('it gets an answer in time', async function () {
  const message = await (await WireScenario.of(this).rawSession()).next();
  assert.ok(message, 'neither message nor end');
});

When('it {string}', async function (what: string) {
  const session = await WireScenario.of(this).rawSession();
  const violations: Record<string, RpcMessage[]> = {
    'calls under the id of the Bootstrap': [health(0)],
    'calls twice under one id': [
      call(5, nodeService.fetchWait, { ...WireScenario.of(this).queue, timeoutMs: 1_000n, limit: 1 }),
      health(5),
    ],
    'finishes question 77': [finish(77)],
    'finishes the Bootstrap twice': [finish(0), finish(0)],
    'releases capability 77': [{ kind: 'release', id: 77, referenceCount: 1 }],
    'answers question 77': [
      { kind: 'return', answerId: 77, releaseParamCaps: true, noFinishNeeded: false, value: { kind: 'canceled' } },
    ],
    'calls capability 77': [health(MALFORMED_QUESTION, { kind: 'importedCap', id: 77 })],
    'calls the promise of question 77': [health(MALFORMED_QUESTION, promise(77))],
    'calls the promise of its own question': [health(MALFORMED_QUESTION, promise(MALFORMED_QUESTION))],
    'calls what a waiting call will give': [
      call(5, nodeService.fetchWait, { ...WireScenario.of(this).queue, timeoutMs: 400n, limit: 1 }),
      health(MALFORMED_QUESTION, promise(5)),
    ],
    'calls what the first field of the Bootstrap leads to': [health(MALFORMED_QUESTION, promise(0, [0]))],
  };
  const messages = violations[what];
  if (!messages) throw new TypeError(`unknown violation: ${what}`);
  await session.send(...messages);
});

When('it releases the capability of a Bootstrap {int} times', async function (times: number) {
  const id = await importedId(this);
  await (await WireScenario.of(this).rawSession()).send({ kind: 'release', id, referenceCount: times });
});

When('it calls {string} under question {int}', async function (what: string, questionId: number) {
  const scenario = WireScenario.of(this);
  await (await scenario.rawSession()).send(oddCall(what, questionId, scenario));
});

When('it calls health with a capability of its own under question {int}', async function (questionId: number) {
  const message = health(questionId);
  message.params.capTable = [{ kind: 'senderHosted', id: 33 }];
  await (await WireScenario.of(this).rawSession()).send(message);
});

Then('its capability is given back with question {int}', async function (questionId: number) {
  const session = await WireScenario.of(this).rawSession();
  let isReleased = false;
  for (;;) {
    const message = await session.next();
    if (message.kind === 'over' || message.kind === 'abort') throw new Error('the session ended');
    if (message.kind === 'release' && message.id === 33) isReleased = true;
    if (message.kind === 'return' && message.answerId === questionId && message.releaseParamCaps) isReleased = true;
    if (isReleased) return;
  }
});

When('it sends a Disembargo with senderLoopback to the capability of a Bootstrap', async function () {
  const id = await importedId(this);
  const session = await WireScenario.of(this).rawSession();
  await session.send({
    kind: 'disembargo',
    target: { kind: 'importedCap', id },
    context: { kind: 'senderLoopback', id: 4_711 },
  });
});

Then('it comes back as receiverLoopback with the same id', async function () {
  const message = await (await WireScenario.of(this).rawSession()).next();
  if (message.kind !== 'disembargo') throw new Error(`${message.kind} came instead`);
  assert.deepEqual(message.context, { kind: 'receiverLoopback', id: 4_711 });
});

When('it sends half a message and {string}', async function (then: string) {
  const scenario = WireScenario.of(this);
  const session = await scenario.rawSession();
  const message = writeMessage(
    call(1, nodeService.enqueue, { ...scenario.sending, payload: scenario.world.random.bytes(2_000) }),
  );
  await session.sendBytes(message.subarray(0, message.length >> 1), 'half a call of enqueue');
  if (then === 'ends the stream') await session.stream.end();
  else if (then === 'resets the stream') session.stream.reset(0);
  else if (then !== 'keeps silent') throw new TypeError(`unknown: ${then}`);
});

Then('the half message has had no effect', async function () {
  const scenario = WireScenario.of(this);
  const left = await scenario.drain(await scenario.world.session());
  if (left.some((payload) => payload.length === 2_000)) throw new Error('half a call was carried out');
});

/** A server that calls itself overloaded, or us too fast (ERR-009), has answered. */
function isAnswered(outcome: PromiseSettledResult<unknown>): boolean {
  if (outcome.status === 'fulfilled') return true;
  const { reason } = outcome;
  return reason instanceof RpcException && (reason.type === 'overloaded' || parseReason(reason.reason) === 'E014');
}

When('a client makes {int} calls without waiting', async function (count: number) {
  const scenario = WireScenario.of(this);
  const rpc = connectVat(await (await scenario.world.connect()).openStream());
  const deadline = AbortSignal.any([scenario.world.signal, AbortSignal.timeout(scenario.world.timeoutMs * 3)]);
  setMaxListeners(0, deadline);
  const calls = Array.from({ length: count }, () => rpc.call(nodeService.health, {}, { signal: deadline }));
  const outcomes = await Promise.allSettled(calls);
  scenario.asked = outcomes.flatMap((outcome, i) => (isAnswered(outcome) ? [] : [i]));
});

Then('all of them are answered', function () {
  const { asked } = WireScenario.of(this);
  if (asked.length > 0)
    throw new Error(`${asked.length} calls were not answered, the first of them was number ${asked[0]}`);
});

When('Bob sends and Alice fetches in turn on one session, without waiting for answers', async function () {
  const scenario = WireScenario.of(this);
  const rpc = await scenario.world.session();
  const enqueue = (n: number) =>
    scenario.world.call(rpc, 'Bob', nodeService.enqueue, { ...scenario.sending, payload: Uint8Array.of(n) });
  const fetch = () => scenario.world.call(rpc, 'Alice', nodeService.fetch, { ...scenario.queue, limit: 0 });
  const fetches: ReturnType<typeof fetch>[] = [];
  const sends: ReturnType<typeof enqueue>[] = [];
  for (let round = 0; round < 8; round += 1) {
    for (let i = 0; i <= round % 3; i += 1) sends.push(enqueue(round));
    fetches.push(fetch());
  }
  for (const sent of await Promise.all(sends)) resultsOf(sent);
  const answers = await Promise.all(fetches);
  scenario.asked = answers.map((outcome) => resultsOf(outcome).payloads.length);
  assert.ok(
    answers.every((outcome, round) => resultsOf(outcome).payloads.every(({ payload }) => payload[0] === round)),
    'a fetch found what was sent after it, or not what was sent before',
  );
});

Then('each fetch finds exactly what was sent before it', function () {
  assert.deepEqual(WireScenario.of(this).asked, [1, 2, 3, 1, 2, 3, 1, 2], 'messages that each fetch found');
});

When('a client waits for a message', async function () {
  const scenario = WireScenario.of(this);
  const rpc = await scenario.world.session();
  await scenario.drain(rpc);
  scenario.sessions.push(rpc);
  void scenario.world
    .call(rpc, 'Alice', nodeService.fetchWait, { ...scenario.queue, timeoutMs: 5_000n, limit: 1 })
    .catch(() => {});
});

Then('its next calls are answered within {int} ms', async function (limit: number) {
  const scenario = WireScenario.of(this);
  const [rpc] = scenario.sessions;
  if (!rpc) throw new TypeError('no session');
  for (let i = 0; i < 3; i += 1) {
    const outcome = await scenario.world.call(rpc, 'Alice', nodeService.health, {}, { timeoutMs: limit });
    resultsOf(outcome);
  }
});
