// npm run spec:check: the features against the specification. Exit 1 with a line for each difference.

import { loadSpec } from '../harness/src/spec.ts';
import { checkSpec } from '../harness/src/spec-check.ts';

const spec = loadSpec();
const faults = checkSpec(spec);
for (const fault of faults) console.error(fault);
console.log(`${spec.size} requirements, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
