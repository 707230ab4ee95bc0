// Rewrites frames.json with the capnp tool, after cases.ts was changed: npm run golden.
import { writeFileSync } from 'node:fs';
import { CapnpTool } from './capnp-tool.ts';
import { CASES } from './cases.ts';

const tool = new CapnpTool();
const frames = Object.fromEntries(
  CASES.map((golden) => [golden.name, Buffer.from(tool.encode(golden)).toString('hex')]),
);
writeFileSync(new URL('./frames.json', import.meta.url), `${JSON.stringify(frames, null, 2)}\n`);
