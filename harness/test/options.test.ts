import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { UsageError } from '../src/errors.ts';
import type { RawOptions } from '../src/options/flags.ts';
import { readOptions } from '../src/options/options.ts';
import { parseDuration, parseShard, parseTarget } from '../src/options/values.ts';

const directory = mkdtempSync(join(tmpdir(), 'options-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string, content: unknown): string => {
  writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  return join(directory, name);
};

const raw: RawOptions = {};
const account = (n: number, extra: object = {}) => ({
  name: `p${n}`,
  identityKey: `0${n}`.repeat(32),
  token: `c0ffee0${n}`,
  ...extra,
});
const three = [account(1), account(2), account(3)];

test('targets', () => {
  assert.deepEqual(parseTarget('127.0.0.1:7000'), { host: '127.0.0.1', port: 7000 });
  assert.deepEqual(parseTarget('[::1]:65535'), { host: '::1', port: 65535 });
  assert.deepEqual(parseTarget('node.example'), { host: 'node.example', port: 7000 });
  for (const bad of [
    '',
    ':7000',
    'host:',
    'host:0',
    'host:65536',
    'host:x',
    '::1:7000',
    'http://host:1',
    'a b:1',
    'host:1:2',
  ]) {
    assert.throws(() => parseTarget(bad), UsageError, bad);
  }
});

test('several addresses of one service, with one pin or one for each', () => {
  const [one, other] = ['ab'.repeat(32), 'cd'.repeat(32)] as const;
  const pinsOf = (pin: string[]) => {
    const { targets } = readOptions({ ...raw, target: '127.0.0.1:1, [::1]:2', open: true, pin });
    assert.deepEqual(
      targets.map(({ host, port }) => [host, port]),
      [
        ['127.0.0.1', 1],
        ['::1', 2],
      ],
    );
    return targets.map(({ verify }) => (verify.kind === 'pin' ? verify.sha256 : verify.kind));
  };
  assert.deepEqual(pinsOf([]), ['none', 'none']);
  assert.deepEqual(pinsOf([one]), [one, one]);
  assert.deepEqual(pinsOf([one, other]), [one, other]);
  assert.deepEqual(pinsOf([`${one},${other}`]), [one, other]);
});

test('times', () => {
  const cases = {
    '10': 10_000,
    '10s': 10_000,
    '1500ms': 1_500,
    '0.5': 500,
    '5000': 5_000,
    '600': 600_000,
    '2.5s': 2_500,
  };
  for (const [text, ms] of Object.entries(cases)) assert.equal(parseDuration(text), ms, text);
  for (const bad of ['', 'x', '-1', '0', '10m', '601', '1e3', 'Infinity'])
    assert.throws(() => parseDuration(bad), UsageError, bad);
});

test('shards', () => {
  assert.deepEqual(parseShard('2/3'), { index: 2, count: 3 });
  for (const bad of ['', '0/3', '4/3', '1', '1/0', 'a/b', '1/2/3', '-1/2'])
    assert.throws(() => parseShard(bad), UsageError, bad);
});

test('accounts: three usable ones, and errors that never show a token', () => {
  const read = (accounts: unknown) => readOptions({ ...raw, target: 'h:1', accounts: file('accounts.json', accounts) });
  const { accounts } = read([...three, account(4, { expired: true, deviceId: 'AB' })]);
  assert.deepEqual(accounts[3], {
    name: 'p4',
    identityKey: '04'.repeat(32),
    token: 'c0ffee04',
    deviceId: 'ab',
    isExpired: true,
  });
  const bad: [RegExp, unknown][] = [
    [/not JSON/, '[{"token": "c0ffee",'],
    [/not a JSON array/, {}],
    [/has 2 usable accounts/, [account(1), account(2), account(3, { expired: true })]],
    [/the same identityKey twice/, [account(1), account(1), account(3)]],
    [/entry 2 is not an object/, [account(1), 5, account(3)]],
    [/entry 1 has no "name"/, [account(1, { name: '' }), ...three]],
    [/entry 1: "identityKey" is not 32 bytes/, [account(1, { identityKey: 'abcd' }), ...three]],
    [/entry 1: "token" is not hex/, [account(1, { token: 'c0ffee!' }), ...three]],
  ];
  for (const [expected, content] of bad) {
    assert.throws(
      () => read(content),
      (error) => error instanceof UsageError && expected.test(error.message) && !error.message.includes('c0ffee'),
      String(expected),
    );
  }
});

test('limits: known names, whole numbers, the spec for the rest', () => {
  const read = (limits: unknown) => readOptions({ ...raw, limits: file('limits.json', limits) }).limits;
  assert.deepEqual(
    { ...read({ queueMessages: 50 }), queueMessages: 1_000, queueBytes: 16 << 20, keyPackages: 100 },
    readOptions(raw).limits,
  );
  assert.equal(read({ queueMessages: 50 }).queueMessages, 50);
  for (const bad of [
    { queueLength: 5 },
    { queueMessages: 0 },
    { queueMessages: '5' },
    { queueMessages: 1.5 },
    [],
    'x',
  ]) {
    assert.throws(() => read(bad), UsageError, JSON.stringify(bad));
  }
});

test('options that exclude or need each other', () => {
  const pin = 'ab'.repeat(32);
  const bad: [RegExp, Partial<RawOptions>][] = [
    [/--accounts needs --target/, { accounts: 'x.json' }],
    [/--pin needs --target/, { pin: [pin] }],
    [/--insecure needs --target/, { insecure: true }],
    [/exclude each other/, { target: 'h:1', open: true, pin: [pin], insecure: true }],
    [/--pin is given 2 times for 3 addresses/, { target: 'h:1,h:2,h:3', open: true, pin: [pin, pin] }],
    [/--target names nothing/, { target: ',', open: true }],
    [/--pin is not the SHA-256/, { target: 'h:1', open: true, pin: ['abc'] }],
    [/--tls-ca .* cannot be read \(ENOENT\)/, { target: 'h:1', open: true, tlsCa: '/nowhere.pem' }],
    [/--tls-ca .* holds no certificate/, { target: 'h:1', open: true, tlsCa: file('ca.pem', 'x') }],
    [/--profile nope is not known/, { profile: ['core,nope'] }],
    [/--report xml=x is not/, { report: ['xml=x'] }],
  ];
  for (const [expected, change] of bad) {
    assert.throws(
      () => readOptions({ ...raw, ...change }),
      (error) => error instanceof UsageError && expected.test(error.message),
      String(expected),
    );
  }
});

test('lists are given with commas or repeated, in any case', () => {
  const options = readOptions({ ...raw, requirement: ['ds-004,kp', 'CH'], profile: ['Core', 'channels,batch'] });
  assert.deepEqual(options.requirements, ['DS-004', 'KP', 'CH']);
  assert.deepEqual(options.profiles, ['core', 'channels', 'batch']);
  assert.deepEqual(readOptions({ profile: ['core'], require: ['P2P,core'] }).required, ['core', 'p2p']);
  assert.deepEqual(readOptions({ exclude: ['ds,@needs:open'] }).excluded, ['DS', '@needs:open']);
});
