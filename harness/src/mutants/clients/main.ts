// npm run mutants:clients: holds the scenarios for clients against clients with a fault, each of which they must catch by
// the requirement that it breaks.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadFeatures, type PlannedScenario } from '../../plan/features.ts';
import { runSubject } from '../../run/run.ts';
import { loadSpec } from '../../spec.ts';

interface Fault {
  id: string;
  requirement: string;
  what: string;
}

const PLANT = fileURLToPath(new URL('./plant.mjs', import.meta.url));
/** How long a command may take, in ms: what a broken client does not end is not waited for longer. */
const LIMIT_MS = 20_000;
const AT_ONCE = 2;

const faults = JSON.parse(readFileSync(new URL('./faults.json', import.meta.url), 'utf8')) as Fault[];
const patterns = process.argv.slice(2);
const wanted = faults.filter(
  ({ id, requirement }) =>
    patterns.length === 0 || patterns.some((pattern) => `${requirement} ${id}`.includes(pattern)),
);
if (wanted.length === 0) {
  console.error(`mutants:clients: nothing matches ${patterns.join(', ')}`);
  process.exit(2);
}
const scenarios = loadFeatures(loadSpec(), undefined, 'client');
const started = Date.now();
const left = [...wanted];
let caught = 0;

/** @returns the scenario that catches it, or why none does */
async function judge({ id, requirement }: Fault): Promise<{ by?: PlannedScenario; why: string }> {
  const parameters = { command: [process.execPath, PLANT, id], limitMs: LIMIT_MS };
  let ran = 0;
  for (const scenario of scenarios.filter((one) => one.requirement === requirement)) {
    const options = { subject: 'client' as const, parameters, redact: (text: string) => text, onResult: () => {} };
    const { results, faults: broken } = await runSubject({ ...options, scenarios: [scenario] });
    if (broken.length > 0) throw new Error(broken.join('\n'));
    const [result] = results;
    if (result?.status === 'failed' || result?.status === 'warned')
      return { by: scenario, why: result.failure?.message.split('\n', 1)[0] ?? '' };
    if (result?.status === 'passed') ran += 1;
  }
  return { why: `${ran} scenarios of ${requirement} pass` };
}

async function work(): Promise<void> {
  for (let fault = left.shift(); fault; fault = left.shift()) {
    const { by, why } = await judge(fault);
    if (by) caught += 1;
    const where = by ? `  ${by.uri}:${by.line}: ` : '  ';
    console.log(`${by ? 'caught  ' : 'SURVIVED'} ${fault.requirement} ${fault.id}: ${fault.what}\n${where}${why}`);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(`\n${caught} of ${wanted.length} broken clients caught in ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${caught} passed, ${wanted.length - caught} failed, 0 skipped`);
process.exitCode = caught === wanted.length ? 0 : 1;
