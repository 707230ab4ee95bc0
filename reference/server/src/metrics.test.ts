import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from './loopback.ts';
import { Metrics, type MetricsSources } from './metrics.ts';

const stats = {
  keyPackageBytes: 10,
  queues: 1,
  messages: 2,
  keyPackages: 3,
  hybridKeys: 4,
  endpoints: 5,
  channels: 6,
  users: 7,
  tokens: 8,
};

test('a store that does not answer takes its own figures away, and no others', async () => {
  let isUp = true;
  const sources: MetricsSources = {
    connections: () => 11,
    sessions: () => 12,
    waiters: () => 13,
    certificateEndMs: () => 14_000,
    stats: async () => {
      if (!isUp) throw new Error('down');
      return { ...stats, messageBytes: 9 };
    },
  };
  const metrics = new Metrics(sources);
  metrics.observe('fetch', 'E016', 0.002);
  const up = await metrics.page();
  for (const line of [
    'store_up 1',
    'store_items{kind="tokens"} 8',
    'store_message_bytes 9',
    'store_key_package_bytes 10',
    'sessions 12',
  ])
    assert.ok(up.includes(`\nquicnprotochat_${line}\n`), line);
  assert.ok(up.includes('quicnprotochat_calls_total{method="fetch",code="E016"} 1'));
  assert.ok(up.includes('quicnprotochat_certificate_end_timestamp_seconds 14\n'));
  isUp = false;
  const down = await metrics.page();
  assert.ok(down.includes('\nquicnprotochat_store_up 0\n') && down.includes('\nquicnprotochat_connections 11\n'));
  assert.doesNotMatch(down, /^quicnprotochat_store_(items|message_bytes|key_package_bytes)[ {]/m);
});

test('loopback addresses are told from others', () => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '192.0.2.1', '2001:db8::1', 'node.example']) assert.ok(!isLoopback(host), host);
});
