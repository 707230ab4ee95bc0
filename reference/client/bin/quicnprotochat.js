#!/usr/bin/env node
import { program } from './program.js';

const file = await program();
if (file === undefined) {
  // As they are: the sources are TypeScript.
  const { register } = await import('tsx/esm/api');
  register();
}
await import(file ?? '../src/main.ts');
