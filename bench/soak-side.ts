// One side of soak.ts: the right clients, each with a mixed load on its own account, or the hostile ones.
import { randomBytes } from 'node:crypto';
import { type Delivery, nodeService } from '@quicnprotochat/proto';
import type { RpcClient } from '@quicnprotochat/rpc';
import type { Account } from '../interop/peer.ts';
import { attack } from './hostile.ts';
import { authOf, openSession, type Place, queueOf } from './people.ts';
import type { SideReport } from './soak.ts';

interface Task {
  side: 'right' | 'hostile';
  place: Place;
  people: Account[];
}

const stopping = new AbortController();
const report: SideReport = { counts: {}, failures: [] };

process.once('message', (task: Task) => {
  process.on('message', () => stopping.abort());
  void (task.side === 'right' ? work(task) : harass(task))
    .catch((error) =>
      report.failures.push(`at ${new Date().toISOString()}: ${error instanceof Error ? error.message : String(error)}`),
    )
    .finally(() => process.send?.(report));
});
process.once('disconnect', () => process.exit());

async function harass({ place, people }: Task): Promise<void> {
  report.counts = await attack(place, people[0] as Account, stopping.signal);
}

async function work({ place, people }: Task): Promise<void> {
  // The first account is the one that the hostile clients use.
  await Promise.all(
    people.slice(1).map((person, i) => converse(place, person, people[2 + (i % (people.length - 2))] as Account)),
  );
}

/** Everything that a client does, with as much taken out as was put in. A new connection now and then. */
async function converse(place: Place, person: Account, peer: Account): Promise<void> {
  const auth = authOf(person);
  const identityKey = Buffer.from(person.identityKey, 'hex');
  while (!stopping.signal.aborted) {
    const { rpc, connection } = await openSession(place);
    const count = async <R>(name: string, call: Promise<R>): Promise<R> => {
      const results = await call;
      report.counts[name] = (report.counts[name] ?? 0) + 1;
      return results;
    };
    for (let i = 0; i < 20 && !stopping.signal.aborted; i += 1) {
      const payload = randomBytes(1 + Math.floor(Math.random() * 16_384));
      const wait = waitFor(rpc, person);
      const { seq } = await count('enqueue', rpc.call(nodeService.enqueue, { ...queueOf(person), payload }));
      const payloads = await count('fetchWait', wait);
      const [got] = payloads;
      if (payloads.length !== 1 || !payload.equals(got?.payload ?? new Uint8Array())) {
        const what = payloads.map((one) => `${one.seq} of ${one.payload.length} bytes`).join();
        throw new Error(`round ${i}: [${what}] came back instead of ${seq} of ${payload.length} bytes`);
      }
      await count('enqueue', rpc.call(nodeService.enqueue, { ...queueOf(person), payload }));
      const peeked = await count('peek', rpc.call(nodeService.peek, { ...queueOf(person), limit: 0 }));
      const seqUpTo = peeked.payloads.at(-1)?.seq ?? 0n;
      await count('ack', rpc.call(nodeService.ack, { ...queueOf(person), seqUpTo }));
      await count('uploadKeyPackage', rpc.call(nodeService.uploadKeyPackage, { identityKey, package: payload, auth }));
      await count('fetchKeyPackage', rpc.call(nodeService.fetchKeyPackage, { identityKey, auth }));
      const hybridPublicKey = randomBytes(1_216);
      await count('uploadHybridKey', rpc.call(nodeService.uploadHybridKey, { identityKey, hybridPublicKey, auth }));
      if (peer !== person) {
        const peerKey = Buffer.from(peer.identityKey, 'hex');
        await count('createChannel', rpc.call(nodeService.createChannel, { peerKey, auth }));
      }
    }
    await rpc.close();
    await connection.close();
  }
}

/** Waits until something comes, however often that has to be asked for. */
async function waitFor(rpc: RpcClient, person: Account): Promise<Delivery[]> {
  for (;;) {
    const params = { ...queueOf(person), timeoutMs: 20_000n, limit: 1 };
    const { payloads } = await rpc.call(nodeService.fetchWait, params);
    if (payloads.length > 0) return payloads;
  }
}
