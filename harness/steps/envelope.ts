import { strict as assert } from 'node:assert';
import { Then, When } from '@cucumber/cucumber';
import { buildEnvelope, MsgType } from '@quicnprotochat/proto';
import { WireScenario } from '../src/wire/scenario.ts';
import type { RandomSource } from '../src/world/random.ts';

const sample = (random: RandomSource): Uint8Array =>
  buildEnvelope({
    msgType: MsgType.mlsApplication,
    groupId: random.bytes(32),
    senderId: random.bytes(32),
    payload: random.bytes(200),
    timestampMs: 1_700_000_000_000n + BigInt(random.below(2 ** 31)),
  });

When('Bob sends Alice {string}', async function (what: string) {
  const scenario = WireScenario.of(this);
  const envelope = sample(scenario.world.random);
  const damaged = Uint8Array.from(envelope, (byte, i) => (i >= 8 && i < 24 ? byte ^ 0xff : byte));
  const contents: Record<string, Uint8Array> = {
    'an envelope': envelope,
    'half an envelope': envelope.subarray(0, envelope.length >> 1),
    'a damaged envelope': damaged,
    'bytes that are no envelope': scenario.world.random.bytes(333),
  };
  const payload = contents[what];
  if (!payload) throw new TypeError(`unknown content: ${what}`);
  scenario.payload = payload;
  const rpc = await scenario.world.session();
  await scenario.drain(rpc);
  await scenario.enqueue(rpc, payload);
});

Then('the same bytes come back', async function () {
  const scenario = WireScenario.of(this);
  const [got, ...more] = await scenario.drain(await scenario.world.session());
  assert.equal(more.length, 0, 'messages besides the one');
  assert.ok(got && Buffer.from(got).equals(scenario.payload), 'other bytes came back');
});
