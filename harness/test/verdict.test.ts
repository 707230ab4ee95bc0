import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { nodeService } from '@quicnprotochat/proto';
import { conform } from '../src/conform.ts';
import { SuiteError, UnreachableError, UsageError } from '../src/errors.ts';
import type { RawOptions } from '../src/options/flags.ts';
import { readOptions } from '../src/options/options.ts';
import type { JsonReport } from '../src/report/json.ts';
import { readReport } from '../src/report/read-report.ts';
import { totalsOf } from '../src/result.ts';
import { type EmbeddedServer, startEmbedded } from '../src/target/embedded.ts';
import { answer, makeCertificate, serving, startLyingServer } from './lying-server.ts';
import { makeFixture, requirement, rule, scenario } from './sources.ts';

let server: EmbeddedServer;
const directory = mkdtempSync(join(tmpdir(), 'verdict-'));
before(async () => {
  server = await startEmbedded(true);
});
after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const STEPS = `
import { nodeService } from '@quicnprotochat/proto';
Then('it holds', function () {});
Then('it fails', function () { throw new Error('the target said \\u0000<no>'); });
Then('the step is at fault', function () { undefined.x(); });
Then('it is skipped because of {string}', function (reason) { this.skip(reason); });
Then('it is skipped', function () { return 'skipped'; });
Then('the server dies', async function () { await globalThis.stopServer(); throw new Error('dead'); });
Then('the answer is wrong', async function () {
  await this.call(await this.session(), 'Alice', nodeService.health, {});
  throw new Error('that was wrong');
});
let turn = 0;
Then('it holds every other time', function () { turn += 1; if (turn % 2 === 1) throw new Error('odd'); });
Then('it is pending', function () { return 'pending'; });
`;

/** As the command line gives them to a run on an open server. */
const RAW: RawOptions = {
  open: true,
  pin: [],
  insecure: false,
  profile: [],
  requirement: [],
  list: false,
  timeout: '5s',
  strict: false,
  report: [],
};

/** Runs scenarios of the test's own on an open server. */
async function run(
  feature: string,
  change: Partial<RawOptions> = {},
  spec = requirement('AA-001') + requirement('AA-002', { level: 'SHOULD' }),
): Promise<{ exitCode: number; output: string }> {
  const fixture = makeFixture(spec, feature, STEPS);
  let output = '';
  const out = { write: (text: string) => (output += text) };
  try {
    const options = readOptions({ ...RAW, ...change, target: `${server.host}:${server.port}` });
    return {
      exitCode: await conform(options, ['--open', '--requirement', 'X', '--timeout', '5s'], { ...fixture, out }),
      output,
    };
  } finally {
    fixture.remove();
  }
}

const should = { tags: '@AA-002 @level:should @profile:core @source:decided' };

test('all passed: 0, and the last line has the totals', async () => {
  const { exitCode, output } = await run(
    rule('AA-001', scenario('a', 'Then it holds') + scenario('b', 'Then it holds')),
  );
  assert.equal(exitCode, 0);
  assert.equal(output.trimEnd().split('\n').at(-1), '2 passed, 0 failed, 0 skipped');
});

test('a failure: 1, with the sentence, the place, the reason and the command', async () => {
  const { exitCode, output } = await run(
    rule('AA-001', scenario('a', 'Then it holds') + scenario('b', 'Then it fails')),
  );
  assert.equal(exitCode, 1);
  for (const part of [
    'AA-001 Title of AA-001',
    'The sentence of AA-001.',
    'spec/page.md#aa-001-title-of-aa-001',
    'the target said',
    '-- --open --timeout 5s --seed ',
    ' --scenario harness/test/.fixture-',
  ]) {
    assert.ok(output.includes(part), part);
  }
  assert.match(output, /1 passed, 1 failed, 0 skipped\n$/);
});

test('a SHOULD that is not followed warns, and fails with --strict', async () => {
  const feature =
    rule('AA-001', scenario('a', 'Then it holds')) + rule('AA-002', scenario('b', 'Then it fails'), should);
  const { exitCode, output } = await run(feature);
  assert.equal(exitCode, 0);
  assert.match(output, /WARNING/);
  assert.equal((await run(feature, { strict: true })).exitCode, 1);
});

const broken: [string, string, RegExp][] = [
  ['a step that nobody defined', 'Then nobody knows', /undefined/],
  ['a step that is pending', 'Then it is pending', /pending/],
  ['a skip without a reason', 'Then it is skipped', /skipped without a reason/],
  ['a fault of the step itself', 'Then the step is at fault', /Cannot read properties/],
];
for (const [what, step, reason] of broken) {
  test(`${what}: 4`, async () => {
    const { exitCode, output } = await run(rule('AA-001', scenario('a', 'Then it holds') + scenario('b', step)));
    assert.equal(exitCode, 4);
    assert.match(output, reason);
  });
}

test('a scenario without steps, or steps that do not load: the suite is broken', async () => {
  await assert.rejects(run(rule('AA-001', '    Scenario: empty\n')), SuiteError);
  const fixture = makeFixture(
    requirement('AA-001'),
    rule('AA-001', scenario('a', 'Then it holds')),
    'import "./nowhere.ts";',
  );
  const options = readOptions({
    ...RAW,
    target: `${server.host}:${server.port}`,
  });
  await assert.rejects(conform(options, [], fixture), SuiteError);
  fixture.remove();
});

test('all skipped, or nothing selected: 3', async () => {
  const skips = rule('AA-001', scenario('a', 'Then it is skipped because of "the weather"'));
  await assert.rejects(run(skips), UnreachableError);
  const elsewhere = requirement('AA-001') + requirement('AA-002', { profile: 'opaque' });
  const feature = rule('AA-001', scenario('a', 'Then it holds'));
  await assert.rejects(run(feature, { requirement: ['AA-002'] }, elsewhere), UnreachableError);
  await assert.rejects(run(feature, { profile: ['batch'] }), UnreachableError);
});

test('what the target does not offer is skipped with the reason, unless it is asked for by name', async () => {
  const spec = requirement('AA-001') + requirement('AA-002', { profile: 'opaque' });
  const opaque = { tags: '@AA-002 @level:must @profile:opaque @source:decided' };
  const feature =
    rule('AA-001', scenario('a', 'Then it holds')) + rule('AA-002', scenario('b', 'Then it fails'), opaque);
  const health = answer(nodeService.health, async () => ({ status: 'ok' }));
  const small = await startLyingServer(await makeCertificate(), serving(health));
  const kept = server;
  const [host = '', port] = small.address.split(':');
  server = { ...kept, host, port: Number(port) };
  try {
    await runUnoffered(feature, spec);
  } finally {
    server = kept;
    await small.close();
  }
});

async function runUnoffered(feature: string, spec: string): Promise<void> {
  const { exitCode, output } = await run(feature, {}, spec);
  assert.equal(exitCode, 0);
  assert.match(output, /1 skipped: the target does not offer the profile "opaque"/);
  assert.equal((await run(feature, { profile: ['opaque'] }, spec)).exitCode, 1);
  // Also where no scenario shows it.
  const json = join(directory, 'required.json');
  const required = await run(
    rule('AA-001', scenario('a', 'Then it holds')),
    { require: ['opaque,core'], report: [`json=${json}`] },
    spec,
  );
  assert.equal(required.exitCode, 1);
  assert.match(required.output, /FAILED the target does not offer the profile "opaque", which the run requires/);
  assert.equal(readReport(json).problems.length, 1);
}

test('reports hold every scenario, and are well-formed whatever a server says', async () => {
  const json = join(directory, 'deep/report.json');
  const junit = join(directory, 'deep/report.xml');
  const feature = rule(
    'AA-001',
    scenario('a "<&>"', 'Then it holds') +
      scenario('b', 'Then it fails') +
      scenario('c', 'Then it is skipped because of "the weather"'),
  );
  const { exitCode, output } = await run(feature, { report: [`json=${json}`, `junit=${junit}`] });
  assert.equal(exitCode, 1, output);
  const report = JSON.parse(readFileSync(json, 'utf8')) as JsonReport;
  assert.equal(report.exitCode, 1);
  assert.deepEqual(report.totals, { ...totalsOf([]), passed: 1, failed: 1, skipped: 1 });
  assert.deepEqual(
    report.scenarios.map(({ requirement: id, status }) => [id, status]),
    [
      ['AA-001', 'passed'],
      ['AA-001', 'failed'],
      ['AA-001', 'skipped'],
    ],
  );
  const xml = readFileSync(junit, 'utf8');
  assert.match(xml, /<testsuite name="AA" tests="3" failures="1" errors="0" skipped="1"/);
  assert.ok(!xml.includes('\u0000'));
  assert.match(xml, /&lt;no>|&lt;no&gt;/);
});

test('a failure shows the frames, in the report, on the console and in a trace', async () => {
  const json = join(directory, 'frames.json');
  const trace = join(directory, 'trace');
  const feature = rule('AA-001', scenario('Asked', 'Then the answer is wrong') + scenario('Not', 'Then it holds'));
  const { exitCode, output } = await run(feature, { report: [`json=${json}`], trace, label: 'mine' });
  assert.equal(exitCode, 1);
  assert.match(output, /frame Alice, \d+ ms, \d+ bytes: Return 1 health: results "ok"/);
  assert.match(output, /\d+ {2}6f 6b 00 +status = "ok"/);
  const report = readReport(json);
  assert.equal(report.target.label, 'mine');
  const [failed, passed] = report.scenarios;
  const summaries =
    failed?.frames?.map(({ session, direction, summary }) => `${session} ${direction} ${summary}`) ?? [];
  for (const summary of [
    'Alice sent Bootstrap 0',
    'Alice sent Call 1 health',
    'Alice received Return 1 health: results "ok"',
  ])
    assert.ok(summaries.includes(summary), summaries.join());
  assert.match(failed?.again ?? '', /--scenario harness\/test\/\.fixture-/);
  assert.equal(passed?.frames, undefined);
  assert.deepEqual(readdirSync(trace).sort(), ['AA-001-asked.ndjson', 'AA-001-not.ndjson']);
  const [head, ...frames] = readFileSync(join(trace, 'AA-001-asked.ndjson'), 'utf8').trim().split('\n');
  assert.match(head ?? '', /"status":"failed","dropped":0/);
  assert.ok(frames.length >= summaries.length);
});

const listed = (text: string): string => {
  const path = join(directory, 'known.txt');
  writeFileSync(path, text);
  return path;
};
const twoFail = rule(
  'AA-001',
  scenario('a', 'Then it fails') + scenario('b', 'Then it holds') + scenario('c', 'Then it fails'),
);

test('known failures fail no run, whatever reports say of them; one that passes fails it', async () => {
  const json = join(directory, 'known.json');
  const junit = join(directory, 'known.xml');
  const known = listed('AA-001: a\nAA-001: c\n');
  const { exitCode, output } = await run(twoFail, {
    knownFailing: known,
    report: [`json=${json}`, `junit=${junit}`],
  });
  assert.equal(exitCode, 0, output);
  assert.match(output, /KNOWN AA-001 a /);
  assert.match(output, /\n1 passed, 0 failed, 0 skipped\n$/);
  const report = readReport(json);
  assert.deepEqual(report.totals, { ...totalsOf([]), passed: 1, known: 2 });
  assert.equal(report.ledger.totals.known, 1);
  assert.match(readFileSync(junit, 'utf8'), /<skipped message="known to fail: the target said/);
  const outdated = await run(twoFail, { knownFailing: listed('AA-001: a\nAA-001: b\nAA-001: c\n') });
  assert.equal(outdated.exitCode, 1);
  assert.match(outdated.output, /FAILED .*known\.txt:2: "AA-001: b" is known to fail, and passes: take this line out/);
  await assert.rejects(run(twoFail, { knownFailing: listed('AA-001: d\n') }), /the nearest are "AA-001: a"/);
});

test('the failures of a run are listed, and that list makes it pass', async () => {
  const path = join(directory, 'deep/written.txt');
  const first = await run(twoFail, { writeKnownFailing: path });
  assert.equal(first.exitCode, 1);
  assert.match(first.output, /written\.txt lists 2 failing scenarios/);
  assert.deepEqual(readFileSync(path, 'utf8').trim().split('\n').slice(-2), ['AA-001: a', 'AA-001: c']);
  assert.equal((await run(twoFail, { knownFailing: path })).exitCode, 0);
  // A suite that is broken has no list to give.
  const broken = await run(twoFail + scenario('d', 'Then the step is at fault'), { writeKnownFailing: path });
  assert.equal(broken.exitCode, 4);
  assert.match(broken.output, /is not written: not everything ran/);
  assert.throws(() => readOptions({ bail: '', writeKnownFailing: path }), UsageError);
});

test('--bail skips what is left after so many failures, of which known ones are none', async () => {
  const last = (output: string) => output.trimEnd().split('\n').at(-1);
  const first = await run(twoFail, { bail: '' });
  assert.equal(first.exitCode, 1);
  assert.match(first.output, /2 skipped: stopped after a failure \(--bail\)/);
  assert.equal(last(first.output), '0 passed, 1 failed, 2 skipped');
  assert.equal(last((await run(twoFail, { bail: '2' })).output), '1 passed, 2 failed, 0 skipped');
  const known = await run(twoFail, { bail: '', knownFailing: listed('AA-001: a\n') });
  assert.equal(last(known.output), '1 passed, 1 failed, 0 skipped');
});

test('--repeat: what does not come out the same each time is flaky, and fails the run', async () => {
  const json = join(directory, 'repeat.json');
  const feature = rule('AA-001', scenario('a', 'Then it holds') + scenario('b', 'Then it holds every other time'));
  const { exitCode, output } = await run(feature, { repeat: '4', report: [`json=${json}`] });
  assert.equal(exitCode, 1, output);
  assert.match(output, /FLAKY AA-001 .*: b/);
  assert.match(output, /of 4 runs failed 2, passed 2/);
  assert.match(output, /\n1 passed, 1 failed, 0 skipped\n$/);
  const report = readReport(json);
  assert.deepEqual(
    report.scenarios.map(({ status, runs }) => [status, runs]),
    [
      ['passed', { passed: 4 }],
      ['flaky', { passed: 2, failed: 2 }],
    ],
  );
  assert.equal(report.ledger.totals.flaky, 1);
});

test('one scenario alone, by its place; a place where none stands: 2', async () => {
  const feature = rule('AA-001', scenario('a', 'Then it holds') + scenario('b', 'Then it fails'));
  await assert.rejects(run(feature, { scenario: ['features/none.feature:1'] }), UsageError);
});

test('a target that goes away in the middle is not conformant, also when nothing but a SHOULD had failed: 3', async () => {
  const doomed = await startEmbedded(true);
  const kept = server;
  server = doomed;
  const feature =
    rule('AA-001', scenario('a', 'Then it holds')) +
    rule('AA-002', scenario('b', 'Then the server dies'), should) +
    rule('AA-003', scenario('c', 'Then it holds'), { tags: '@AA-003 @level:must @profile:core @source:decided' });
  const spec = requirement('AA-001') + requirement('AA-002', { level: 'SHOULD' }) + requirement('AA-003');
  (globalThis as { stopServer?: () => Promise<void> }).stopServer = () => doomed.stop();
  try {
    await assert.rejects(
      run(feature, {}, spec),
      (error) =>
        error instanceof UnreachableError && /^1 scenarios did not run: the target went away/.test(error.message),
    );
  } finally {
    server = kept;
  }
});

test('a target that goes away in the middle: what is left is skipped with the reason, and the run fails', async () => {
  const doomed = await startEmbedded(true);
  const kept = server;
  server = doomed;
  const feature = rule(
    'AA-001',
    scenario('a', 'Then it holds') + scenario('b', 'Then the server dies') + scenario('c', 'Then it holds'),
  );
  // The step runs in this process: it can stop the server that the test started.
  (globalThis as { stopServer?: () => Promise<void> }).stopServer = () => doomed.stop();
  try {
    const { exitCode, output } = await run(feature);
    assert.equal(exitCode, 1);
    assert.match(output, /1 skipped: the target went away during "b"/);
  } finally {
    server = kept;
  }
});
