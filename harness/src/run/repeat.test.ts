import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedScenario } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import type { RunOutcome } from './outcome.ts';
import { repeated, seedOfPass } from './repeat.ts';

const one = { name: 'one' } as PlannedScenario;

/** Runs one scenario that comes out like this, run by run. */
const ran = async (statuses: readonly Status[], last: Partial<RunOutcome> = {}): Promise<ScenarioResult> => {
  const outcome = await repeated(statuses.length, async (pass) => {
    const status = statuses[pass] as Status;
    const reason = status === 'skipped' ? (last.gone ?? last.halted ?? 'the weather') : undefined;
    const failure = status === 'failed' ? { step: 'it holds', message: 'it did not' } : undefined;
    const result: ScenarioResult = { scenario: one, status, durationMs: 2, exchange: [], reason, failure };
    return { results: [result], faults: [], ...(pass === statuses.length - 1 ? last : {}) };
  });
  return outcome.results[0] as ScenarioResult;
};

test('what comes out the same each time is that; the counts say how often', async () => {
  for (const status of ['passed', 'failed', 'warned', 'skipped', 'broken'] as const) {
    const result = await ran([status, status, status]);
    assert.equal(result.status, status);
    assert.deepEqual(result.runs, { [status]: 3 });
    assert.equal(result.durationMs, 6);
  }
});

test('what does not is flaky, and says how it came out', async () => {
  const result = await ran(['passed', 'failed', 'passed']);
  assert.equal(result.status, 'flaky');
  assert.deepEqual(result.runs, { passed: 2, failed: 1 });
  assert.match(result.failure?.message ?? '', /of 3 runs passed 2, failed 1; one of them said: it did not/);
  assert.equal((await ran(['passed', 'skipped'])).status, 'flaky');
  assert.equal((await ran(['passed', 'warned'])).status, 'flaky');
  assert.equal((await ran(['passed', 'broken'])).status, 'broken');
});

test('a run that ended early says nothing against what ran before; a target that went away leaves nothing passed', async () => {
  assert.equal((await ran(['passed', 'skipped'], { halted: 'stopped' })).status, 'passed');
  assert.equal((await ran(['failed', 'skipped'], { gone: 'it is gone' })).status, 'failed');
  const gone = await ran(['passed', 'skipped'], { gone: 'it is gone' });
  assert.deepEqual([gone.status, gone.reason], ['skipped', 'it is gone']);
  let runs = 0;
  await repeated(5, async () => {
    runs += 1;
    return { results: [], faults: [], halted: 'stopped' };
  });
  assert.equal(runs, 1);
});

test('each run has an order of its own, which the seed decides', () => {
  assert.equal(seedOfPass(undefined, 3), undefined);
  assert.equal(seedOfPass('7', 0), '7');
  assert.notEqual(seedOfPass('7', 1), seedOfPass('7', 2));
});
