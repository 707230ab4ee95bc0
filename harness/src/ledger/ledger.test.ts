import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFixture, requirement, rule, scenario } from '../../test/sources.ts';
import { loadFeatures } from '../plan/features.ts';
import type { ScenarioResult, Status } from '../result.ts';
import { loadSpec } from '../spec/spec.ts';
import { checkLedger, untestedPercent } from './check.ts';
import { loadEvidence } from './evidence.ts';
import { byRequirement, type LedgerEntry, makeLedger, outcomeOf, specDigest } from './ledger.ts';
import { checkCatalogue, listMutants, writeCatalogue } from './mutant-list.ts';
import { printLedger } from './print.ts';

const directory = mkdtempSync(join(tmpdir(), 'ledger-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const places = {
  vectorsDir: join(directory, 'vectors'),
  properties: join(directory, 'properties.json'),
  mutants: join(directory, 'mutants.json'),
  clients: join(directory, 'clients.json'),
};
mkdirSync(places.vectorsDir);
const write = (path: string, value: unknown): void => writeFileSync(path, JSON.stringify(value));
write(join(places.vectorsDir, 'codes.json'), {
  groups: [{ requirements: ['AA-002'], cases: [{ id: 'one' }, { id: 'two', requirements: ['AA-001'] }] }],
});
write(join(places.vectorsDir, 'codes.schema.json'), { cases: [{ id: 'no case', requirement: 'ZZ-001' }] });
write(places.properties, { properties: [{ id: 'queues', requirements: ['AA-001', 'AA-002'] }] });
write(places.mutants, { mutants: [{ id: 'forgets', requirement: 'AA-001' }] });
write(places.clients, { mutants: [{ id: 'forgets', requirement: 'AA-002', edits: [] }] });

const SPEC =
  requirement('AA-001') +
  requirement('AA-002', { test: 'unit: harness/package.json, since nothing shows it' }) +
  requirement('AA-003', { test: 'none: it is the weather' }) +
  requirement('AA-004', { test: 'unit: nowhere.test.ts, since nothing shows it' });

function ledgerOf(spec: string, feature: string, evidence = loadEvidence(places)) {
  const fixture = makeFixture(spec, feature);
  try {
    const requirements = loadSpec(fixture.specDir);
    return {
      requirements,
      ledger: makeLedger(requirements, loadFeatures(requirements, fixture.featuresDir), evidence),
      evidence,
    };
  } finally {
    fixture.remove();
  }
}
const FEATURE = rule('AA-001', scenario('a', 'Then it holds') + scenario('b', 'Then it holds'));

test('each requirement has its scenarios, vectors, properties, mutants, or the reason why nothing tests it', () => {
  const { ledger } = ledgerOf(SPEC, FEATURE);
  assert.deepEqual(
    ledger.map(({ requirement: { id }, tests, untested }) => [
      id,
      tests.scenarios.length,
      tests.vectors.map((name) => name.split('#')[1]),
      tests.properties,
      tests.mutants,
      untested,
    ]),
    [
      ['AA-001', 2, ['two'], ['queues'], ['forgets'], null],
      ['AA-002', 0, ['one', 'two'], ['queues'], ['client:forgets'], null],
      ['AA-003', 0, [], [], [], 'it is the weather'],
      ['AA-004', 0, [], [], [], null],
    ],
  );
  const text = printLedger(ledger, true);
  for (const part of [
    '2 scenarios, 1 vector, 1 property, 1 mutant',
    'not testable: it is the weather',
    'mutant forgets',
    'not testable: 1 (25.0 %)',
  ])
    assert.ok(text.includes(part), part);
});

test('faults: evidence for what is not in the spec or twice there, a test that is not there, too much untested', () => {
  const evidence = loadEvidence(places);
  evidence.mutants.set('AA-009', ['stray']);
  evidence.vectors.set('AA-001', ['x#1', 'x#1']);
  const { requirements, ledger } = ledgerOf(SPEC, FEATURE, evidence);
  const faults = checkLedger(requirements, ledger, evidence).join('\n');
  assert.match(faults, /mutants: stray names AA-009, which spec\/ does not have/);
  assert.match(faults, /x#1 is there twice for AA-001/);
  assert.match(faults, /AA-004 is tested by nowhere.test.ts, which is not there/);
  assert.match(faults, /25\.0 % of the requirements are not tested/);
  assert.equal(untestedPercent(ledger), 25);
});

test('no folder, no evidence; a file that cannot be read is a fault of the suite', () => {
  const nowhere = join(directory, 'nowhere');
  const none = loadEvidence({ vectorsDir: nowhere, properties: nowhere, mutants: nowhere, clients: nowhere });
  assert.deepEqual([none.vectors.size, none.properties.size, none.mutants.size], [0, 0, 0]);
  const bad = join(directory, 'bad.json');
  for (const text of ['{', '{"mutants": 1}']) {
    writeFileSync(bad, text);
    assert.throws(() => loadEvidence({ ...places, mutants: bad }), /bad\.json/);
  }
});

test('the outcome of a requirement is the worst of its scenarios', () => {
  const { ledger } = ledgerOf(SPEC, FEATURE);
  const [tested, unit, none] = ledger as [LedgerEntry, LedgerEntry, LedgerEntry];
  const results = (...statuses: Status[]): ScenarioResult[] =>
    statuses.map((status) => ({ status }) as unknown as ScenarioResult);
  assert.equal(outcomeOf(tested, results('passed', 'failed', 'skipped')), 'failed');
  assert.equal(outcomeOf(tested, results('passed', 'skipped')), 'passed');
  assert.equal(outcomeOf(tested, results('passed', 'warned')), 'warned');
  assert.equal(outcomeOf(tested, results('skipped')), 'skipped');
  assert.equal(outcomeOf(tested, [{ status: 'skipped', isNotOffered: true } as ScenarioResult]), 'not offered');
  assert.equal(outcomeOf(tested, []), 'not selected');
  assert.equal(outcomeOf(unit, []), 'elsewhere');
  assert.equal(outcomeOf(none, []), 'not testable');
  assert.equal(byRequirement([]).size, 0);
});

test('the digest changes with what binds, and with nothing else', () => {
  const digest = (spec: string): string => specDigest(ledgerOf(spec, FEATURE).requirements);
  const same = digest(SPEC);
  assert.match(same, /^[0-9a-f]{64}$/);
  assert.equal(digest(SPEC.replaceAll('Reason: because.', 'Reason: another.')), same);
  assert.notEqual(digest(SPEC.replace('The sentence of AA-001.', 'The sentence of AA-001!')), same);
  assert.notEqual(digest(SPEC.replace('Level: MUST', 'Level: SHOULD')), same);
});

test('the catalogue of mutants is the list of those that there are', async () => {
  const host = join(directory, 'host.mjs');
  const list = [
    { id: 'b', requirement: 'AA-001', what: 'x', more: 1 },
    { id: 'a', requirement: 'AA-002', what: 'y' },
  ];
  writeFileSync(host, `process.stdin.once('data', () => console.log('${JSON.stringify({ mutants: list })}'));`);
  const mutants = await listMutants(host);
  assert.deepEqual(
    mutants?.map(({ id }) => id),
    ['a', 'b'],
  );
  const path = join(directory, 'catalog.json');
  assert.match(checkCatalogue(mutants ?? [], path).join(), /npm run ledger -- --write/);
  writeCatalogue(mutants ?? [], path);
  assert.deepEqual(checkCatalogue(mutants ?? [], path), []);
  assert.equal(checkCatalogue(mutants?.slice(1) ?? [], path).length, 1);
  assert.equal(await listMutants(join(directory, 'nowhere.ts')), undefined);
  writeFileSync(host, 'process.stdin.once("data", () => { console.error("no way"); process.exit(1); });');
  await assert.rejects(listMutants(host), /no way/);
});
