import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAgainst } from './against.ts';
import type { RawOptions } from './flags.ts';

test('an address, or the reference server', () => {
  assert.equal(readAgainst({}), undefined);
  for (const against of ['', 'embedded']) assert.deepEqual(readAgainst({ against }), { targets: [], accounts: [] });
  assert.deepEqual(readAgainst({ against: '[::1]:7001' })?.targets, [
    { host: '::1', port: 7001, verify: { kind: 'none' } },
  ]);
  assert.equal(readAgainst({ against: '127.0.0.1:1,127.0.0.1:2' })?.targets.length, 2);
});

const MISUSE: [raw: RawOptions, message: RegExp][] = [
  [{ against: 'nowhere:at:all' }, /--against nowhere:at:all is not HOST:PORT/],
  [{ againstAccounts: 'a.json' }, /--against-accounts needs --against/],
  [{ against: '', againstAccounts: 'a.json' }, /the embedded server has the accounts of the target/],
  [{ against: '127.0.0.1:1', againstAccounts: '/no/file.json' }, /\/no\/file\.json cannot be read/],
  [{ against: '', network: 'loss=1%' }, /--against and --network exclude each other/],
  [{ against: '', writeKnownFailing: 'x' }, /--against and --write-known-failing exclude each other/],
  [{ against: '', report: ['html=x.html'] }, /--report html is of a single run: --against writes json and md/],
];
for (const [raw, message] of MISUSE)
  test(`misuse: ${message.source}`, () => {
    assert.throws(() => readAgainst(raw), message);
  });

test('what was taken back does not count as given', () => {
  assert.ok(readAgainst({ against: '', strict: false }));
});
