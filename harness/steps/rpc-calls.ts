// Questions and answers, the capability, calls side by side and in order: features/rpc/calls.feature.
import { strict as assert } from 'node:assert';
import { setMaxListeners } from 'node:events';
import { Given, Then, When } from '@cucumber/cucumber';
import { nodeService } from '@quicnprotochat/proto';
import { connectVat } from '@quicnprotochat/rpc';
import {
  capabilityOf,
  IMPORT_QUESTION,
  importCapability,
  isAnswered,
  requireCode,
  requireEachOnce,
  requireGivenBack,
  requireGoingOn,
  requireResults,
} from '../src/wire/answers.ts';
import { bootstrap, finish, health, promise } from '../src/wire/messages.ts';
import { oddCall } from '../src/wire/odd-calls.ts';
import { byHand, resultsOf, WireScenario } from '../src/wire/scenario.ts';

Given('a session written by hand', async function () {
  await WireScenario.of(this).bootstrapped();
});

When('it sends Bootstrap under question {int}', async function (questionId: number) {
  await (await byHand(this)).send(bootstrap(questionId));
});

Then('Bootstrap {int} is answered with a capability', async function (questionId: number) {
  await capabilityOf(await byHand(this), questionId);
});

When('it sends Bootstrap under questions {int} to {int}', async function (first: number, last: number) {
  const session = await byHand(this);
  for (let id = first; id <= last; id += 1) await session.send(bootstrap(id));
});

Then('Bootstraps {int} to {int} are answered with a capability', async function (first: number, last: number) {
  const session = await byHand(this);
  for (let id = first; id <= last; id += 1) await capabilityOf(session, id);
});

When('it calls health under question {int}', async function (questionId: number) {
  await (await byHand(this)).send(health(questionId));
});

When('it calls health under questions {int} to {int}', async function (first: number, last: number) {
  const session = await byHand(this);
  for (let id = first; id <= last; id += 1) await session.send(health(id));
});

When(
  'it calls health on the promise of question {int} under question {int}',
  async function (promised: number, questionId: number) {
    await (await byHand(this)).send(health(questionId, promise(promised)));
  },
);

When('it calls health on the capability of a Bootstrap under question {int}', async function (questionId: number) {
  const session = await byHand(this);
  const id = await importCapability(session);
  await session.send(health(questionId, { kind: 'importedCap', id }));
});

When(
  'it finishes the Bootstrap, keeps the capability and calls health on it under question {int}',
  async function (questionId: number) {
    const session = await byHand(this);
    const id = await importCapability(session);
    await session.send(finish(IMPORT_QUESTION, false), health(questionId, { kind: 'importedCap', id }));
  },
);

When(
  'it releases the capability of a Bootstrap and calls health on its promise under question {int}',
  async function (questionId: number) {
    const session = await byHand(this);
    const id = await importCapability(session);
    await session.send({ kind: 'release', id, referenceCount: 1 }, health(questionId, promise(IMPORT_QUESTION)));
  },
);

When(
  'it gets the capability twice, releases it once and calls health on it under question {int}',
  async function (questionId: number) {
    const session = await byHand(this);
    const first = await importCapability(session, IMPORT_QUESTION);
    const id = await importCapability(session, IMPORT_QUESTION + 1);
    await session.send(
      { kind: 'release', id: first, referenceCount: 1 },
      health(questionId, { kind: 'importedCap', id }),
    );
  },
);

When('it finishes question {int}', async function (questionId: number) {
  await (await byHand(this)).send(finish(questionId));
});

When('it finishes question {int} and keeps what it may have got', async function (questionId: number) {
  await (await byHand(this)).send(finish(questionId, false));
});

When('it calls {string} under question {int}', async function (what: string, questionId: number) {
  const scenario = WireScenario.of(this);
  await (await scenario.rawSession()).send(oddCall(what, questionId, scenario));
});

Then('question {int} is answered with results', async function (questionId: number) {
  requireResults(await (await byHand(this)).returnFor(questionId));
});

Then('question {int} fails with {string}', async function (questionId: number, codes: string) {
  requireCode(await (await byHand(this)).returnFor(questionId), codes);
});

Then('question {int} is answered within {int} ms', async function (questionId: number, limit: number) {
  await (await byHand(this)).returnFor(questionId, limit);
});

Then('the answers to questions {int} to {int} come, each once', async function (first: number, last: number) {
  await requireEachOnce(await byHand(this), first, last);
});

Then('the session goes on', async function () {
  await requireGoingOn(await byHand(this));
});

When('it waits for a message under question {int}', async function (questionId: number) {
  const scenario = WireScenario.of(this);
  await (await scenario.rawSession()).send(scenario.waiting(questionId, 1_500n));
});

When('it waits {int} ms for a message under question {int}', async function (timeoutMs: number, questionId: number) {
  const scenario = WireScenario.of(this);
  await (await scenario.rawSession()).send(scenario.waiting(questionId, BigInt(timeoutMs)));
});

When('it waits for messages under questions {int} to {int}', async function (first: number, last: number) {
  // Longer than an answer may take: whoever waits for these first is late. They end with the session.
  const scenario = WireScenario.of(this);
  const timeoutMs = BigInt(2 * scenario.world.timeoutMs);
  for (let id = first; id <= last; id += 1) await (await scenario.rawSession()).send(scenario.waiting(id, timeoutMs));
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

When('a client makes {int} calls without waiting', async function (count: number) {
  const scenario = WireScenario.of(this);
  const rpc = connectVat(await (await scenario.world.connect()).openStream());
  const outcomes = await scenario.world.within(scenario.world.timeoutMs * 3, (signal) => {
    setMaxListeners(0, signal);
    const calls = Array.from({ length: count }, () => rpc.call(nodeService.health, {}, { signal }));
    return Promise.allSettled(calls);
  });
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

const SENT = {
  messages: 'enqueue',
  'long messages': 'enqueue',
  batches: 'batchEnqueue',
  'messages in a channel': 'enqueue',
};
/** Of a message that a server may write elsewhere, or later, in bytes. */
const LONG = 60_000;
const GREATEST_NUMBER = 2n ** 64n - 1n;

When(
  /^Bob sends (long messages|messages|batches|messages in a channel) and Alice (fetches|waits|peeks and acks) in turn on one session, without waiting for answers$/,
  async function (what: keyof typeof SENT, takes: string) {
    const scenario = WireScenario.of(this);
    const { world } = scenario;
    const rpc = await world.session();
    const length = what === 'long messages' ? Math.min(LONG, world.limits.payloadBytes) : 1;
    const channelId = what === 'messages in a channel' ? await scenario.channel(rpc) : new Uint8Array();
    const { recipientKey, version, auth } = scenario.queue;
    const queue = { recipientKey, version, auth, channelId };
    const send = async (round: number): Promise<void> => {
      const message = { channelId, version, payload: new Uint8Array(length).fill(round), auth: world.auth('bob') };
      if (what === 'batches')
        resultsOf(
          await world.call(rpc, 'Bob', nodeService.batchEnqueue, { ...message, recipientKeys: [recipientKey] }),
        );
      else resultsOf(await world.call(rpc, 'Bob', nodeService.enqueue, { ...message, recipientKey }));
    };
    const take = async (): Promise<Uint8Array[]> => {
      const isPeek = takes === 'peeks and acks';
      const params = { ...queue, limit: 0 };
      const answer =
        takes === 'waits'
          ? world.call(rpc, 'Alice', nodeService.fetchWait, { ...params, timeoutMs: 1_000n })
          : world.call(rpc, 'Alice', isPeek ? nodeService.peek : nodeService.fetch, params);
      if (isPeek) resultsOf(await world.call(rpc, 'Alice', nodeService.ack, { ...queue, seqUpTo: GREATEST_NUMBER }));
      return resultsOf(await answer).payloads.map(({ payload }) => payload);
    };
    const sends: Promise<void>[] = [];
    const answers: Promise<Uint8Array[]>[] = [];
    for (let round = 0; round < 8; round += 1) {
      for (let i = 0; i <= round % 3; i += 1) sends.push(send(round));
      answers.push(take());
    }
    await Promise.all(sends);
    scenario.found = (await Promise.all(answers)).map((payloads) => payloads.map(([first]) => first as number));
  },
);

Then('each of them finds exactly what was sent before it', function () {
  const expected = Array.from({ length: 8 }, (_, round) => new Array((round % 3) + 1).fill(round));
  assert.deepEqual(WireScenario.of(this).found, expected, 'the rounds of the messages that each call found');
});

/** What the client says to have itself. */
const OWN_CAPABILITY = 33;

When('it calls health with a capability of its own under question {int}', async function (questionId: number) {
  const message = health(questionId);
  message.params.capTable = [{ kind: 'senderHosted', id: OWN_CAPABILITY }];
  await (await byHand(this)).send(message);
});

Then('its capability is given back with question {int}', async function (questionId: number) {
  await requireGivenBack(await byHand(this), OWN_CAPABILITY, questionId);
});

/** More than 16 bits. */
const EMBARGO = 0x1234_5678;

When('it sends a Disembargo with senderLoopback to the capability of a Bootstrap', async function () {
  const session = await byHand(this);
  const id = await importCapability(session);
  await session.send({
    kind: 'disembargo',
    target: { kind: 'importedCap', id },
    context: { kind: 'senderLoopback', id: EMBARGO },
  });
});

Then('it comes back as receiverLoopback with the same id', async function () {
  const message = await (await byHand(this)).next();
  if (message.kind !== 'disembargo') throw new Error(`${message.kind} came instead`);
  assert.deepEqual(message.context, { kind: 'receiverLoopback', id: EMBARGO });
});
