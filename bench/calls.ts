// Calls per second of reference-server beside the Go server: the same client, the same run, rounds taken in turn.
// What counts is the ratio; the absolute figures are this machine's.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALPN, nodeService } from '@quicnprotochat/proto';
import { connect } from '@quicnprotochat/quic';
import { connectVat, type RpcClient } from '@quicnprotochat/rpc';
import { type Account, ROOT, type RunningServer, run, startServer, writeAccounts } from '../interop/peer.ts';

const ROUNDS = 5;
const ROUND_MS = 1_500;

interface Session {
  client: RpcClient;
  close(): Promise<void>;
}

async function open(server: RunningServer): Promise<Session> {
  const split = server.address.lastIndexOf(':');
  const connection = await connect({
    host: server.address.slice(0, split),
    port: Number(server.address.slice(split + 1)),
    alpn: [ALPN],
    verify: { kind: 'pin', sha256: server.pin },
  });
  const client = connectVat(await connection.openStream());
  return {
    client,
    close: async () => {
      await client.close();
      await connection.close(0, 'done');
    },
  };
}

/** Keeps `depth` calls in flight for a while. @returns calls per second */
async function rate(call: () => Promise<unknown>, depth: number): Promise<number> {
  const end = performance.now() + ROUND_MS;
  const start = performance.now();
  let done = 0;
  const lane = async (): Promise<void> => {
    while (performance.now() < end) {
      await call();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: depth }, lane));
  return (done / (performance.now() - start)) * 1000;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const accounts = join(scratch, 'accounts.json');
  writeAccounts(accounts);
  const [alice] = JSON.parse(readFileSync(accounts, 'utf8')) as [Account];
  const auth = { version: 1, accessToken: Buffer.from(alice.token, 'hex'), deviceId: new Uint8Array() };
  const queue = { recipientKey: Buffer.from(alice.identityKey, 'hex'), channelId: new Uint8Array(), version: 1, auth };
  const payload = new Uint8Array(1024).fill(7);

  const built = await run('go', ['build', '-o', `${scratch}/`, './cmd/node-server'], join(ROOT, 'interop/go'));
  if (built.code !== 0) throw new Error(`go build failed: ${built.output}`);
  const servers = {
    reference: await startServer(process.execPath, [
      join(ROOT, 'reference/server/bin/reference-server.js'),
      ...['--listen', '127.0.0.1:0', '--accounts', accounts, '--stop-with-stdin'],
    ]),
    go: await startServer(join(scratch, 'node-server'), [
      '-listen',
      '127.0.0.1:0',
      '-accounts',
      accounts,
      '-stop-with-stdin',
    ]),
  };
  const sessions = { reference: await open(servers.reference), go: await open(servers.go) };

  const drain = async ({ client }: Session): Promise<void> => {
    while ((await client.call(nodeService.fetch, { ...queue, limit: 0 })).payloads.length > 0);
  };
  const health = ({ client }: Session) => client.call(nodeService.health, {});
  let enqueued = 0;
  /** A queue takes 10,000: it is drained in between, the same on both servers. */
  const enqueue = async (session: Session): Promise<void> => {
    await session.client.call(nodeService.enqueue, { ...queue, payload });
    enqueued += 1;
    if (enqueued % 4_000 === 0) await drain(session);
  };
  const kinds = [
    { name: 'health, depth 1', call: health, depth: 1 },
    { name: 'health, depth 32', call: health, depth: 32 },
    { name: 'enqueue 1 KiB, depth 32', call: enqueue, depth: 32 },
  ];

  console.log(`${ROUNDS} rounds of ${ROUND_MS} ms, in turn; medians of calls per second`);
  for (const { name, call, depth } of kinds) {
    const rates: Record<keyof typeof sessions, number[]> = { reference: [], go: [] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const peer of ['reference', 'go'] as const) {
        const session = sessions[peer];
        const measured = await rate(() => call(session), depth);
        await drain(session);
        // The first round warms both up.
        if (round > 0) rates[peer].push(measured);
      }
    }
    const ratio = median(rates.reference.map((value, i) => value / (rates.go[i] as number)));
    const figures = `reference ${median(rates.reference).toFixed(0)}/s, Go ${median(rates.go).toFixed(0)}/s`;
    console.log(`${name.padEnd(26)} ${figures.padEnd(36)} ratio ${ratio.toFixed(2)}`);
  }
  for (const session of Object.values(sessions)) await session.close();
  for (const server of Object.values(servers)) await server.stop();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
