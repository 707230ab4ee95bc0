// A process of load.ts: a connection a person, each with a fetchWait that is asked again whenever it is answered.
import { nodeService } from '@quicnprotochat/proto';
import type { Account } from '../interop/peer.ts';
import { openSession, type Place, queueOf } from './people.ts';

/** Handshakes under way at once in one process. */
const AT_ONCE = 10;

process.once('message', ({ place, people, offset }: { place: Place; people: Account[]; offset: number }) => {
  void connectAll(place, people, offset).catch(tellFault);
});
process.once('disconnect', () => process.exit());

async function connectAll(place: Place, people: Account[], offset: number): Promise<void> {
  const left = people.map((person, i) => ({ person, index: offset + i }));
  const lane = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) {
      const { person, index } = next;
      const { rpc } = await openSession(place);
      // An answer that the next call waits behind shows that it came.
      const first = rpc.call(nodeService.fetchWait, { ...queueOf(person), timeoutMs: 60_000n, limit: 0 });
      await rpc.call(nodeService.health, {});
      process.send?.({ waiting: 1 });
      void keepWaiting(
        first,
        () => rpc.call(nodeService.fetchWait, { ...queueOf(person), timeoutMs: 60_000n, limit: 0 }),
        index,
      ).catch(tellFault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function keepWaiting(first: ReturnType<Wait>, again: Wait, person: number): Promise<void> {
  for (let answer = first; ; answer = again()) {
    const { payloads } = await answer;
    if (payloads.length === 0) continue;
    const texts = payloads.map(({ payload }) => Buffer.from(payload).toString());
    process.send?.({ person, texts, at: Date.now() });
  }
}

type Wait = () => Promise<{ payloads: { payload: Uint8Array }[] }>;

function tellFault(error: unknown): void {
  process.send?.({ fault: error instanceof Error ? error.message : String(error) });
}
