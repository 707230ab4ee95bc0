import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runClientScenarios } from '../../client/test-client.ts';
import { loadFeatures, type PlannedScenario, ROOT } from '../../plan/features.ts';
import type { ScenarioResult } from '../../result.ts';
import { loadSpec } from '../../spec/spec.ts';
import { buildClient } from './build.ts';
import type { Fault, OtherClient, Variant } from './catalog.ts';

/** What was found of a client: a line each. */
export interface Finding {
  isRight: boolean;
  lines: string[];
}

/** How long a command may take, in ms: what a broken client does not end is not waited for longer. */
const LIMIT_MS = 20_000;
/** From here the packages of the workspace are found. */
const PROGRAMS = join(ROOT, 'harness/node_modules/.cache/clients');

const scenarios = loadFeatures(loadSpec(), undefined, 'client');

/** A broken client is caught by the first scenario of its requirement that fails. */
export function judgeFault(fault: Fault): Promise<Finding> {
  return withProgram(fault, async (command) => {
    const own = scenarios.filter(({ requirement }) => requirement === fault.requirement);
    let passed = 0;
    for (const scenario of own) {
      const [result] = await run(command, [scenario], 1);
      if (result?.status === 'failed' || result?.status === 'warned') return { isRight: true, lines: [lineOf(result)] };
      if (result?.status === 'passed') passed += 1;
    }
    return { isRight: false, lines: [`${passed} of ${own.length} scenarios of ${fault.requirement} pass`] };
  });
}

/** A right client passes all, but for what is only recommended and it is said not to follow. */
export function judgeVariant(variant: Variant, isWanted: (scenario: PlannedScenario) => boolean): Promise<Finding> {
  return withProgram(variant, async (command) => {
    const results = await run(command, scenarios.filter(isWanted), 1);
    const accused = results.filter(({ status }) => status === 'failed' || status === 'broken');
    const warned = results.filter(({ status }) => status === 'warned');
    const passed = results.filter(({ status }) => status === 'passed').length;
    const mayWarn = ({ scenario }: ScenarioResult): boolean => variant.mayWarn?.includes(scenario.requirement) ?? false;
    const isRight = accused.length === 0 && warned.every(mayWarn) && passed > 0;
    const skipped = results.length - passed - accused.length - warned.length;
    return { isRight, lines: [`${passed} passed, ${skipped} skipped`, ...[...accused, ...warned].map(lineOf)] };
  });
}

async function withProgram<T>(client: OtherClient, judge: (command: string[]) => Promise<T>): Promise<T> {
  const program = join(PROGRAMS, `${client.id.slice(0, 40)}-${process.pid}.mjs`);
  await mkdir(PROGRAMS, { recursive: true });
  try {
    await buildClient(client, program);
    return await judge([process.execPath, program]);
  } finally {
    await rm(program, { force: true });
  }
}

async function run(command: string[], wanted: PlannedScenario[], atOnce: number): Promise<ScenarioResult[]> {
  const parameters = { command, limitMs: LIMIT_MS };
  const { results, faults } = await runClientScenarios({
    parameters,
    scenarios: wanted,
    atOnce,
    onResult: () => undefined,
  });
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return results;
}

function lineOf({ scenario, status, failure }: ScenarioResult): string {
  const { requirement, name, uri, line } = scenario;
  return `${status}: ${requirement} ${name} (${uri}:${line}): ${failure?.message.split('\n', 1)[0] ?? ''}`;
}
