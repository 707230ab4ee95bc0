// A server under a mixed load and hostile clients for a minute (or the seconds given) after a warm-up: no call of a right
// client may fail, and memory must stay flat. Prints the memory as it goes. Exits 1 when it grows, or a call fails.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunningServer } from '../interop/peer.ts';
import { inMiB, MIB, makePeople, readMetrics, startReference } from './people.ts';

const SECONDS = Number(process.argv[2] ?? 60);
const PEOPLE = 20;
const SAMPLES = 30;
/** Before it counts: until connections that vanished time out (30 s) as fast as others come, and caches are full. */
const WARM_UP_SECONDS = 40;
/** Growth from the first third to the last one that is taken for a leak: the garbage collector breathes. */
const GROWTH = { share: 0.1, bytes: 24 * MIB };

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Starts one side of the load. @returns what it tells when it is asked to stop */
function startSide(side: 'right' | 'hostile', server: RunningServer, people: unknown): () => Promise<SideReport> {
  const script = fileURLToPath(new URL('./soak-side.ts', import.meta.url));
  const child = fork(script, { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  child.send({ side, place: { address: server.address, pin: server.pin }, people });
  return async () => {
    const report = new Promise<SideReport>((resolve) => {
      child.once('message', (message) => resolve(message as SideReport));
      child.once('close', (code) => resolve({ counts: {}, failures: [`the ${side} side ended with ${code}`] }));
    });
    child.send('stop');
    const told = await report;
    child.kill();
    return told;
  };
}

/** What one side did. */
export interface SideReport {
  /** Calls by method, or rounds by attack. */
  counts: Record<string, number>;
  failures: string[];
}

/** What the system dropped before the server could read it; undefined where it does not tell. */
function droppedDatagrams(port: number): number | undefined {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  try {
    const lines = readFileSync('/proc/net/udp', 'utf8').split('\n');
    return Number(
      lines
        .find((line) => line.trim().split(/\s+/)[1]?.endsWith(end))
        ?.trim()
        .split(/\s+/)
        .at(-1),
    );
  } catch {
    return undefined;
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'soak-'));
const faults: string[] = [];
let server: RunningServer | undefined;
try {
  const accounts = join(scratch, 'accounts.json');
  const people = makePeople(PEOPLE, accounts);
  server = await startReference('--data-dir', join(scratch, 'data'), '--accounts', accounts, '--log-level', 'error');
  const stops = [startSide('right', server, people), startSide('hostile', server, people)];
  const series: number[] = [];
  console.log(`warming up for ${WARM_UP_SECONDS} s`);
  await sleep(WARM_UP_SECONDS * 1_000);
  console.log(
    ['second', 'resident', 'JS heap', 'external', 'connections', 'sessions', 'waiting']
      .map((text) => text.padStart(11))
      .join(' '),
  );
  for (let i = 1; i <= SAMPLES; i += 1) {
    await sleep((SECONDS * 1_000) / SAMPLES);
    const metrics = await readMetrics(server);
    const of = (name: string): number => metrics.get(name) ?? Number.NaN;
    const resident = of('process_resident_memory_bytes');
    series.push(resident);
    const memory = [resident, of('nodejs_heap_size_used_bytes'), of('nodejs_external_memory_bytes')].map(inMiB);
    const counts = ['connections', 'sessions', 'waiters'].map((name) => String(of(`quicnprotochat_${name}`)));
    console.log(
      [((i * SECONDS) / SAMPLES).toFixed(0), ...memory, ...counts].map((text) => text.padStart(11)).join(' '),
    );
  }
  const [right, hostile] = await Promise.all(stops.map((stop) => stop()));
  for (const report of [right, hostile] as SideReport[]) {
    faults.push(...report.failures);
    for (const [name, count] of Object.entries(report.counts)) console.log(`${String(count).padStart(8)}  ${name}`);
  }
  if (Object.values(right?.counts ?? {}).some((count) => count === 0)) faults.push('a method was never called');

  const third = SAMPLES / 3;
  const [first, last] = [median(series.slice(0, third)), median(series.slice(-third))];
  const growth = last - first;
  const verdict = `resident memory: ${inMiB(first)} in the first third of ${SECONDS} s, ${inMiB(last)} in the last`;
  if (growth > GROWTH.bytes && growth > first * GROWTH.share) faults.push(`memory grows: ${verdict}`);
  else console.log(`memory is flat: ${verdict}`);
  const drops = droppedDatagrams(Number(server.address.split(':').at(-1)));
  if (drops !== undefined) console.log(`datagrams that the system dropped for want of room: ${drops}`);
} catch (error) {
  faults.push(error instanceof Error ? error.message : String(error));
} finally {
  const code = await server?.stop();
  if (server && code !== 0) faults.push(`the server ended with ${code}`);
  if (server?.errors()) faults.push(`the server logged errors: ${server.errors()}`);
  rmSync(scratch, { recursive: true, force: true });
}
for (const fault of faults.slice(0, 10)) console.log(`fault: ${fault}`);
console.log(faults.length === 0 ? 'no call failed' : `${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
