import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
// @ts-expect-error: a script without types
import { program } from '../program.js';

const directory = mkdtempSync(join(tmpdir(), 'program-'));
after(() => rmSync(directory, { recursive: true, force: true }));
mkdirSync(join(directory, 'src'));

/** Sources are older than what is made of them. */
function write(name: string, source: string): void {
  const path = join(directory, 'src', name);
  writeFileSync(path, source);
  const before = Date.now() / 1000 - 60 - source.length;
  utimesSync(path, before, before);
}
const result = async (): Promise<string> => (await import((await program(directory)) as string)).result;

test('the program is kept until a source changes', async () => {
  write('part.ts', "export const part: string = 'one';");
  write('main.ts', "import { part } from './part.ts'; export const result = part.toUpperCase();");
  const file = await program(directory);
  assert.equal(await result(), 'ONE');
  assert.equal(await program(directory), file);
  write('part.ts', "export const part: string = 'another';");
  assert.notEqual(await program(directory), file);
  assert.equal(await result(), 'ANOTHER');
});

test('what was written while it was made is looked at again', async () => {
  write('main.ts', "export const result = 'then';");
  const future = Date.now() / 1000 + 60;
  utimesSync(join(directory, 'src/main.ts'), future, future);
  assert.equal(await result(), 'then');
  writeFileSync(join(directory, 'src/main.ts'), "export const result = 'soon';");
  utimesSync(join(directory, 'src/main.ts'), future, future);
  assert.equal(await result(), 'soon');
});

test('without sources, or a place to keep it, there is none', async () => {
  assert.equal(await program(join(directory, 'nowhere')), undefined);
  write('main.ts', 'export const result = ;');
  assert.equal(await program(directory), undefined);
});
