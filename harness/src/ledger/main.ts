// npm run ledger: every requirement with what tests it.
import { argumentsOf } from '../options/command-line.ts';
import { loadFeatures } from '../plan/features.ts';
import { loadSpec } from '../spec/spec.ts';
import { checkSpec } from '../spec/spec-check.ts';
import { checkLedger } from './check.ts';
import { loadEvidence } from './evidence.ts';
import { makeLedger } from './ledger.ts';
import { checkCatalogue, listMutants, writeCatalogue } from './mutant-list.ts';
import { printLedger } from './print.ts';

// Somebody who reads only the first lines (`| head`) changes nothing.
process.stdout.on('error', () => {});
const { given: values } = argumentsOf({
  name: 'npm run ledger --',
  usage: '$0 [options]\n\nEvery requirement with what tests it. Exit 1 with a line for each fault.',
  flags: {
    verbose: { type: 'boolean', default: false, describe: 'every scenario, vector, property and mutant by name' },
    json: { type: 'boolean', default: false, describe: 'as JSON' },
    write: {
      type: 'boolean',
      default: false,
      describe: 'write the catalogue of mutants, harness/mutants/catalog.json',
    },
  },
});
const mutants = await listMutants();
if (mutants && values.write) writeCatalogue(mutants);
const spec = loadSpec();
const evidence = loadEvidence();
const ledger = makeLedger(spec, loadFeatures(spec, undefined, 'any'), evidence);
console.log(values.json ? JSON.stringify(ledger, null, 2) : printLedger(ledger, values.verbose));
const faults = [
  ...checkSpec(spec),
  ...checkLedger(spec, ledger, evidence),
  ...(mutants ? checkCatalogue(mutants) : []),
];
for (const fault of faults) console.error(fault);
if (!values.json) console.log(`${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
