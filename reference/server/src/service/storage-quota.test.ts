import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { memoryStore, type QueueId, StoreError } from '../index.ts';
import { NodeServiceError } from './error.ts';
import { StorageQuota } from './storage-quota.ts';

const NO_LIMIT = { messages: 1e9, bytes: 1e9 };
const queue: QueueId = { channelId: new Uint8Array(), recipientKey: new Uint8Array(32) };
const isFull = (error: unknown): boolean => error instanceof NodeServiceError && error.code === 'E015';

test('what is taken counts at once; what the store gives up is room again', async () => {
  const store = await memoryStore();
  let now = 0;
  const quota = new StorageQuota(store, 100_000, () => now);
  await turn();
  for (let i = 0; i < 9; i += 1) {
    quota.take(10_000);
    await store.enqueue(queue, new Uint8Array(10_000), NO_LIMIT);
  }
  assert.throws(() => quota.take(10_000), isFull);
  await turn();
  assert.throws(() => quota.take(10_000), isFull, 'the store is as full as it was');
  await store.take(queue, NO_LIMIT);
  now += 1_000;
  assert.throws(() => quota.take(10_000), isFull);
  await turn();
  quota.take(90_000);
});

test('what was there before counts: messages and KeyPackages', async () => {
  const store = await memoryStore();
  await store.enqueue(queue, new Uint8Array(40_000), NO_LIMIT);
  await store.addKeyPackage(queue.recipientKey, new Uint8Array(40_000), 10);
  const quota = new StorageQuota(store, 100_000, () => 0);
  await turn();
  assert.throws(() => quota.take(30_000), isFull);
  quota.take(15_000);
});

test('a store that cannot be asked changes nothing', async () => {
  const quota = new StorageQuota({ stats: () => Promise.reject(new StoreError('gone')) }, 10_000, () => 0);
  await turn();
  quota.take(9_000);
  await turn();
  assert.throws(() => quota.take(9_000), isFull);
});
