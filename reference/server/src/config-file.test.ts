import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SERVE_OPTIONS } from './cli/serve-options.ts';
import { ConfigError } from './config-error.ts';
import { type OptionTable, readConfigFile } from './config-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function read(yaml: string, wanted: OptionTable = SERVE_OPTIONS): Record<string, unknown> {
  const path = join(directory, 'server.yaml');
  writeFileSync(path, yaml);
  return readConfigFile(path, SERVE_OPTIONS, wanted);
}

test('every option of the command line can stand in the file', () => {
  const samples: Record<string, [string, unknown]> = {};
  for (const [name, option] of Object.entries(SERVE_OPTIONS as OptionTable)) {
    if (option.array) samples[name] = [`[a, b]`, ['a', 'b']];
    else if (option.type === 'boolean') samples[name] = ['true', true];
    else if (option.type === 'number') samples[name] = ['7', 7];
    else if (option.choices) samples[name] = [String(option.choices[0]), option.choices[0]];
    else samples[name] = ['"x:1"', 'x:1'];
  }
  const yaml = Object.entries(samples).map(([name, [text]]) => `${name}: ${text}\n`);
  const expected = Object.fromEntries(Object.entries(samples).map(([name, [, value]]) => [name, value]));
  assert.deepEqual(read(yaml.join('')), expected);
});

test('an empty file is no options, one name may stand for a list, a number for a text', () => {
  assert.deepEqual(read(''), {});
  assert.deepEqual(read('# nothing\n'), {});
  assert.deepEqual(read('hostname: node.example\nmetrics: 9100\n'), { hostname: ['node.example'], metrics: '9100' });
});

test('options of other commands are checked and left out', () => {
  const wanted = { 'data-dir': { type: 'string' } } as const;
  assert.deepEqual(read('data-dir: /d\nopen: true\n', wanted), { 'data-dir': '/d' });
  assert.throws(() => read('data-dir: /d\nopen: 7\n', wanted), ConfigError);
});

test('what is wrong is named, and no value is repeated', () => {
  const cases: [string, RegExp][] = [
    ['lisen: s3cret', /there is no option "lisen": did you mean "listen"\?$/],
    ['data_dir: s3cret', /did you mean "data-dir"\?$/],
    ['zzz: s3cret', /there is no option "zzz"; see --help/],
    ['__proto__: s3cret', /there is no option "__proto__"/],
    ['open: "s3cret"', /"open" is neither true nor false/],
    ['open: no', /"open" is neither true nor false/],
    ['listen: [s3cret]', /"listen" is not a text/],
    ['listen:', /"listen" is not a text/],
    ['hostname: [{s3cret: 1}]', /each item of .*"hostname" is not a text/],
    ['log-level: s3cret', /"log-level" is none of debug, info/],
    ['- s3cret', /is not a map of options/],
    ['s3cret', /is not a map of options/],
    ['listen: a\nlisten: s3cret', /is not YAML: duplicate key, at line 2, column 1$/],
    ['listen: "s3cret', /is not YAML: .*at line 1/],
    ['listen: {s3cret', /is not YAML: .*at line 1/],
  ];
  for (const [yaml, pattern] of cases) {
    assert.throws(
      () => read(yaml),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError, String(error));
        assert.match(error.message, pattern);
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
      yaml,
    );
  }
  assert.throws(() => readConfigFile('/nowhere.yaml', {}, {}), /cannot be read \(ENOENT\)/);
});
