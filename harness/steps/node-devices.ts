import { Given, Then, When } from '@cucumber/cucumber';
import type { Delivery } from '@quicnprotochat/proto';
import { rightCall } from '../src/node/calls.ts';
import { deviceNamed } from '../src/node/devices.ts';
import { expectEqual } from '../src/node/expect-equal.ts';
import type { CalledMethod, CallParams } from '../src/node/methods.ts';
import { type NodeScenario, scenarioOf } from '../src/node/node-scenario.ts';
import { resultsOf } from '../src/node/outcome.ts';
import type { Person } from '../src/node/people.ts';
import { anyPayload } from '../src/node/queue-calls.ts';
import { sameBytes } from '../src/node/queue-model.ts';

const DEVICE_BYTES = 16;
/** A queue that gives more has no end. */
const MAX_ANSWERS = 50;

/** What a right call of whoever has a token that is bound to a device sends, from that device. */
function boundCall(scenario: NodeScenario, method: CalledMethod): CallParams {
  const person = scenario.target.boundPerson();
  if (!person?.token) return scenario.target.skip('the accounts name no token that is bound to a device');
  const key = new Uint8Array(person.identityKey);
  const auth = { version: 1, accessToken: new Uint8Array(person.token), deviceId: new Uint8Array(person.deviceId) };
  return { ...rightCall(scenario, 'Mallory', method), identityKey: key, recipientKey: key, auth };
}

/** @returns what was in the queue, as far as one answer holds it */
async function fetchBound(scenario: NodeScenario): Promise<Delivery[]> {
  return resultsOf(await scenario.call('bound', 'fetch', boundCall(scenario, 'fetch'))).payloads as Delivery[];
}

Given(
  '{person} has put a message into the queue of a token that is bound to a device',
  async function (sender: Person) {
    const scenario = scenarioOf(this);
    const { recipientKey } = boundCall(scenario, 'fetch');
    for (let answers = 0; answers < MAX_ANSWERS && (await fetchBound(scenario)).length > 0; ) answers += 1;
    const params = { ...rightCall(scenario, sender, 'enqueue'), recipientKey, payload: anyPayload(scenario.random) };
    resultsOf(await scenario.call(scenario.sessionOf(sender), 'enqueue', params));
  },
);

Then('the message is still there, for that device', async function () {
  expectEqual('messages that came back', (await fetchBound(scenarioOf(this))).length, 1);
});

When(
  'a token that is bound to a device calls {method} from {device}',
  async function (method: CalledMethod, device: string) {
    const scenario = scenarioOf(this);
    const right = boundCall(scenario, method);
    const bound = right.auth.deviceId;
    const deviceId = deviceNamed(device, bound, scenario.random);
    if (device !== 'that device' && sameBytes(deviceId, bound))
      scenario.target.skip('no other device can be made of the right one in this way');
    // Then it is too long besides, which is another fault.
    if (deviceId.length > scenario.target.limits.deviceIdBytes)
      scenario.target.skip('the device is as long as is allowed');
    const params = { ...right, auth: { ...right.auth, deviceId } };
    scenario.sent = params;
    scenario.outcome = await scenario.call('bound', method, params);
  },
);

/** Another one each time, for all calls from now on. */
Given('{person} is on a device of her own', async function (person: Person) {
  const scenario = scenarioOf(this);
  const { target } = scenario;
  if (target.person(person).deviceId.length > 0) target.skip('the account is bound to a device');
  scenario.devices.set(person, scenario.random.bytes(Math.min(DEVICE_BYTES, target.limits.deviceIdBytes)));
  // Whether a device id may come with this token is not the question here (AUTH-015).
  const asked = await scenario.call(scenario.sessionOf(person), 'fetchHybridKey', {
    ...rightCall(scenario, person, 'fetchHybridKey'),
  });
  if (asked.kind === 'refused') target.skip(`the target takes no deviceId with this token: ${asked.reason}`);
});
