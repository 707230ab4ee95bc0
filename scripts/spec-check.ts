// npm run spec:check: the features against the specification. Exit 1 with a line for each difference.

import { checkSpec, loadSpec } from '../harness/src/index.ts';

const spec = loadSpec();
const faults = checkSpec(spec);
for (const fault of faults) console.error(fault);
console.log(`${spec.size} requirements, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
