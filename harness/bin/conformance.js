#!/usr/bin/env node
// The sources are TypeScript; tsx runs them as they are, the step definitions that cucumber imports too.
import { register } from 'tsx/esm/api';

register();
const { main } = await import('../src/cli.ts');
process.exitCode = await main(process.argv.slice(2));
