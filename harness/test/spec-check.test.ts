import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SuiteError } from '../src/errors.ts';
import { loadFeatures } from '../src/plan/features.ts';
import { loadSpec } from '../src/spec/spec.ts';
import { checkSpec } from '../src/spec/spec-check.ts';
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
  [
    'a name twice under a requirement',
    /one\.feature:\d+: "AA-001: it works" is the name of another scenario too, at .*one\.feature:\d+/,
    requirement('AA-001'),
    rule('AA-001', good + good),
  ],
  [
    'rows of an outline with one name',
    /"AA-001: it works" is the name of another/,
    requirement('AA-001'),
    rule(
      'AA-001',
      '    Scenario Outline: it works\n      Then <x>\n\n      Examples:\n        | x |\n        | a |\n        | b |\n',
    ),
  ],
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

test('the same name under two requirements is no fault', () => {
  const spec = requirement('AA-001') + requirement('AA-002');
  assert.equal(faultsOf(spec, rule('AA-001', good) + rule('AA-002', good)), '');
});

test('an index that is not as the pages are is a fault', () => {
  const fixture = makeFixture(requirement('AA-001') + requirement('AA-002', { test: 'none: x' }), rule('AA-001', good));
  const path = join(fixture.specDir, 'SUMMARY.md');
  const index = readFileSync(path, 'utf8');
  const changes: [string, string, RegExp][] = [
    ['2 requirements', '3 requirements', /the totals are not\s+There are 2 requirements: 1 are shown by scenarios/],
    ['1 are untested', '0 are untested', /the totals are not/],
    ['Title of AA-001', 'Another', /AA-001 has no line/],
    ['| MUST |', '| MAY |', /AA-001 has no line/],
    ['| none |', '| scenario |', /AA-002 has no line/],
    ['[AA-002]', '[AA-003]', /AA-002 has no line[\s\S]*AA-003 is in no page/],
    ['](page.md)', '](other.md)', /the page page\.md is missing/],
  ];
  try {
    for (const [was, is, expected] of changes) {
      assert.ok(index.includes(was), was);
      writeFileSync(path, index.replace(was, is));
      assert.match(checkSpec(loadSpec(fixture.specDir), fixture.featuresDir, fixture.specDir).join('\n'), expected, is);
    }
  } finally {
    fixture.remove();
  }
});

test('the specification of this repository is in order', () => {
  assert.deepEqual(checkSpec(loadSpec()), []);
});
