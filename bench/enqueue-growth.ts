// Enqueueing must not slow down as a queue grows: 100,000 messages into the file store, the time of the last 1,000 beside
// that of the first 1,000. What counts is the ratio. The peer is the store without a disk, in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore, memoryStore, type Store, silentLog } from '@quicnprotochat/server';

const MESSAGES = 100_000;
const SAMPLE = 1_000;
/** Calls in flight, as of some busy clients. */
const DEPTH = 100;

const queue = { recipientKey: new Uint8Array(32).fill(1), channelId: new Uint8Array() };
const payload = new Uint8Array(256).fill(7);
const limits = { messages: MESSAGES * 2, bytes: MESSAGES * 1_000 };

/** @returns microseconds a message */
async function timeOf(store: Store, count: number): Promise<number> {
  const start = performance.now();
  for (let done = 0; done < count; done += DEPTH) {
    await Promise.all(Array.from({ length: DEPTH }, () => store.enqueue(queue, payload, limits)));
  }
  return ((performance.now() - start) * 1_000) / count;
}

async function measure(name: string, store: Store): Promise<void> {
  await timeOf(store, SAMPLE);
  const first = await timeOf(store, SAMPLE);
  await timeOf(store, MESSAGES - 3 * SAMPLE);
  const last = await timeOf(store, SAMPLE);
  const figures = `first ${SAMPLE}: ${first.toFixed(1)} µs each, last ${SAMPLE}: ${last.toFixed(1)} µs each`;
  console.log(`${name.padEnd(26)} ${figures}  ratio ${(last / first).toFixed(2)}`);
}

const directory = mkdtempSync(join(tmpdir(), 'bench-'));
const file = await fileStore(directory, silentLog);
const memory = await memoryStore();
try {
  console.log(`a queue of ${MESSAGES} messages of ${payload.length} bytes, ${DEPTH} calls in flight`);
  await measure('enqueue, file store', file);
  await measure('enqueue, memory store', memory);
} finally {
  await file.close();
  await memory.close();
  rmSync(directory, { recursive: true, force: true });
}
