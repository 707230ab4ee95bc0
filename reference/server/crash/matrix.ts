// Every store that lasts, held against kill -9 at random moments of a mixed load: nothing answered is lost, no KeyPackage
// is handed out twice, no batch is halved. Prints the seed, a line a store and the totals last. Arguments: a seed.
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresServer } from '../test/postgres-server.ts';
import { openSession, type ServerProcess, spawnServer, startServer } from '../test/process.ts';
import { Load } from './load.ts';
import { Random } from './random.ts';

const KILLS = 50;
/** So many changes at most are answered between two kills; on a slow machine fewer, after this time in ms. */
const CHANGES = 120;
const LOAD_LIMIT_MS = 1_500;
/** The kill comes up to this much later, in ms. */
const LATER_MS = 10;
/** Every so many kills, one hits a server that is just starting. */
const KILL_AT_START = 7;
/** Every so many kills, the database itself is killed under the load, if there is one. */
const KILL_DATABASE = 10;
const START_MS = 900;

const seed = Number(process.argv[2] ?? randomInt(2 ** 31));
console.log(`seed ${seed} (repeat the choices with: npm run test:crash-matrix -- ${seed})`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
const directory = await mkdtemp(join(tmpdir(), 'matrix-'));
const postgres = await PostgresServer.start();

interface Store {
  name: string;
  where: string;
  killDatabase?: () => Promise<void>;
}

async function crash({ name, where, killDatabase }: Store, random: Random): Promise<string> {
  const load = new Load(random);
  const accounts = join(directory, `${name}.json`);
  await writeFile(accounts, JSON.stringify(load.accounts));
  const options = ['--accounts', accounts, '--store', where, '--data-dir', join(directory, `${name}-data`)];
  let server: ServerProcess | undefined;
  let restarts = 0;
  for (let kill = 1; kill <= KILLS; kill += 1) {
    if (!server && kill % KILL_AT_START === 0) {
      const starting = spawnServer('--listen', '127.0.0.1:0', '--stop-with-stdin', ...options);
      await sleep(random.below(START_MS));
      starting.child.kill('SIGKILL');
      await starting.exited;
      continue;
    }
    server ??= await startServer(...options);
    restarts += 1;
    const { rpc, connection } = await openSession(server);
    const running = load.run(rpc);
    // Heard now, told when it is waited for.
    running.catch(() => {});
    const enough = load.answered + random.below(CHANGES);
    for (const limit = Date.now() + LOAD_LIMIT_MS; load.answered < enough && Date.now() < limit; ) await sleep(1);
    await sleep(random.below(LATER_MS));
    if (killDatabase && kill % KILL_DATABASE === 0) {
      await killDatabase();
      load.stop();
      await running;
    } else {
      server.child.kill('SIGKILL');
      await server.exited;
      connection.abandon();
      server = undefined;
      await running;
    }
  }
  server ??= await startServer(...options);
  const { rpc } = await openSession(server);
  await load.verify(rpc);
  server.child.kill('SIGTERM');
  const code = await server.exited;
  if (code !== 0) throw new Error(`the server ended with ${code}: ${server.stderr()}`);
  return `${KILLS} kills, ${restarts} of them under load, ${load.answered} changes answered, all as they must be`;
}

const url = await postgres.database();
const stores: Store[] = [
  { name: 'file', where: `file:${join(directory, 'file')}` },
  { name: 'sqlite', where: `sqlite:${join(directory, 'store.db')}` },
  {
    name: 'postgres',
    where: url,
    killDatabase: async () => {
      await postgres.kill();
      await postgres.resume();
    },
  },
];

let passed = 0;
let failed = 0;
const started = performance.now();
await Promise.all(
  stores.map(async (store, i) => {
    try {
      const text = await crash(store, new Random(seed + i));
      passed += 1;
      console.log(`ok     ${store.name}: ${text} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${store.name}: ${error instanceof Error ? error.stack : error}`);
    }
  }),
);
await postgres.remove();
await rm(directory, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);
