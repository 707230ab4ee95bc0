import assert from 'node:assert/strict';
import { Then, When } from '@cucumber/cucumber';
import type { ClientWorld } from '../../src/client/client-world.ts';
import { newText } from '../../src/client/conversation.ts';
import { type Forgery, forgeHybrid, partsOf } from '../../src/client/hybrid-forgery.ts';
import { payloadsTo } from '../../src/client/payloads.ts';
import { MsgType } from '../../src/client/wrapping.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

Then('all that went to {person} was in hybrid envelopes', async function (this: ClientWorld, name: string) {
  for (const { isHybrid, format } of await payloadsTo(this, name))
    assert.ok(isHybrid, `a ${format} was sent to ${name} without a hybrid envelope`);
});

Then('nothing that went to {person} was in a hybrid envelope', async function (this: ClientWorld, name: string) {
  for (const { isHybrid, format } of await payloadsTo(this, name))
    assert.ok(!isHybrid, `a ${format} was sent to ${name} in a hybrid envelope, and ${name} has published no key`);
});

const FORGERIES: Record<string, Forgery> = {
  'of version 2': { version: 2 },
  'with a key of low order': { isLowOrder: true },
  'with the last bit of its tag flipped': { isTagFlipped: true },
};

When(
  /^Bob sends a message in a hybrid envelope (of .+|with the .+|with a .+)$/,
  async function (this: ClientWorld, how) {
    const forgery = FORGERIES[how];
    if (!forgery) throw new TypeError(`there is no "${how}"; there are ${Object.keys(FORGERIES).join('; ')}`);
    const hybridKey = this.service.hybridKeys.get(hex(this.identityKey));
    if (!hybridKey) this.skip('the client publishes no hybrid key, so that nobody sends it a hybrid envelope');
    const [bob, text] = [await this.peer('Bob'), newText()];
    const message = await bob.member.sendMessage(Buffer.from(text));
    const sealed = forgeHybrid(hybridKey, message, forgery);
    const payload = bob.wrapFor(this.identityKey, sealed, MsgType.mlsApplication, 'in an Envelope');
    this.service.put(this.identityKey, payload);
    this.said.push({ text, payload });
  },
);

Then('no two hybrid envelopes that went to {person} have a part in common', async function (this: ClientWorld, name) {
  const seen = new Map<string, string>();
  const envelopes = new Map<string, Uint8Array>();
  // One that is sent twice, since an answer was lost, is one.
  for (const { hybrid } of await payloadsTo(this, name)) if (hybrid) envelopes.set(hex(hybrid), hybrid);
  for (const hybrid of envelopes.values()) {
    for (const [what, bytes] of Object.entries(partsOf(hybrid))) {
      assert.equal(seen.get(hex(bytes)), undefined, `two hybrid envelopes have the same ${what}`);
      seen.set(hex(bytes), what);
    }
  }
  assert.ok(seen.size > 0, `nothing went to ${name} in a hybrid envelope`);
});
