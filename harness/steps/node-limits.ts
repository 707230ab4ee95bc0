import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Given, Then, When } from '@cucumber/cucumber';
import { rightCall } from '../src/node/calls.ts';
import { type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person, QueueName } from '../src/node/people.ts';
import { anyPayload, anyPayloads, put, putUnpaced } from '../src/node/queue-calls.ts';

const MIB = 1024 * 1024;
/** A target that refuses nobody until so many times its rate were called in one go has no such rate. */
const RATE_FACTOR = 12;
const MAX_RATE = 500;
const RATE_WINDOW = 50;
/** When a call that came too fast must be accepted, in ms. */
const RATE_RECOVERY_MS = 10_000;
const RATE_PAUSE_MS = 250;

Given('the target tells its rate', function () {
  const { target } = scenarioOf(this);
  const { rateLimit } = target.limits;
  if (rateLimit === undefined) return target.skip('no rateLimit of the target is known (--limits)');
  if (rateLimit > MAX_RATE) target.skip(`the target takes ${rateLimit} calls a second, too many to go beyond here`);
});

When('{person} puts messages into {queue} faster than the rate', async function (sender: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  const { rateLimit = 0 } = scenario.target.limits;
  const most = Math.min(rateLimit * RATE_FACTOR, scenario.target.limits.queueMessages - RATE_WINDOW);
  for (let sent = 0; sent < most; sent += RATE_WINDOW)
    if (await putUnpaced(scenario, sender, queue, anyPayloads(scenario.random, RATE_WINDOW))) return;
});

Then('{person} can put a message into {queue} after a while', async function (sender: Person, queue: QueueName) {
  const scenario = scenarioOf(this);
  const payload = anyPayload(scenario.random);
  const params = { ...rightCall(scenario, sender, 'enqueue'), payload, recipientKey: scenario.identity(queue.owner) };
  for (const end = performance.now() + RATE_RECOVERY_MS; ; ) {
    const outcome = await scenario.callOnce(scenario.sessionOf(sender), 'enqueue', params);
    if (outcome.kind === 'results') {
      scenario.queue(queue).add(payload, outcome.results.seq as bigint);
      return;
    }
    if (outcome.code !== 'E014' || performance.now() > end) resultsOf(outcome);
    await delay(RATE_PAUSE_MS);
  }
});

Given("the target's queues hold {int} MiB at most", function (mebibytes: number) {
  const { target } = scenarioOf(this);
  const { queueBytes } = target.limits;
  if (queueBytes > mebibytes * MIB)
    target.skip(`a queue of the target holds ${queueBytes} bytes, too many to fill here`);
});

When(
  '{person} puts big messages into {queue} up to the limit of its bytes and one more',
  async function (sender: Person, queue: QueueName) {
    const scenario = scenarioOf(this);
    const { queueBytes, payloadBytes, queueMessages } = scenario.target.limits;
    const size = Math.min(payloadBytes, Math.max(1, Math.floor(queueBytes / 8)));
    const count = Math.floor(queueBytes / size) + 1;
    if (count > Math.min(queueMessages, 200))
      scenario.target.skip('the target takes too small payloads to fill a queue');
    for (let number = 0; number < count; number += 1) {
      await put(scenario, sender, queue, new Uint8Array(size).fill(number + 1));
      if (scenario.outcome?.kind === 'refused') return;
    }
  },
);

Given('the target keeps {int} KeyPackages of an identity at most', function (count: number) {
  const { target } = scenarioOf(this);
  const { keyPackages } = target.limits;
  if (keyPackages === undefined)
    return target.skip('no limit of the target for waiting KeyPackages is known (--limits)');
  if (keyPackages > count) target.skip(`the target keeps ${keyPackages} KeyPackages, too many to upload here`);
});

async function upload(scenario: NodeScenario, owner: Person): Promise<boolean> {
  const params = rightCall(scenario, owner, 'uploadKeyPackage');
  const outcome = await scenario.callAndRemember(owner, 'uploadKeyPackage', params);
  if (outcome.kind === 'refused') return false;
  scenario.keyPackages.set(owner, [...(scenario.keyPackages.get(owner) ?? []), params.package]);
  return true;
}

When('{person} uploads KeyPackages up to the limit and one more', async function (owner: Person) {
  const scenario = scenarioOf(this);
  const { keyPackages = 0 } = scenario.target.limits;
  for (let number = 0; number <= keyPackages; number += 1) if (!(await upload(scenario, owner))) return;
});
