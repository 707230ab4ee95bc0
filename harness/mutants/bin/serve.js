#!/usr/bin/env node
// serve.js ID PORT DIR [ACCOUNTS]: one faulty server that keeps what it knows in that folder.
import { register } from 'tsx/esm/api';

register();
await import('../src/kept/serve.ts');
