import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { defineParameterType, Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { expectEqual } from '../src/node/expect-equal.ts';
import { scenarioOf } from '../src/node/node-scenario.ts';
import { OpaqueScenario } from '../src/node/opaque-scenario.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayloads, drain, needRoom, putUntilEnded, putUntilLost } from '../src/node/queue-calls.ts';
import type { QueueModel } from '../src/node/queue-model.ts';
import type { ConformanceWorld } from '../src/world/world.ts';

/** The ways in which a server ends. Twice: it is started in between, and what it has read must not be lost with the next end. */
const ENDINGS = {
  'is stopped': ['SIGTERM'],
  'is killed twice': ['SIGKILL', 'SIGKILL'],
  'is killed': ['SIGKILL'],
} as const;
type Ending = keyof typeof ENDINGS;
/** Who is told of an end is told before it; this is for the way to the step. Shorter than keep-alives are apart. */
const TOLD_MS = 2_000;
/** Messages that are answered before a server is stopped. */
const PUT_BEFORE_STOP = 20;

defineParameterType({
  name: 'ending',
  regexp: new RegExp(Object.keys(ENDINGS).join('|')),
  transformer: (name: string) => name as Ending,
});

/**
 * What came back after a restart, without messages from before the scenario: they were fetched then, and a server that was
 * killed may have lost that (DS-038 is no MUST).
 */
function withoutOld({ numbers }: QueueModel, there: readonly Delivery[]): Delivery[] {
  // Answers may have come in any order.
  return there.filter(({ seq }) => numbers.length === 0 || numbers.some((number) => number <= seq));
}

const certificates = new WeakMap<object, string>();

async function startAgain(world: ConformanceWorld): Promise<void> {
  await world.startServerAgain();
  scenarioOf(world).target.forgetSessions();
  OpaqueScenario.of(world).forgetSessions();
}

When('the server {ending} and starts again', async function (this: ConformanceWorld, ending: Ending) {
  for (const signal of ENDINGS[ending]) {
    await this.endServer(signal);
    await startAgain(this);
  }
});

When('the server is stopped', async function (this: ConformanceWorld) {
  await this.endServer('SIGTERM', { keepsConnections: true });
});

When('the server starts again', async function (this: ConformanceWorld) {
  this.abandonConnections();
  await startAgain(this);
});

When(
  'the server is killed after {int} of the {int} messages that {person} puts into {queue} are answered, and starts again',
  async function (this: ConformanceWorld, answered: number, count: number, sender: Person, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    const payloads = anyPayloads(scenario.random, count);
    await putUntilLost(scenario, sender, queue, payloads, answered, () => this.endServer('SIGKILL'));
    await startAgain(this);
  },
);

When(
  'the server is stopped while {person} puts up to {int} messages into {queue}, and starts again',
  async function (this: ConformanceWorld, sender: Person, count: number, queue: QueueName) {
    const scenario = scenarioOf(this);
    needRoom(scenario, count);
    const payloads = anyPayloads(scenario.random, count);
    await putUntilEnded(scenario, sender, queue, payloads, PUT_BEFORE_STOP, async () => {
      await this.endServer('SIGTERM', { keepsConnections: true });
      this.abandonConnections();
    });
    await startAgain(this);
  },
);

Then('{queue} holds all that were answered, and none twice', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  const model = scenario.queue(queue);
  model.takeAnswered(withoutOld(model, (await drain(scenario, queue)).flat()));
});

Then('{queue} still holds its messages under the numbers that enqueue returned', async function (queue: QueueName) {
  const scenario = scenarioOf(this);
  const model = scenario.queue(queue);
  const there = withoutOld(model, (await drain(scenario, queue)).flat());
  const numbers = (messages: readonly { seq: bigint }[]): string => messages.map(({ seq }) => seq).join(', ');
  const taken = model.take(there);
  expectEqual(`${model.name}: numbers of the messages`, numbers(there), numbers(taken));
  expectEqual(`${model.name}: messages that were enqueued and did not come back`, model.messages.length, 0);
});

Then('the wait has ended, with an answer or without', async function () {
  const { waits } = scenarioOf(this);
  const wait = waits.at(-1);
  assert.ok(wait, 'no wait began before this step');
  for (const end = Date.now() + TOLD_MS; wait.endedAt === undefined && Date.now() < end; ) await delay(10);
  assert.ok(wait.endedAt !== undefined, `the server has ended, and ${TOLD_MS / 1000} s later the client still waits`);
});

Given('the certificate of the target is noted', async function (this: ConformanceWorld) {
  certificates.set(this, (await this.connect()).peerCertificateSha256);
});

Then('the certificate of the target is the one that was noted', async function (this: ConformanceWorld) {
  const { peerCertificateSha256 } = await this.connect();
  expectEqual('SHA-256 of the certificate', peerCertificateSha256, certificates.get(this) ?? 'not noted');
});
