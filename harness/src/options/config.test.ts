import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { UsageError } from '../errors.ts';
import type { PlannedScenario } from '../plan/features.ts';
import { rerun } from './again.ts';
import { CONFIG_SCHEMA, configSchema } from './config-schema.ts';
import { FLAGS } from './flags.ts';
import type { Options } from './options.ts';
import { readLine } from './read-line.ts';

const from = process.cwd();
const directory = mkdtempSync(join(tmpdir(), 'config-'));
const accounts = [1, 2, 3].map((n) => ({ name: `p${n}`, identityKey: `0${n}`.repeat(32), token: `c0ffee0${n}` }));
before(() => {
  mkdirSync(join(directory, 'ci'));
  writeFileSync(join(directory, 'ci/accounts.json'), JSON.stringify(accounts));
  writeFileSync(join(directory, 'ci/client.sh'), '');
  process.chdir(directory);
});
after(() => {
  process.chdir(from);
  rmSync(directory, { recursive: true, force: true });
});

/** Reads a line with a file. */
const read = (yaml: string, ...args: string[]): Options => {
  writeFileSync('ci/a.yaml', yaml);
  return readLine(['--config', 'ci/a.yaml', ...args]) as Options;
};
const fault = (yaml: string, ...args: string[]): string => {
  try {
    read(yaml, ...args);
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.ok(!/c0ffee|\n/.test(error.message), error.message);
    return error.message;
  }
  assert.fail(`${yaml} is taken`);
};

test('the published schema is that of the options (npx tsx harness/src/options/write-config-schema.ts writes it)', () => {
  assert.deepEqual(JSON.parse(readFileSync(CONFIG_SCHEMA, 'utf8')), configSchema(FLAGS));
});

test('every option of the command line, as the command line would give it', () => {
  const options = read(`
target: "[::1]:7001"
accounts: accounts.json
require: [channels, batch]
requirement: ds
exclude: ["@needs:open", kp]
shard: 2/3
bail: true
repeat: 3
strict: true
limits: { queueMessages: 50 }
report: [json=out/a.json, html=/tmp/a.html]
trace: frames
timeout: 5
`);
  assert.deepEqual(options.targets, [{ host: '::1', port: 7001, verify: { kind: 'none' } }]);
  assert.equal(options.accounts.length, 3);
  assert.deepEqual(options.required, ['channels', 'batch']);
  assert.deepEqual(options.requirements, ['DS']);
  assert.deepEqual(options.excluded, ['@needs:open', 'KP']);
  assert.deepEqual(options.shard, { index: 2, count: 3 });
  assert.deepEqual([options.bail, options.repeat, options.timeoutMs], [1, 3, 5_000]);
  assert.equal(options.limits.queueMessages, 50);
  assert.deepEqual(options.reports, [
    { kind: 'json', path: 'ci/out/a.json' },
    { kind: 'html', path: '/tmp/a.html' },
  ]);
  assert.equal(options.traceDir, 'ci/frames');
});

test('words of a command that are files are those of the folder of the file', () => {
  assert.deepEqual(read("client: ./client.sh --name 'a b'").client, [join(directory, 'ci/client.sh'), '--name', 'a b']);
});

test('the command line wins; --no-NAME takes back; of two ways to the same the file’s gives way', () => {
  const pin = 'ab'.repeat(32);
  const yaml = `target: a:1\nopen: true\nstrict: true\npin: ${pin}\nreport: json=a.json\nbail: 2\n`;
  assert.equal(read(yaml, '--target', 'b:2').targets[0]?.host, 'b');
  assert.equal(read(yaml, '--no-strict').isStrict, false);
  assert.deepEqual(read(yaml, '--no-report').reports, []);
  assert.equal(read(yaml, '--no-bail').bail, undefined);
  assert.equal(read(yaml, '--insecure').targets[0]?.verify.kind, 'none');
  assert.equal(read('target: a:1', '--client', 'x').targets.length, 0);
  assert.equal(read('bail: false').bail, undefined);
});

test('conformance.yaml of the current folder is read by itself, unless --no-config says not to', () => {
  writeFileSync('conformance.yaml', 'timeout: 7s\n');
  try {
    assert.equal(readLine([])?.timeoutMs, 7_000);
    assert.deepEqual(readLine([])?.config, { path: 'conformance.yaml', names: ['timeout'] });
    assert.equal(readLine(['--no-config'])?.timeoutMs, 10_000);
  } finally {
    rmSync('conformance.yaml');
  }
});

test('the command that runs a scenario again takes back what the file selects, and its reports', () => {
  const scenario = { uri: 'features/a.feature', line: 3 } as PlannedScenario;
  const { config } = read('requirement: DS\nreport: json=a.json\ntimeout: 5s\n');
  assert.equal(
    rerun(['--config', 'ci/a.yaml', '--requirement', 'KP', '--no-trace', '--open'], scenario, config?.names),
    'npm run conformance -- --config ci/a.yaml --open --no-requirement --no-report --scenario features/a.feature:3',
  );
});

test('one scenario again has no order, no lanes and no selection; how often it ran stays', () => {
  const scenario = { uri: 'features/a.feature', line: 3 } as PlannedScenario;
  const args = [
    '--open',
    '--jobs',
    '4',
    '--shuffle',
    '--repeat',
    '3',
    '--shuffle=7',
    '--bail',
    '--tag',
    '@a',
    '@b',
    '--seed',
    '5',
  ];
  assert.equal(
    rerun(args, scenario),
    'npm run conformance -- --open --repeat 3 --seed 5 --scenario features/a.feature:3',
  );
});

test('what is wrong is said with the line and the key, and no value is quoted', () => {
  assert.match(fault('target: a:1\ntimout: 5s\n'), /^ci\/a\.yaml:2: "timout" is not known; is it "timeout"\?/);
  assert.match(fault('tlsCa: x\n'), /:1: "tlsCa" is not known; is it "tls-ca"\?/);
  assert.match(fault('limits:\n  queueMessages: 5\n  queueLength: 5\n'), /:3: "limits\.queueLength" is not known/);
  assert.match(fault('limits:\n  queueMessages: c0ffee\n'), /:2: "limits\.queueMessages" is not a whole number$/);
  assert.match(
    fault('open: c0ffee\n'),
    /:1: "open" is not true or false; it says: the target takes calls without a token/,
  );
  assert.match(
    fault('accounts:\n  - token: c0ffee\n'),
    /:1: "accounts" is not a string or a number; it says: JSON file of/,
  );
  assert.match(fault('accounts: [c0ffee\n'), /:\d is not YAML that can be read: /);
  assert.match(fault('a: 1\na: c0ffee\n'), /:2 is not YAML that can be read: duplicate key/);
  assert.match(fault('exclude: @slow\n'), /:1 is not YAML that can be read: /);
  assert.match(fault('label: *c0ffee\n'), /aliases|not YAML/);
  assert.match(fault('label: !c0ffee x\n'), /not YAML that can be read: tag resolve failed/);
  assert.match(fault('c0ffee\n'), /is no list of options/);
  assert.match(fault('# nothing\n---\n- a\n'), /is no list of options/);
  assert.match(fault('timeout: soon\n'), /--timeout soon .*\(ci\/a\.yaml:1 says timeout; --no-timeout takes it back\)/);
  assert.match(
    fault('\naccounts: gone.json\ntarget: a:1\n'),
    /ci\/gone\.json cannot be read \(ENOENT\).*ci\/a\.yaml:2/,
  );
  assert.match(fault(' '), /--config ci\/a\.yaml is empty/);
  assert.deepEqual(read('# nothing yet\n').config?.names, []);
});

test('the example of the guides is right', () => {
  const example = new URL('../../../docs/examples/conformance.yaml', import.meta.url);
  writeFileSync('ci/accounts.json', JSON.stringify(accounts));
  writeFileSync('ci/known-failing.txt', 'DS-004\n');
  const options = read(readFileSync(example, 'utf8'));
  assert.equal(options.known?.entries.length, 1);
  assert.deepEqual(options.required, ['core', 'channels']);
});
