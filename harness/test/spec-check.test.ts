import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SuiteError } from '../src/errors.ts';
import { loadFeatures } from '../src/plan/features.ts';
import { loadSpec } from '../src/spec.ts';
import { checkSpec } from '../src/spec-check.ts';
import { makeFixture, requirement, rule, scenario } from './sources.ts';

const good = scenario('it works', 'Given something', 'Then it holds');

function faultsOf(spec: string, feature: string): string {
  const fixture = makeFixture(spec, feature);
  try {
    return checkSpec(loadSpec(fixture.specDir), fixture.featuresDir, fixture.specDir).join('\n');
  } catch (error) {
    if (error instanceof SuiteError) return error.message;
    throw error;
  } finally {
    fixture.remove();
  }
}

test('a requirement that vectors show has cases in the files that it names', () => {
  const fixture = makeFixture(
    requirement('AA-001', { test: 'vector: one.json, two.json' }) + requirement('AA-002'),
    rule('AA-002', good),
  );
  const faults = (vectors: Record<string, string[]>): string[] =>
    checkSpec(loadSpec(fixture.specDir), fixture.featuresDir, fixture.specDir, new Map(Object.entries(vectors)));
  try {
    assert.deepEqual(faults({ 'AA-001': ['vectors/one.json#a', 'vectors/two.json#b'] }), []);
    assert.match(faults({ 'AA-001': ['vectors/one.json#a'] }).join(), /AA-001 has no case in vectors\/two\.json/);
    assert.equal(faults({ 'AA-002': ['vectors/one.json#a'] }).length, 2);
  } finally {
    fixture.remove();
  }
});

test('spec and features that belong together have no faults', () => {
  assert.equal(
    faultsOf(requirement('AA-001') + requirement('AA-002', { test: 'none: nothing shows it' }), rule('AA-001', good)),
    '',
  );
  assert.equal(
    faultsOf(requirement('AA-001', { sentence: 'One\n> two.' }), rule('AA-001', good, { sentence: 'One\n    two.' })),
    '',
  );
});

const cases: [string, RegExp, string, string][] = [
  [
    'a requirement without scenario',
    /AA-002 has no scenario/,
    requirement('AA-001') + requirement('AA-002'),
    rule('AA-001', good),
  ],
  [
    'a rule of no requirement',
    /does not begin with the id/,
    requirement('AA-001'),
    rule('AA-001', good) + rule('AA-009', good),
  ],
  [
    'a changed sentence',
    /the sentence of AA-001 differs/,
    requirement('AA-001'),
    rule('AA-001', good, { sentence: 'Another one.' }),
  ],
  [
    'a missing tag',
    /@source:decided is missing/,
    requirement('AA-001'),
    rule('AA-001', good, { tags: '@AA-001 @level:must @profile:core' }),
  ],
  [
    'a wrong tag',
    /@level:should is not what/,
    requirement('AA-001'),
    rule('AA-001', good, { tags: '@AA-001 @level:should @profile:core @source:decided' }),
  ],
  ['a rule without scenario', /AA-001 has no scenario/, requirement('AA-001'), rule('AA-001', '')],
  ['two rules', /has a Rule already/, requirement('AA-001'), rule('AA-001', good) + rule('AA-001', good)],
  [
    'a scenario without Then',
    /cannot fail/,
    requirement('AA-001'),
    rule('AA-001', scenario('only given', 'Given something')),
  ],
  ['a scenario outside rules', /is in no Rule/, requirement('AA-001'), `${good}${rule('AA-001', good)}`],
  [
    'an untestable requirement with a rule',
    /says "Test: none: x"/,
    requirement('AA-001', { test: 'none: x' }),
    rule('AA-001', good),
  ],
  ['an id twice', /is there twice/, requirement('AA-001') + requirement('AA-001'), rule('AA-001', good)],
  ['an unknown level', /Level is not/, requirement('AA-001', { level: 'OUGHT' }), rule('AA-001', good)],
  ['an unknown source', /Source is not/, requirement('AA-001', { source: 'rumour' }), rule('AA-001', good)],
  ['no way of testing', /Test is not/, requirement('AA-001', { test: 'none' }), rule('AA-001', good)],
  ['a feature that does not parse', /one\.feature/, requirement('AA-001'), scenario('a', 'Then it holds', '"""')],
];
for (const [what, expected, spec, feature] of cases) {
  test(`${what} is a fault`, () => assert.match(faultsOf(spec, feature), expected));
}

const plans: [string, RegExp, string][] = [
  ['a scenario without steps', /has no steps/, rule('AA-001', '    Scenario: empty\n')],
  [
    'an outline without rows',
    /has no examples/,
    rule('AA-001', '    Scenario Outline: rows\n      Then <x>\n\n      Examples:\n        | x |\n'),
  ],
  ['two requirement tags', /has 2 requirement tags/, rule('AA-001', good, { tags: '@AA-001 @AA-002' })],
  ['no requirement tag', /has 0 requirement tags/, rule('AA-001', good, { tags: '@x' })],
  ['an unknown requirement', /tagged with ZZ-001/, rule('AA-001', good, { tags: '@ZZ-001' })],
  ['an unknown profile', /unknown profile nope/, rule('AA-001', good, { tags: '@AA-001 @profile:nope' })],
];
for (const [what, expected, feature] of plans) {
  test(`${what} breaks the plan`, () => {
    const fixture = makeFixture(requirement('AA-001') + requirement('AA-002'), feature);
    try {
      assert.throws(
        () => loadFeatures(loadSpec(fixture.specDir), fixture.featuresDir),
        (error) => error instanceof SuiteError && expected.test(error.message),
      );
    } finally {
      fixture.remove();
    }
  });
}

test('the specification of this repository is in order', () => {
  assert.deepEqual(checkSpec(loadSpec()), []);
});
