import { Given, When } from '@cucumber/cucumber';
import { rightCall } from '../src/node/calls.ts';
import { deviceNamed } from '../src/node/devices.ts';
import type { CalledMethod } from '../src/node/methods.ts';
import { scenarioOf } from '../src/node/node-scenario.ts';
import type { Person } from '../src/node/people.ts';
import { sameBytes } from '../src/node/queue-model.ts';

const DEVICE_BYTES = 16;

When(
  'a token that is bound to a device calls {method} from {device}',
  async function (method: CalledMethod, device: string) {
    const scenario = scenarioOf(this);
    const person = scenario.target.boundPerson();
    if (!person?.token) return scenario.target.skip('the accounts name no token that is bound to a device');
    const bound = new Uint8Array(person.deviceId);
    const deviceId = deviceNamed(device, bound, scenario.random);
    if (device !== 'that device' && sameBytes(deviceId, bound))
      scenario.target.skip('no other device can be made of the right one in this way');
    // Then it is too long besides, which is another fault.
    if (deviceId.length > scenario.target.limits.deviceIdBytes)
      scenario.target.skip('the device is as long as is allowed');
    const key = new Uint8Array(person.identityKey);
    const auth = { version: 1, accessToken: new Uint8Array(person.token), deviceId };
    const params = { ...rightCall(scenario, 'Mallory', method), identityKey: key, recipientKey: key, auth };
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
