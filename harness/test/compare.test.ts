import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../src/errors.ts';
import { REPORT_COMMANDS } from '../src/report/commands.ts';
import { toJson } from '../src/report/json.ts';
import { makeMatrix, matrixHtml, matrixMarkdown, matrixText } from '../src/report/matrix.ts';
import { readReport } from '../src/report/read-report.ts';
import { HOSTILE, sampleReport } from './sample-report.ts';

const BIN = fileURLToPath(new URL('../bin/conformance.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'compare-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const path = (name: string): string => join(directory, name);
const run = (...args: string[]) => spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });

const good = sampleReport({ scenarios: 170, status: () => 'passed', label: 'one' });
const bad = sampleReport({
  scenarios: 170,
  status: (n) => (n === 4 ? 'failed' : 'passed'),
  text: HOSTILE,
  label: HOSTILE,
});
writeFileSync(path('good.json'), toJson(good));
writeFileSync(path('bad.json'), toJson(bad));
const failed = bad.scenarios[4]?.requirement ?? '';

test('a matrix shows where implementations differ, and on request everything', () => {
  const matrix = makeMatrix([good, bad], true);
  assert.deepEqual(
    matrix.rows.map(({ requirement, cells }) => [requirement, cells]),
    [[failed, ['passed', 'failed']]],
  );
  assert.equal(makeMatrix([good, bad], false).rows.length, good.spec.requirements);
  assert.ok(!matrix.isMixed);
  const older = { ...good, spec: { ...good.spec, digest: '0'.repeat(64) } };
  assert.match(matrixText(makeMatrix([good, older], true)), /no differences[\s\S]*different specifications/);
  const alike = makeMatrix([good, good], true);
  assert.deepEqual(alike.names, ['one', 'one (2)']);
  const { passed } = good.ledger.totals;
  assert.ok(passed > 100);
  assert.match(matrixText(alike), new RegExp(`no differences\\npassed +A ${passed}, B ${passed}\\nfailed +A 0, B 0`));
  assert.match(matrixHtml(alike), /<p>no differences/);
  assert.match(matrixMarkdown(alike), new RegExp(`\\*\\*passed\\*\\* \\| \\| ${passed} \\| ${passed} \\|`));
});

test('a requirement that a report does not know is unknown in it, not passed', () => {
  const [first, ...others] = good.ledger.requirements;
  const shorter = { ...good, ledger: { ...good.ledger, requirements: others } };
  assert.deepEqual(
    makeMatrix([good, shorter], true).rows.map(({ requirement, cells }) => [requirement, cells[1]]),
    [[first?.requirement, 'unknown']],
  );
});

test('no name that a report gives becomes markup', () => {
  const matrix = makeMatrix([good, bad], true);
  assert.ok(!/<script|<img/.test(matrixHtml(matrix)));
  assert.ok(!/<script|@all|\]\(javascript/.test(matrixMarkdown(matrix)));
  assert.ok(!matrixText(matrix).includes('\u001b'));
});

test('compare prints the matrix and writes it; wrong usage is 2 and says why', () => {
  const { status, stdout } = run(
    'compare',
    '--report',
    `md=${path('m.md')}`,
    path('good.json'),
    path('bad.json'),
    '--report',
    `html=${path('m.html')}`,
  );
  assert.equal(status, 0);
  assert.match(stdout, new RegExp(`${failed} +MUST +✓ ✗`));
  assert.match(readFileSync(path('m.md'), 'utf8'), /✗ failed/);
  assert.match(readFileSync(path('m.html'), 'utf8'), /<td class="failed">/);
  writeFileSync(path('half.json'), '{"formatVersion": 1}');
  writeFileSync(path('newer.json'), '{"formatVersion": 2}');
  writeFileSync(path('no.json'), 'no');
  for (const [args, why] of [
    [['compare', path('good.json')], /two JSON reports or more/],
    [['compare', path('good.json'), path('nowhere.json')], /cannot be read \(ENOENT\)/],
    [['compare', path('good.json'), path('no.json')], /is no JSON/],
    [['compare', path('good.json'), path('half.json')], /is no report of this suite/],
    [['compare', path('good.json'), path('newer.json')], /form 2; this suite reads form 1/],
    [['compare', path('good.json'), path('bad.json'), '--report', 'junit=x'], /a comparison is md or html/],
    [['compare', '--wrong'], /Unknown argument: wrong/],
    [['report', path('good.json')], /report needs one JSON report/],
  ] as [string[], RegExp][]) {
    assert.throws(
      () => REPORT_COMMANDS[args[0] as string]?.(args.slice(1)),
      (error) => error instanceof UsageError && why.test(error.message),
    );
  }
  const wrong = run('compare', path('good.json'));
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^conformance: compare needs two/);
});

test('report makes every other report of a JSON report', () => {
  const kinds = { html: '<!doctype html>', md: '## ❌', junit: '<?xml', badge: '<svg' };
  const wanted = Object.keys(kinds).flatMap((kind) => ['--report', `${kind}=${path(`again.${kind}`)}`]);
  const { status, stderr } = run('report', path('bad.json'), ...wanted);
  assert.equal(status, 0, stderr);
  for (const [kind, start] of Object.entries(kinds))
    assert.ok(readFileSync(path(`again.${kind}`), 'utf8').startsWith(start), kind);
  assert.ok(existsSync(path('bad.json')));
});

test('what a newer suite adds to a report of this form does no harm', () => {
  writeFileSync(path('more.json'), JSON.stringify({ ...good, more: true, totals: { ...good.totals } }));
  assert.equal((readReport(path('more.json')) as unknown as { more?: boolean }).more, undefined);
  writeFileSync(path('wrong.json'), JSON.stringify({ ...good, exitCode: 'none' }));
  assert.throws(() => readReport(path('wrong.json')), UsageError);
});
