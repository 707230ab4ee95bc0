import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadFeatures } from '../../plan/features.ts';
import { loadSpec } from '../../spec/spec.ts';
import { editedSources } from './build.ts';
import { faults, togetherOf, variants } from './catalog.ts';

const all = [...faults, ...variants, ...togetherOf(variants)];

test('each edit finds its one place in the sources', () => {
  for (const { id, edits } of all)
    assert.doesNotThrow(() => assert.ok(editedSources(edits).size > 0), `harness/src/mutants/clients: ${id}`);
});

test('an edit that finds none, or two, is a fault of the catalogue', () => {
  const file = 'reference/client/src/main.ts';
  assert.throws(() => editedSources([{ file, find: 'no such text', replace: '' }]), /holds this not once/);
  assert.throws(() => editedSources([{ file, find: 'process', replace: '' }]), /holds this not once/);
});

test('ids are given once; each fault breaks a requirement that has scenarios for clients', () => {
  const ids = all.map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) < i),
    [],
  );
  const shown = new Set(loadFeatures(loadSpec(), undefined, 'client').map(({ requirement }) => requirement));
  for (const { id, requirement } of faults) assert.ok(shown.has(requirement), `${id} breaks ${requirement}`);
});

test('whoever is in a set is in one client with the others', () => {
  const together = togetherOf(variants);
  assert.equal(together.length, new Set(variants.map(({ set }) => set)).size);
  assert.equal(together.flatMap(({ edits }) => edits).length, variants.flatMap(({ edits }) => edits).length);
});
