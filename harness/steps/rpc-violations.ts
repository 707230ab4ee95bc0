// What no right client sends: features/rpc/violations.feature.
import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import { nodeService } from '@quicnprotochat/proto';
import { writeMessage } from '@quicnprotochat/rpc';
import {
  endOf,
  IMPORT_QUESTION,
  importCapability,
  requireNoResults,
  requireRefusal,
  requireResults,
} from '../src/wire/answers.ts';
import { call, finish, health } from '../src/wire/messages.ts';
import { named } from '../src/wire/named.ts';
import { byHand, WireScenario } from '../src/wire/scenario.ts';
import { AMPLIFIERS, MALFORMED_QUESTION, MESSAGES, TABLES } from '../src/wire/surgery.ts';
import { violation } from '../src/wire/violations.ts';

When('it sends a segment table of {string}', async function (name: string) {
  await (await byHand(this)).sendBytes(named(TABLES, name), `a segment table of ${name}`);
});

When('it sends a message with {string}', async function (name: string) {
  await (await byHand(this)).sendBytes(named(MESSAGES, name), `a message with ${name}`);
});

When('it sends a small message with {string}', async function (name: string) {
  await (await byHand(this)).sendBytes(named(AMPLIFIERS, name), `a message with ${name}`);
});

When('it {string}', async function (what: string) {
  await (await byHand(this)).send(...violation(what, WireScenario.of(this)));
});

When('it releases the capability of a Bootstrap {int} times', async function (times: number) {
  const session = await byHand(this);
  const id = await importCapability(session);
  await session.send({ kind: 'release', id, referenceCount: times });
});

When('it finishes all that it asked for, and calls health on the capability', async function () {
  const session = await byHand(this);
  const id = await importCapability(session);
  // A Finish releases what the answer held.
  await session.send(finish(0), finish(IMPORT_QUESTION), health(MALFORMED_QUESTION, { kind: 'importedCap', id }));
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

Then('question {int} is answered with results, or the session is over', async function (questionId: number) {
  const session = await byHand(this);
  for (;;) {
    const message = await session.next();
    if (message.kind === 'abort' || message.kind === 'over') return;
    if (message.kind === 'return' && message.answerId === questionId) return requireResults(message);
  }
});

Then('the session is over', async function () {
  await endOf(await byHand(this));
});

Then('the session is over, with an Abort that says why', async function () {
  const reason = await endOf(await byHand(this));
  if (!reason) throw new Error('the session was ended without an Abort that says why');
});

Then('the server ends the session', async function () {
  // Behind a segment table nothing is a message any more: no call can tell whether the session goes on.
  await (await byHand(this)).end();
});

Then('the server ends the session, with an Abort that says why', async function () {
  const reason = await (await byHand(this)).end();
  if (!reason) throw new Error('the session was ended without an Abort that says why');
});

Then('it gets no results, but an exception or the end of the session', async function () {
  await requireRefusal(await byHand(this));
});

Then('that call gets no results', async function () {
  await requireNoResults(await byHand(this));
});

Then('it gets an answer in time', async function () {
  const message = await (await byHand(this)).next();
  assert.ok(message, 'neither message nor end');
});
