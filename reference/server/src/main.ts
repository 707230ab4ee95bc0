import { hideBin } from 'yargs/helpers';
import { run } from './cli/run.ts';

await run(hideBin(process.argv));
