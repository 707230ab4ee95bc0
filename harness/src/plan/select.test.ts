import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../errors.ts';
import { loadSpec } from '../spec.ts';
import { loadFeatures } from './features.ts';
import { type Selection, select } from './select.ts';

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
