import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { toBadge } from '../src/report/badge.ts';
import { toHtml } from '../src/report/html.ts';
import { toJson } from '../src/report/json.ts';
import { toJunit } from '../src/report/junit.ts';
import { toMarkdown } from '../src/report/markdown.ts';
import { REPORT_SCHEMA } from '../src/report/read-report.ts';
import type { Status } from '../src/result.ts';
import { HOSTILE, sampleReport } from './sample-report.ts';

const OTHERS: Partial<Record<number, Status>> = { 11: 'known', 21: 'flaky' };
const mixed = (n: number): Status =>
  n % 25 === 3 ? 'failed' : n % 40 === 7 ? 'warned' : n % 30 === 9 ? 'skipped' : (OTHERS[n % 50] ?? 'passed');
const UNPRINTABLE = ['\u0000', '\u001b'];
const hostile = sampleReport({ scenarios: 200, status: mixed, text: HOSTILE, label: HOSTILE });

test('the schema takes what the suite writes, and not what it does not', () => {
  const validate = new Ajv2020({ strict: true, strictTypes: false }).compile(
    JSON.parse(readFileSync(REPORT_SCHEMA, 'utf8')),
  );
  const report: Record<string, unknown> = JSON.parse(toJson(hostile));
  assert.ok(validate(report), JSON.stringify(validate.errors?.slice(0, 3)));
  for (const change of [
    { formatVersion: 2 },
    { verdict: 'fine' },
    { more: 1 },
    { ledger: undefined },
    { scenarios: [{}] },
  ])
    assert.ok(!validate(JSON.parse(JSON.stringify(Object.assign({}, report, change)))), JSON.stringify(change));
});

test('the ledger of a report: every requirement, with its outcome; the totals are theirs', () => {
  const { ledger, spec } = hostile;
  assert.equal(ledger.requirements.length, spec.requirements);
  assert.equal(
    Object.values(ledger.totals).reduce((sum, count) => sum + count),
    spec.requirements,
  );
  const failed = new Set(
    hostile.scenarios.filter(({ status }) => status === 'failed').map(({ requirement }) => requirement),
  );
  assert.equal(ledger.totals.failed, failed.size);
  for (const { requirement, outcome, untested } of ledger.requirements) {
    assert.equal(outcome === 'failed', failed.has(requirement));
    assert.equal(outcome === 'not testable', untested !== null);
  }
});

test('HTML: under 500 KB at 1,000 scenarios, also when all of them fail and the server talks a lot', () => {
  const long = `${HOSTILE} ${'€'.repeat(600)}`;
  for (const [status, text] of [
    [mixed, 'refused'],
    [() => 'failed', long],
  ] as [typeof mixed, string][]) {
    const page = toHtml(sampleReport({ scenarios: 1_000, status, text }));
    const bytes = Buffer.byteLength(page);
    assert.ok(bytes < 500_000, `${bytes} bytes`);
    assert.ok(page.includes('class="frame"') || text === long);
    assert.equal(page.match(/<li class="[a-z]+" data-status/g)?.length, 1_000);
  }
});

test('HTML: nothing that a target says becomes markup, and nothing is loaded', () => {
  const page = toHtml(hostile, (place) => `https://example.org/spec/${place}`);
  assert.equal(page.match(/<script>/g)?.length, 1);
  assert.ok(!/<img|<!--|\p{Cf}/u.test(page));
  assert.ok(!UNPRINTABLE.some((character) => page.includes(character)));
  assert.match(page, /Content-Security-Policy" content="default-src &#39;none&#39;/);
  const tags = page.match(/<[a-z][^>]*>/g) ?? [];
  const links = tags.flatMap((tag) =>
    [...tag.matchAll(/ (?:src|href|style|on\w+)="?([^"> ]*)/g)].map(([, link]) => link),
  );
  assert.ok(links.length > 100);
  assert.deepEqual(
    links.filter((link) => !/^(?:#|https:\/\/example\.org\/spec\/)/.test(link ?? '')),
    [],
  );
});

test('Markdown: a target’s text is neither markup nor a link nor a mention, and ends no block', () => {
  const text = toMarkdown(hostile);
  const outside = text.replace(/^(`{3,})\n[\s\S]*?^\1$/gm, '');
  assert.ok(!/<script|<img|@all|\]\(javascript|\n# h/.test(outside), outside.slice(0, 400));
  assert.match(text, /^## ❌ /);
  assert.match(text, /\| \*\*all\*\* \|/);
  assert.match(
    toMarkdown(sampleReport({ scenarios: 200, status: () => 'passed' })),
    /^## ✅ 127\.0\.0\.1&#58;7000: conformant/,
  );
});

test('JUnit holds what a server says, and stays XML', () => {
  const xml = toJunit(hostile);
  assert.ok(!xml.includes('<script'));
  assert.ok(!UNPRINTABLE.some((character) => xml.includes(character)));
  assert.equal(xml.match(/<testcase /g)?.length, 200);
});

test('known failures, flaky scenarios and what else fails a run, in each report', () => {
  const problem = 'known.txt:3: "DS-004" is known to fail, and passes';
  const known = { ...sampleReport({ scenarios: 50, status: (n) => OTHERS[n] ?? 'passed' }), problems: [problem] };
  const xml = toJunit(known);
  assert.match(xml, /<testsuites [^>]*tests="51" failures="2" errors="0" skipped="1"/);
  assert.match(xml, /<skipped message="known to fail: /);
  assert.match(xml, /<testsuite name="run" tests="1" failures="1"/);
  assert.match(xml, /<testcase classname="run" name="known\.txt:3: /);
  const markdown = toMarkdown(known);
  assert.match(markdown, /48 scenarios passed, 0 failed, 1 flaky, 1 known to fail, /);
  assert.match(markdown, /- ❌ known\.txt&#58;3&#58; /);
  assert.match(markdown, /### Failures\n[\s\S]*### Known failures\n/);
  const page = toHtml(known);
  assert.match(page, /<ul class="failures"><li>known\.txt:3: [^<]*<li><b class="status flaky">~ flaky<\/b> <a href="#/);
  assert.match(page, /48 scenarios passed, 0 failed, 1 flaky, 1 known to fail, 0 skipped/);
  assert.equal(page.match(/<li class="(?:known|flaky)" data-status/g)?.length, 2);
  assert.match(toBadge(known), />1 of \d+ failed</);
  const onlyKnown = sampleReport({ scenarios: 50, status: (n) => (n === 3 ? 'known' : 'passed') });
  assert.match(toBadge(onlyKnown), /, 1 known to fail/);
  assert.ok(!toBadge(onlyKnown).includes('#1a7f37'));
  assert.match(toBadge({ ...onlyKnown, verdict: 'not conformant', problems: [problem] }), /, 1 problem</);
});

test('the badge says how many requirements passed, in green only when all did', () => {
  const all = toBadge(sampleReport({ scenarios: 400, status: () => 'passed' }));
  assert.match(all, /aria-label="conformance: (\d+) of \1"/);
  assert.match(all, /#1a7f37/);
  const some = toBadge(sampleReport({ scenarios: 400, status: mixed }));
  assert.match(some, /\d+ of \d+ failed/);
  assert.ok(!some.includes('#1a7f37'));
  assert.match(toBadge(sampleReport({ scenarios: 5, status: () => 'passed' })), /5 of 5 selected/);
  assert.match(toBadge({ ...hostile, verdict: 'suite broken' }), /suite broken/);
});
