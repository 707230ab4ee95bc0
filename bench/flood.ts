// A server process under clients that take all they can get, for 40 seconds (or the seconds given): none of the attacks waits
// for anything. Prints the server's resident memory as it goes. Exits 1 when it goes over the bound (MiB, 768 unless given
// as the second argument), when the server ends, or when it does not serve a right client afterwards.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALPN, nodeService } from '@quicnprotochat/proto';
import { connect, type QuicConnection } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';
import { type Account, ROOT, startServer } from '../interop/peer.ts';
import { makePeople, openSession, queueOf } from './people.ts';

const SECONDS = Number(process.argv[2] ?? 40);
const BOUND_MIB = Number(process.argv[3] ?? 768);
/** Limits that a flood reaches within the time. */
const LIMITS = ['--max-stored', '128M', '--max-buffered', '64M', '--max-connections-per-address', '200'];
const MIB = 1 << 20;

const directory = mkdtempSync(join(tmpdir(), 'flood-'));
const accounts = join(directory, 'accounts.json');
const people = makePeople(10, accounts);
const server = await startServer(process.execPath, [
  join(ROOT, 'reference/server/bin/reference-server.js'),
  ...['--listen', '127.0.0.1:0', '--accounts', accounts, '--log-level', 'silent', ...LIMITS],
]);
const split = server.address.lastIndexOf(':');
const place = { host: server.address.slice(0, split), port: Number(server.address.slice(split + 1)) };
const open = (options: object = {}): Promise<QuicConnection> =>
  connect({ ...place, alpn: [ALPN], verify: { kind: 'none' }, handshakeTimeoutMs: 10_000, ...options });

const end = Date.now() + SECONDS * 1_000;
const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** Codes that calls were refused with. */
const refused = (error: unknown): void =>
  count(`calls refused: ${/E\d{3}/.exec(String(error))?.[0] ?? (error as Error).name}`);

const someone = (): Account => people[Math.floor(Math.random() * people.length)] as Account;
/** One segment of 15 MiB. */
const HEAD = Buffer.from([0, 0, 0, 0, 0, 0, 0x1e, 0]);

/** Each goes on until the time is over; what the server does to it ends a round. */
const FLOODS: Record<string, () => Promise<void>> = {
  /** Without any account: most of a large message on each of many streams. */
  'messages that are never finished': async () => {
    const connection = await open();
    const streams = await Promise.all(Array.from({ length: 40 }, () => connection.openStream()));
    const most = Buffer.concat([HEAD, Buffer.alloc(8 * MIB)]);
    await Promise.race([Promise.all(streams.map((stream) => stream.write(most).catch(() => {}))), sleep(3_000)]);
    connection.abandon();
  },
  /** Calls whose answers are not taken. */
  'answers that nobody takes': async () => {
    const connection = await open({ initialMaxData: 4_096, initialMaxStreamData: 2_048 });
    for (let i = 0; i < 20; i += 1) {
      const rpc = connectVat(await connection.openStream());
      const person = someone();
      for (let j = 0; j < 50; j += 1) void rpc.call(nodeService.peek, { ...queueOf(person), limit: 0 }).catch(() => {});
    }
    await sleep(1_000);
    connection.abandon();
  },
  /** An account that stores as much as it can, for people who do not exist. */
  'messages to everybody': async () => {
    const { rpc, connection } = await openSession({ address: server.address, pin: server.pin });
    const from = someone();
    const payload = randomBytes(MIB);
    const call = () => ({ ...queueOf(from), recipientKey: randomBytes(32), payload });
    await Promise.all(
      Array.from({ length: 20 }, () => rpc.call(nodeService.enqueue, call()).then(() => count('stored'), refused)),
    );
    await connection.close();
  },
  'KeyPackages without end': async () => {
    const { rpc, connection } = await openSession({ address: server.address, pin: server.pin });
    const { recipientKey: identityKey, auth } = queueOf(someone());
    const call = { identityKey, package: randomBytes(MIB / 2), auth };
    await Promise.all(
      Array.from({ length: 20 }, () =>
        rpc.call(nodeService.uploadKeyPackage, call).then(() => count('stored'), refused),
      ),
    );
    await connection.close();
  },
  'as many waits as there can be': async () => {
    const { rpc, connection } = await openSession({ address: server.address, pin: server.pin });
    const wait = { ...queueOf(someone()), recipientKey: new Uint8Array(32), timeoutMs: 60_000n, limit: 0 };
    for (let i = 0; i < 500; i += 1) void rpc.call(nodeService.fetchWait, wait).catch(() => {});
    const own = { ...queueOf(someone()), timeoutMs: 60_000n, limit: 0 };
    for (let i = 0; i < 500; i += 1) void rpc.call(nodeService.fetchWait, own).catch(() => {});
    await sleep(500);
    connection.abandon();
  },
  'logins of nobody': async () => {
    const { rpc, connection } = await openSession({ address: server.address, pin: server.pin });
    const call = () => ({ username: randomBytes(8).toString('hex'), request: randomBytes(96) });
    await Promise.all(Array.from({ length: 100 }, () => rpc.call(nodeService.opaqueLoginStart, call()).catch(refused)));
    await connection.close();
  },
  'connections without end': async () => {
    const connection = await open();
    void sleep(5_000).then(() => connection.abandon());
  },
};

async function flood(name: string, round: () => Promise<void>): Promise<void> {
  while (Date.now() < end) {
    await round().then(
      () => count(name),
      () => count(`${name}: ended by the server`),
    );
    await sleep(1);
  }
}

const residentMiB = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;

const start = residentMiB();
const samples: number[] = [];
const sampler = setInterval(() => samples.push(residentMiB()), 250);
await Promise.all(Object.entries(FLOODS).map(([name, round]) => flood(name, round)));
clearInterval(sampler);

console.log(`${SECONDS} s of flood, ${LIMITS.join(' ')}`);
console.log(`resident memory: ${start.toFixed(0)} MiB before; in eight parts of the time, most in each:`);
const part = Math.max(1, Math.ceil(samples.length / 8));
for (let i = 0; i < samples.length; i += part)
  console.log(`  ${Math.max(...samples.slice(i, i + part)).toFixed(0)} MiB`);
for (const [what, number] of Object.entries(counts).sort()) console.log(`${String(number).padStart(8)}  ${what}`);

const most = Math.max(...samples);
let isServed = false;
try {
  const { rpc, connection } = await openSession({ address: server.address, pin: server.pin });
  const started = performance.now();
  await rpc.call(nodeService.fetch, { ...queueOf(people[0] as Account), limit: 1 });
  console.log(`afterwards a right client is answered in ${(performance.now() - started).toFixed(0)} ms`);
  isServed = true;
  await connection.close();
} catch (error) {
  console.log(`afterwards a right client is not served: ${error}`);
}
await server.stop();
rmSync(directory, { recursive: true, force: true });
const isBounded = most < BOUND_MIB;
console.log(
  `${isBounded && isServed ? 'ok' : 'FAILED'}: at most ${most.toFixed(0)} MiB, the bound is ${BOUND_MIB} MiB`,
);
process.exit(isBounded && isServed ? 0 : 1);
