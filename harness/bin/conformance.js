#!/usr/bin/env node
// The sources are TypeScript; tsx runs them as they are, the step definitions that cucumber imports too.
import { register } from 'tsx/esm/api';

const SUITE_BROKEN = 4;
const INTERRUPTED = 130;

// Without a verdict there is no result, whatever ends the process: an error that nobody caught, process.exit in a step.
let hasVerdict = false;
process.on('exit', (code) => {
  if (hasVerdict || code === INTERRUPTED) return;
  console.error('conformance: the suite is broken: the process ended before there was a verdict');
  process.exitCode = SUITE_BROKEN;
});

// Cucumber would blame it on the scenario that runs at that moment, and so on the target.
process.on('uncaughtException', (error) => {
  console.error(error);
  process.exit(SUITE_BROKEN);
});

register();
const { main } = await import('../src/cli.ts');
process.exitCode = await main(process.argv.slice(2), (code) => {
  hasVerdict = true;
  process.exit(code);
});
hasVerdict = true;
