#!/usr/bin/env node
// A process that runs a part of the scenarios (--jobs); `conformance` starts it. The sources are TypeScript; tsx runs them.
import { register } from 'tsx/esm/api';

const SUITE_BROKEN = 4;

// Cucumber would blame it on the scenario that runs at that moment, and so on the target.
process.on('uncaughtException', (error) => {
  console.error(error);
  process.exit(SUITE_BROKEN);
});

register();
await import('../src/run/worker.ts');
