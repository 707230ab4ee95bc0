// node plant.mjs FAULT ARGS…: runs the reference client with one fault of faults.json planted in its sources as they are
// loaded. It is a program of its own, and so a client as any other.
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

const [id] = process.argv.splice(2, 1);
const fault = JSON.parse(readFileSync(new URL('./faults.json', import.meta.url), 'utf8')).find((one) => one.id === id);
if (!fault) throw new Error(`faults.json has no ${id}`);
const root = new URL('../../../../', import.meta.url);
const edits = fault.edits.map(({ file, find, replace }) => {
  const url = new URL(file, root);
  if (!readFileSync(url, 'utf8').includes(find)) throw new Error(`${file} no longer holds: ${find}`);
  return { url: url.href, find, replace };
});
// Before the client's own loader, which then turns into JavaScript what this one gives it.
register('./plant-hooks.mjs', import.meta.url, { data: edits });
await import(new URL('reference/client/bin/quicnprotochat.js', root).href);
