// 1,000 connections, each with a fetchWait that waits, from a few processes: what an idle connection costs the server, and
// whether everybody wakes for what came for him and for nothing else. Exits 1 when somebody does not.
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeService } from '@quicnprotochat/proto';
import type { Account, RunningServer } from '../interop/peer.ts';
import { inMiB, makePeople, openSession, queueOf, readMetrics, startReference } from './people.ts';

const CONNECTIONS = 1_000;
const PROCESSES = 4;
/** Those who get a message in the first round, while the others must go on waiting. */
const FIRST_ROUND = 100;
const IDLE_MS = 10_000;
const WAIT_LIMIT_MS = 120_000;

/** What a client process tells. */
export interface Woken {
  /** Index of the person. */
  person: number;
  /** Text of each message. */
  texts: string[];
  /** ms since 1970. */
  at: number;
}

const faults: string[] = [];
const woken = new Map<number, Woken[]>();
let waiting = 0;

function startClient(server: RunningServer, people: Account[], offset: number): ChildProcess {
  const script = fileURLToPath(new URL('./load-client.ts', import.meta.url));
  const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.on('message', (message: { waiting: number } | Woken | { fault: string }) => {
    if ('waiting' in message) waiting += message.waiting;
    else if ('fault' in message) faults.push(message.fault);
    else woken.set(message.person, [...(woken.get(message.person) ?? []), message]);
  });
  child.send({ place: { address: server.address, pin: server.pin }, people, offset });
  return child;
}

async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + WAIT_LIMIT_MS; !(await isTrue()); await sleep(100)) {
    if (faults.length > 0) throw new Error(faults[0]);
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
  }
}

const percentile = (values: number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] as number;

/** Sends everybody a message of his own, and waits until each has just that. @returns times from call to wake-up, ms */
async function wake(server: RunningServer, people: Account[], chosen: number[], round: string): Promise<number[]> {
  const { rpc, connection } = await openSession(server);
  const sentAt = new Map<number, number>();
  const caller = people[0] as Account;
  await Promise.all(
    chosen.map((i) => {
      sentAt.set(i, Date.now());
      const payload = Buffer.from(`${round} for ${i}`);
      return rpc.call(nodeService.enqueue, { ...queueOf(people[i] as Account, caller), payload });
    }),
  );
  const got = (i: number): Woken | undefined =>
    woken.get(i)?.find(({ texts }) => texts.some((text) => text.startsWith(round)));
  await until(() => chosen.every((i) => got(i) !== undefined), `everybody of the ${round} round wakes`);
  await connection.close();
  return chosen.map((i) => (got(i) as Woken).at - (sentAt.get(i) as number));
}

/** Each person got the messages for him, each once, and nothing else. */
function checkMessages(rounds: Map<string, number[]>): void {
  for (let i = 0; i < CONNECTIONS; i += 1) {
    const expected = [...rounds].filter(([, chosen]) => chosen.includes(i)).map(([round]) => `${round} for ${i}`);
    const texts = (woken.get(i) ?? []).flatMap((wake) => wake.texts);
    if (texts.join() !== expected.join()) faults.push(`person ${i} got [${texts}] instead of [${expected}]`);
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'load-'));
const clients: ChildProcess[] = [];
let server: RunningServer | undefined;
try {
  const accounts = join(scratch, 'accounts.json');
  const people = makePeople(CONNECTIONS, accounts);
  server = await startReference('--data-dir', join(scratch, 'data'), '--accounts', accounts);
  const running = server;
  const rss = async (): Promise<number> => (await readMetrics(running)).get('process_resident_memory_bytes') as number;
  const cpu = async (): Promise<number> => (await readMetrics(running)).get('process_cpu_seconds_total') as number;
  const waiters = async (): Promise<number> => (await readMetrics(running)).get('quicnprotochat_waiters') as number;
  // One connection and its calls load what every connection needs.
  const warm = await openSession(server);
  await warm.rpc.call(nodeService.fetch, { ...queueOf(people[0] as Account), limit: 0 });
  await warm.connection.close();
  await sleep(1_000);
  const before = await rss();

  const started = Date.now();
  const share = CONNECTIONS / PROCESSES;
  for (let i = 0; i < PROCESSES; i += 1)
    clients.push(startClient(server, people.slice(i * share, (i + 1) * share), i * share));
  await until(async () => waiting === CONNECTIONS && (await waiters()) === CONNECTIONS, 'all wait');
  const connected = Date.now() - started;
  const at = await rss();
  const cpuBefore = await cpu();
  await sleep(IDLE_MS);
  const idle = await rss();
  const idleCpu = ((await cpu()) - cpuBefore) / (IDLE_MS / 1_000);

  const all = Array.from({ length: CONNECTIONS }, (_, i) => i);
  const chosen = all.filter((i) => i % (CONNECTIONS / FIRST_ROUND) === 3);
  const first = await wake(server, people, chosen, 'first');
  await sleep(500);
  if (woken.size !== FIRST_ROUND) faults.push(`${woken.size} woke instead of ${FIRST_ROUND}`);
  if ((await waiters()) !== CONNECTIONS) faults.push(`${await waiters()} wait instead of ${CONNECTIONS}`);
  const second = await wake(server, people, all, 'second');
  checkMessages(
    new Map([
      ['first', chosen],
      ['second', all],
    ]),
  );

  const times = (ms: number[]): string =>
    `median ${percentile(ms, 0.5)} ms, 99 % within ${percentile(ms, 0.99)} ms, the last after ${percentile(ms, 1)} ms`;
  console.log(
    `${CONNECTIONS} connections with a waiting fetchWait each, from ${PROCESSES} processes, in ${connected} ms`,
  );
  console.log(
    `server before: ${inMiB(before)}; with all connected: ${inMiB(at)}; after ${IDLE_MS / 1_000} s idle: ${inMiB(idle)}`,
  );
  console.log(`an idle connection with its call: ${((idle - before) / CONNECTIONS / 1024).toFixed(1)} KiB`);
  console.log(`server while idle: ${(idleCpu * 100).toFixed(1)} % of a core`);
  console.log(`${FIRST_ROUND} of them woken: ${times(first)}; the others went on waiting`);
  console.log(`all woken at once: ${times(second)}`);
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error));
} finally {
  for (const client of clients) client.kill();
  const code = await server?.stop();
  if (server && code !== 0) faults.push(`the server ended with ${code}: ${server.errors()}`);
  rmSync(scratch, { recursive: true, force: true });
}
for (const fault of faults.slice(0, 10)) console.log(`fault: ${fault}`);
console.log(faults.length === 0 ? 'everybody woke for his own messages alone' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
