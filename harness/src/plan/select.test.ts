import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../errors.ts';
import { loadSpec } from '../spec/spec.ts';
import { loadFeatures } from './features.ts';
import { type Selection, select, shardOf } from './select.ts';

const spec = loadSpec();
const planned = loadFeatures(spec);
const selected = (selection: Partial<Selection>) =>
  select(planned, { requirements: [], profiles: [], ...selection }, spec);

test('levels and provenance narrow a selection', () => {
  const musts = selected({ levels: ['MUST'] });
  assert.ok(musts.length > 0 && musts.length < planned.length);
  assert.ok(musts.every(({ level }) => level === 'MUST'));
  const stated = selected({ sources: ['stated'] });
  assert.ok(stated.length > 0 && stated.length < planned.length);
  assert.ok(stated.every(({ source }) => source === 'stated'));
});

test('what is excluded does not run, even if it is selected', () => {
  const rest = selected({ requirements: ['DS'], excluded: ['DS-004'] });
  assert.ok(rest.length > 0 && rest.every(({ area, requirement }) => area === 'DS' && requirement !== 'DS-004'));
  assert.deepEqual(selected({ requirements: ['DS'], excluded: ['DS'] }), []);
  assert.throws(() => selected({ excluded: ['DS-999'] }), UsageError);
});

test('tags select and exclude; one that no scenario has is a mistake', () => {
  const withAccounts = selected({ tags: ['needs:accounts'] });
  const without = selected({ excluded: ['@needs:accounts'] });
  assert.ok(withAccounts.length > 0 && without.length > 0);
  assert.equal(withAccounts.length + without.length, planned.length);
  assert.ok(selected({ tags: ['needs:accounts', 'needs:open'] }).length > withAccounts.length);
  assert.throws(() => selected({ tags: ['needs:luck'] }), /--tag @needs:luck: .*there are .*@needs:accounts/);
  assert.throws(() => selected({ excluded: ['@needs:luck'] }), UsageError);
  assert.throws(() => selected({ excluded: ['SLOW'] }), /tags begin with @/);
});

test('shards together are everything, once, and about as large as each other', () => {
  const one = { index: 1, count: 1 };
  assert.deepEqual(shardOf(planned, one), planned);
  const shards = Array.from({ length: 7 }, (_, i) => shardOf(planned, { index: i + 1, count: 7 }));
  assert.equal(new Set(shards.flat()).size, planned.length);
  assert.equal(shards.flat().length, planned.length);
  const sizes = shards.map(({ length }) => length);
  assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, sizes.join());
});
