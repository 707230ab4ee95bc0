import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DeliveryModel } from '../../test/delivery-model.ts';

const who = fc.nat({ max: 30 });
const kind = fc.constantFrom('add', 'add', 'remove', 'update', 'update');
const action = fc.oneof(
  { weight: 4, arbitrary: who.map((n) => (model: DeliveryModel) => model.send(n)) },
  { weight: 3, arbitrary: fc.tuple(who, kind, who).map((args) => (model: DeliveryModel) => model.commit(...args)) },
  { weight: 7, arbitrary: fc.tuple(who, fc.boolean()).map((args) => (model: DeliveryModel) => model.receive(...args)) },
  { weight: 1, arbitrary: who.map((n) => (model: DeliveryModel) => model.restart(n)) },
);

test('whatever members do and whenever they read: each reads what it may, from whom it is, and they agree', async () => {
  const seen: Record<string, number> = {};
  const run = fc.asyncProperty(fc.array(action, { minLength: 60, maxLength: 60 }), async (actions) => {
    const model = await DeliveryModel.start();
    for (const act of actions) await act(model);
    await model.finish();
    for (const [what, times] of Object.entries(model.seen)) seen[what] = (seen[what] ?? 0) + times;
  });
  await fc.assert(run, { numRuns: 12, seed: 20_261_125, endOnFailure: true });
  const must = [
    'application',
    'commit',
    'add',
    'remove',
    'update',
    'restart',
    'discarded commit',
    'PAST_EPOCH',
    'REMOVED',
  ];
  for (const what of must)
    assert.ok((seen[what] ?? 0) > 0, `nothing of kind ${what} happened: ${JSON.stringify(seen)}`);
});
