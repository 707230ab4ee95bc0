import { When } from '@cucumber/cucumber';
import { type CalledMethod, rightCall } from '../src/node/calls.ts';
import { deviceNamed } from '../src/node/devices.ts';
import { scenarioOf } from '../src/node/target.ts';

When(
  'a token that is bound to a device calls {method} from {device}',
  async function (method: CalledMethod, device: string) {
    const scenario = scenarioOf(this);
    const person = scenario.target.boundPerson();
    if (!person?.token) return scenario.target.skip('the accounts name no token that is bound to a device');
    const key = new Uint8Array(person.identityKey);
    const auth = {
      version: 1,
      accessToken: new Uint8Array(person.token),
      deviceId: deviceNamed(device, new Uint8Array(person.deviceId), scenario.random),
    };
    const params = { ...rightCall(scenario, 'Mallory', method), identityKey: key, recipientKey: key, auth };
    scenario.sent = params;
    scenario.outcome = await scenario.call('bound', method, params);
  },
);
