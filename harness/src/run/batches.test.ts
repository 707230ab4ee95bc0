import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlannedScenario } from '../plan/features.ts';
import { batchesOf, shuffledBatches } from './batches.ts';
import { runOnLanes } from './jobs.ts';
import type { LaneRunner } from './lane-runner.ts';
import { resetHalt, resetStop, stopReason, stopRun } from './stop.ts';

const scenario = (uri: string, line: number): PlannedScenario =>
  ({ uri, line, name: `${line}`, requirement: 'AA-001', level: 'MUST' }) as PlannedScenario;
const scenarios = [
  ...Array.from({ length: 40 }, (_, i) => scenario('a.feature', i + 1)),
  ...Array.from({ length: 3 }, (_, i) => scenario('b.feature', i + 1)),
];

/** A lane that passes everything, and says what it ran. */
function lane(ran: PlannedScenario[][], gone?: string): LaneRunner {
  return {
    noAccounts: undefined,
    run: async ({ scenarios: of }, onResult) => {
      ran.push(of);
      const results = of.map((one) => ({ scenario: one, status: 'passed' as const, durationMs: 1, exchange: [] }));
      for (const result of results) onResult(result);
      return { results, faults: [], gone };
    },
  };
}

test('each scenario is in one batch, and every lane has several', () => {
  const batches = batchesOf(scenarios, 2);
  assert.deepEqual(
    batches.flatMap((batch) => batch.scenarios),
    scenarios,
  );
  assert.ok(batches.length >= 4);
  assert.ok(batchesOf(scenarios.concat(scenarios, scenarios, scenarios), 1).every((one) => one.scenarios.length <= 40));
  assert.deepEqual(batchesOf([]), []);
});

test('on several lanes, what waits begins first, and the last batches are small', () => {
  const mixed = [
    ...Array.from({ length: 100 }, (_, i) => scenario('features/batch/a.feature', i + 1)),
    ...Array.from({ length: 20 }, (_, i) => scenario('features/transport/b.feature', i + 1)),
  ];
  const batches = batchesOf(mixed, 3);
  assert.deepEqual(new Set(batches.flatMap((batch) => batch.scenarios)), new Set(mixed));
  assert.ok(batches[0]?.scenarios.every(({ uri }) => uri.includes('transport')));
  const sizes = batches.map((batch) => batch.scenarios.length);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => b - a),
  );
  assert.deepEqual([sizes[0], sizes.at(-2)], [20, 8]);
  // On one lane everything goes in its order.
  assert.deepEqual(
    batchesOf(mixed).flatMap((batch) => batch.scenarios),
    mixed,
  );
});

test('shuffled, each lane has its part, which depends on the number of lanes alone', () => {
  const batches = shuffledBatches(scenarios, 3, '7');
  assert.equal(batches.length, 3);
  assert.deepEqual(new Set(batches.flatMap((batch) => batch.scenarios)), new Set(scenarios));
  assert.deepEqual(batches, shuffledBatches(scenarios, 3, '7'));
});

test('lanes share the work, and results come in the order of the plan', async () => {
  const [first, second]: PlannedScenario[][][] = [[], []];
  const seen: PlannedScenario[] = [];
  const { results, faults } = await runOnLanes(
    [lane(first ?? []), lane(second ?? [])],
    scenarios,
    undefined,
    (result) => {
      seen.push(result.scenario);
      return undefined;
    },
  );
  assert.ok(first?.length && second?.length);
  assert.deepEqual(
    results.map((result) => result.scenario),
    scenarios,
  );
  assert.equal(new Set(seen).size, scenarios.length);
  assert.deepEqual(faults, []);
});

test('when the target is gone, what is left is skipped for that reason', async () => {
  const ran: PlannedScenario[][] = [];
  const { results, gone } = await runOnLanes([lane(ran, 'gone')], scenarios, undefined, () => undefined);
  assert.equal(gone, 'gone');
  assert.equal(ran.length, 1);
  const skipped = results.filter(({ status, reason }) => status === 'skipped' && reason === 'gone');
  assert.equal(skipped.length, scenarios.length - (ran[0]?.length ?? 0));
});

test('an answer ends the run: every lane is told, and what is left is skipped for that reason', async () => {
  resetHalt();
  const lanes = [lane([]), lane([])];
  let failures = 0;
  const { results, halted } = await runOnLanes(lanes, scenarios, undefined, ({ status }) => {
    failures += status === 'passed' ? 1 : 0;
    return failures >= 2 ? 'enough' : undefined;
  });
  assert.equal(halted, 'enough');
  assert.deepEqual([0, 1].map(stopReason), ['enough', 'enough']);
  resetHalt();
  assert.equal(stopReason(0), undefined);
  assert.equal(results.length, scenarios.length);
  assert.ok(results.some(({ status, reason }) => status === 'skipped' && reason === 'enough'));
});

test('a target that went away ends the runs of its own lane alone', () => {
  stopRun(1, 'gone');
  stopRun(1, 'gone once more');
  resetStop(0);
  assert.deepEqual([0, 1].map(stopReason), [undefined, 'gone']);
  resetStop(1);
  assert.equal(stopReason(1), undefined);
});

test('many lanes are no leak of listeners', async () => {
  const lanes = Array.from({ length: 30 }, () => lane([]));
  await runOnLanes(lanes, scenarios, undefined, () => undefined);
  assert.ok(process.getMaxListeners() > lanes.length);
});
