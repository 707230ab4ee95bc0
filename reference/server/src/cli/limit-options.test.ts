import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../config-error.ts';
import { DEFAULT_NODE_LIMITS } from '../node-limits.ts';
import { DEFAULT_SERVICE_LIMITS } from '../service/limits.ts';
import { LIMIT_OPTIONS, readLimits } from './limit-options.ts';

test('the defaults that help shows are those of the server', () => {
  const shown = Object.fromEntries(Object.entries(LIMIT_OPTIONS).map(([name, option]) => [name, option.default]));
  assert.equal(shown['max-payload'], '5M');
  assert.equal(shown['max-queue-messages'], '10000');
  assert.equal(shown['rate-limit'], undefined);
  assert.deepEqual(readLimits(shown), { service: DEFAULT_SERVICE_LIMITS, node: DEFAULT_NODE_LIMITS });
  assert.deepEqual(readLimits({}), { service: DEFAULT_SERVICE_LIMITS, node: DEFAULT_NODE_LIMITS });
});

test('each option sets its limit', () => {
  const { service, node } = readLimits({
    'max-payload': '64k',
    'max-package': '1000',
    'max-queue-bytes': '1G',
    'max-waiters': '3',
    'max-calls': '7',
    'max-connections-per-address': '5',
    'max-datagram': '8952',
    'rate-limit': '20/s',
    'opaque-rate': '0.5',
  });
  assert.equal(service.payloadBytes, 65_536);
  assert.equal(service.packageBytes, 1_000);
  assert.equal(service.queueBytes, 1 << 30);
  assert.equal(service.waiters, 3);
  assert.deepEqual([service.callsPerSecond, service.callsAtOnce], [20, 20]);
  assert.equal(service.opaquePerSecond, 0.5);
  assert.deepEqual(node, { ...DEFAULT_NODE_LIMITS, callsInFlight: 7, connectionsPerAddress: 5, datagramBytes: 8_952 });
  assert.equal(readLimits({ 'rate-limit': '20', 'rate-burst': '100' }).service.callsAtOnce, 100);
});

test('what is no limit is refused, and told how it is written', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ 'max-payload': '0' }, /--max-payload 0 is no size like/],
    [{ 'max-payload': '5MB' }, /is no size like/],
    [{ 'max-payload': '-1' }, /is no size like/],
    [{ 'max-payload': '16M' }, /at most 16320K/],
    [{ 'max-users': '1k' }, /--max-users 1k is no whole number/],
    [{ 'max-streams': '' }, /is no whole number/],
    [{ 'max-streams': ['1', '2'] }, /--max-streams is given twice/],
    [{ 'rate-limit': '0' }, /is no number of calls a second/],
    [{ 'rate-limit': '10/min' }, /is no number of calls a second/],
    [{ 'rate-burst': '10' }, /goes with --rate-limit/],
    [{ 'max-datagram': '1199' }, /--max-datagram is 1200 to 65507 bytes/],
    [{ 'max-datagram': '64K' }, /--max-datagram is 1200 to 65507 bytes/],
  ];
  for (const [given, expected] of cases)
    assert.throws(
      () => readLimits(given),
      (error) => error instanceof ConfigError && expected.test(error.message),
      JSON.stringify(given),
    );
});
