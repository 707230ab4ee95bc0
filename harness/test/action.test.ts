import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { ROOT } from '../src/plan/features.ts';
import type { JsonReport } from '../src/report/json.ts';

const directory = mkdtempSync(join(tmpdir(), 'action-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Step {
  id?: string;
  run?: string;
  env?: Record<string, string>;
}
const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  inputs: Record<string, { description: string; default: string }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
};
const script = readFileSync(join(ROOT, 'scripts/action.sh'), 'utf8');

test('every input reaches the script as a variable, and none as a part of it', () => {
  const { steps } = action.runs;
  const env = steps.find(({ id }) => id === 'run')?.env ?? {};
  for (const [name, { description }] of Object.entries(action.inputs)) {
    const variable = `INPUT_${name.toUpperCase().replaceAll('-', '_')}`;
    assert.equal(env[variable], `\${{ inputs.${name} }}`);
    assert.ok(script.includes(variable), variable);
    assert.ok(description.length > 0);
  }
  for (const { run } of steps) assert.ok(!run?.includes('${{'), run);
  for (const [name, { value }] of Object.entries(action.outputs)) {
    assert.equal(value, `\${{ steps.run.outputs.${name} }}`);
    assert.ok(script.includes(`echo "${name}=`));
  }
});

test('the script runs the suite, writes every report, and tells the job', () => {
  const label = '$(touch owned) `touch owned` "x"';
  const env = {
    ...process.env,
    ...{ INPUT_REPORTS: 'out', INPUT_LABEL: label, INPUT_ARGS: '--requirement\nTRN-001\n' },
    ...{ GITHUB_STEP_SUMMARY: join(directory, 'summary'), GITHUB_OUTPUT: join(directory, 'output') },
  };
  const { status, stderr } = spawnSync(join(ROOT, 'scripts/action.sh'), { cwd: directory, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const name of ['report.html', 'report.json', 'junit.xml', 'summary.md', 'badge.svg'])
    assert.ok(existsSync(join(directory, 'out', name)), name);
  const report = JSON.parse(readFileSync(join(directory, 'out/report.json'), 'utf8')) as JsonReport;
  assert.equal(report.target.label, label);
  assert.ok(!existsSync(join(directory, 'owned')));
  assert.match(readFileSync(join(directory, 'summary'), 'utf8'), /^## ✅ /);
  assert.equal(readFileSync(join(directory, 'output'), 'utf8'), 'exit-code=0\nreports=out\n');
  const wrong = spawnSync(join(ROOT, 'scripts/action.sh'), {
    cwd: directory,
    env: { ...env, INPUT_TARGET: 'no target' },
  });
  assert.equal(wrong.status, 2);
  assert.match(readFileSync(join(directory, 'output'), 'utf8'), /exit-code=2/);
});
