import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult } from '../result.ts';
import { type Called, hintsFor } from './hints.ts';

const failing = (message: string, area = 'KP', status: ScenarioResult['status'] = 'failed'): ScenarioResult => ({
  ...{ scenario: { area } as PlannedScenario, status, durationMs: 1, exchange: [] },
  failure: { step: 'a step', message },
});
const times = (count: number, result: ScenarioResult): ScenarioResult[] => Array.from({ length: count }, () => result);
const hints = (results: ScenarioResult[], called: Partial<Called> = {}): string =>
  hintsFor(results, { hasAccounts: false, isOpen: false, hasHtml: true, ...called }).join('\n');

const E003 = failing('fetch was refused: failed: E003: AUTH_TOKEN_INVALID: the token is not valid');

test('what half of the failures share is told, with what to do', () => {
  assert.match(hints(times(5, E003), { hasAccounts: true }), /^5 of 5 failures are refused with E003: .*--accounts/);
  const expected = failing('fetch was refused with "E003: X: y", expected E004');
  assert.match(hints([...times(4, expected), ...times(4, failing('x'))], { hasAccounts: true }), /^4 of 8 .*E003/);
  assert.match(hints(times(4, failing('enqueue was refused with "E001", expected E005')), { isOpen: true }), /--open/);
  assert.match(hints(times(4, failing('fetch succeeded, expected it to be refused', 'AUTH'))), /say --open/);
  assert.match(hints(times(4, failing('peek was not answered within 10000 ms'))), /--timeout 30s/);
  assert.match(hints(times(4, failing('peek was refused: overloaded: E014: SLOW: down', 'DS', 'flaky'))), /rateLimit/);
});

test('where failures are shown in full is told, unless they are', () => {
  assert.match(hints([failing('x')], { hasHtml: false }), /^--report html=/);
  assert.equal(hints([], { hasHtml: false }), '');
});

test('nothing is told of few failures, of what most do not share, of what passed, or where it cannot be the reason', () => {
  assert.equal(hints(times(3, E003), { hasAccounts: true }), '');
  assert.equal(hints([...times(4, E003), ...times(5, failing('x'))], { hasAccounts: true }), '');
  assert.equal(hints(times(9, { ...E003, status: 'warned' }), { hasAccounts: true }), '');
  assert.equal(hints(times(9, E003)), '');
  assert.equal(hints(times(4, failing('fetch succeeded, expected it to be refused', 'DS'))), '');
  assert.equal(hints(times(4, failing('fetch was refused with "E0031", expected E004')), { hasAccounts: true }), '');
});
