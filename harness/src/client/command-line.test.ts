import assert from 'node:assert/strict';
import { test } from 'node:test';
import { command } from '../options/again.ts';
import { withoutSecrets } from './command-line.ts';

test('values that are secrets by their names are not shown, whatever way they are given', () => {
  const shown = (line: string): string => withoutSecrets(line.split(' ')).join(' ');
  assert.equal(shown('./c --token c0ffee --name a'), './c --token *** --name a');
  assert.equal(shown('./c --access-token=c0ffee -password x'), './c --access-token=*** -password ***');
  assert.equal(shown('env API_TOKEN=c0ffee ./c --verbose'), 'env API_TOKEN=*** ./c --verbose');
  assert.equal(shown('./c --client-secret c0ffee --api-key k'), './c --client-secret *** --api-key ***');
});

test('what only sounds like one is shown', () => {
  for (const line of [
    './token-server --listen 127.0.0.1:{port}',
    './c --token-file t.txt',
    './c --token --open',
    './c --passes 3',
  ])
    assert.deepEqual(withoutSecrets(line.split(' ')), line.split(' '));
});

test('nor does the command that repeats a scenario show them', () => {
  assert.equal(
    command(['--client', "./c --token c0ffee --name 'a b'", '--open']),
    "npm run conformance -- --client './c --token '\\''***'\\'' --name '\\''a b'\\''' --open",
  );
  assert.equal(
    command(['--command=./s {port} --secret=c0ffee']),
    "npm run conformance -- '--command=./s '\\''{port}'\\'' '\\''--secret=***'\\'''",
  );
  assert.equal(command(['--client', './c -v']), "npm run conformance -- --client './c -v'");
});
