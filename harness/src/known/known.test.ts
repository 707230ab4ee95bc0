import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from '../errors.ts';
import { loadFeatures, type PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import { loadSpec } from '../spec/spec.ts';
import { judgeKnown } from './judge-known.ts';
import { checkKnownFailing, formatKnownFailing, loadKnownFailing, writeKnownFailing } from './known-list.ts';

const directory = mkdtempSync(join(tmpdir(), 'known-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const listed = (text: string) => {
  const path = join(directory, 'known.txt');
  writeFileSync(path, text);
  return loadKnownFailing(path);
};
const scenario = (requirement: string, name: string): PlannedScenario => ({ requirement, name }) as PlannedScenario;
const [one, other, third] = [scenario('AA-001', 'One'), scenario('AA-001', 'Other'), scenario('AA-002', 'Third')] as [
  PlannedScenario,
  PlannedScenario,
  PlannedScenario,
];
const all = [one, other, third];
const result = (of: PlannedScenario, status: Status): ScenarioResult => ({
  ...{ scenario: of, status, durationMs: 1, exchange: [] },
});

test('a list: entries, comments, white space; anything else is refused with its line', () => {
  const { entries } = listed('\ufeff# why\n\n  aa-001:  One   more # because\r\nAA-002\n');
  assert.deepEqual(entries, [
    { line: 3, requirement: 'AA-001', name: 'One more' },
    { line: 4, requirement: 'AA-002', name: undefined },
  ]);
  for (const bad of ['AA-001: One\nfeatures/a.feature:12\n', '# x\nAA-001 One\n', '#\nAA-001:\n'])
    assert.throws(() => listed(bad), /known\.txt:2 is neither a requirement, DS-004, nor/);
});

test('an entry that is about no scenario is refused, with the nearest', () => {
  checkKnownFailing(listed('AA-001: One\nAA-002\n'), all);
  assert.throws(() => checkKnownFailing(listed('AA-001: On\n'), all), /known\.txt:1: .*the nearest are "AA-001: One"/);
  assert.throws(() => checkKnownFailing(listed('AA-003\n'), all), /no scenario is of AA-003; is it AA-00[12]\?/);
});

test('known failures fail no run; an entry that passes is a problem, where all of its scenarios ran', () => {
  const known = listed('AA-001: One\nAA-002\n');
  const failing = judgeKnown([result(one, 'failed'), result(other, 'failed'), result(third, 'flaky')], known, all);
  assert.deepEqual(
    failing.results.map(({ status }) => status),
    ['known', 'failed', 'known'],
  );
  assert.deepEqual(failing.problems, []);
  const passing = judgeKnown([result(one, 'passed'), result(third, 'skipped')], known, all);
  assert.equal(passing.problems.length, 1);
  assert.match(
    passing.problems[0] ?? '',
    /known\.txt:1: "AA-001: One" is known to fail, and passes: take this line out/,
  );
});

test('a requirement alone is out of date when none of its scenarios fails any more, and not before', () => {
  const known = listed('AA-001\n');
  const problems = (...results: ScenarioResult[]) => judgeKnown(results, known, all).problems.length;
  assert.equal(problems(result(one, 'passed'), result(other, 'failed')), 0);
  assert.equal(problems(result(one, 'passed'), result(other, 'warned')), 0);
  assert.equal(problems(result(one, 'passed')), 0, 'the other was not selected');
  assert.equal(problems(result(one, 'passed'), result(other, 'skipped')), 0);
  assert.equal(problems(result(one, 'passed'), { ...result(other, 'skipped'), isNotOffered: true }), 1);
  assert.equal(problems(result(one, 'passed'), result(other, 'passed')), 1);
});

test('what is written is sorted, says it once, and is read again: every name of the suite survives', () => {
  const suite = loadFeatures(loadSpec(), undefined, 'any');
  const path = join(directory, 'written.txt');
  writeKnownFailing(path, formatKnownFailing(suite.toReversed(), [one], 'a\nserver'));
  const known = loadKnownFailing(path);
  checkKnownFailing(known, suite);
  const results = suite.map((planned) => result(planned, 'failed'));
  assert.ok(judgeKnown(results, known, suite).results.every(({ status }) => status === 'known'));
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const entries = lines.filter((line) => !line.startsWith('#'));
  assert.deepEqual(entries, [...new Set(entries)].sort());
  assert.ok(lines.includes('# now this, now that, so not listed: AA-001: One'));
  assert.throws(() => writeKnownFailing('/dev/null/x', ''), UsageError);
  assert.deepEqual(readdirSync(directory).sort(), ['known.txt', 'written.txt']);
});
