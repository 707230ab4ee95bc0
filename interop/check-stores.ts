// What a store can change of the suite, on each store, every profile required, and on two servers of one database by turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '@quicnprotochat/server/testing';
import { Checks, ROOT, type RunningServer, run, startServer, writeAccounts } from './peer.ts';

const PROFILES = ['core', 'channels', 'reliable', 'batch', 'p2p', 'opaque'];
const reference = join(ROOT, 'reference/server/bin/reference-server.js');
const suite = join(ROOT, 'harness/bin/conformance.js');
const scratch = mkdtempSync(join(tmpdir(), 'stores-'));
const accounts = join(scratch, 'accounts.json');
const checks = new Checks();
const tail = (text: string): string => text.split('\n').slice(-60).join('\n');

const start = (store: string, ...options: string[]): Promise<RunningServer> => {
  const common = ['--listen', '127.0.0.1:0', '--stop-with-stdin', '--accounts', accounts, '--store', store];
  return startServer(process.execPath, [reference, ...common, ...options]);
};

/** Runs the suite and stops the servers. */
async function check(name: string, targets: RunningServer[]): Promise<void> {
  const [first] = targets as [RunningServer, ...RunningServer[]];
  const target = ['--target', targets.map(({ address }) => address).join(','), '--pin', first.pin];
  // Below the methods no store makes a difference.
  const options = ['--accounts', accounts, '--profile', ...PROFILES, '--exclude', 'RPC', 'TRN'];
  const started = performance.now();
  const { code, output } = await run(process.execPath, [suite, ...target, ...options]);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const totals =
    /\d+ passed, \d+ failed, \d+ skipped/.exec(output.split('\n').reverse().join('\n'))?.[0] ?? 'no totals';
  checks.check(`${name}: ${totals} in ${seconds} s`, code === 0, tail(output));
  for (const server of targets) checks.check(`${name}: it stops cleanly`, (await server.stop()) === 0, server.errors());
}

const postgres = await PostgresServer.start();
try {
  writeAccounts(accounts);
  const url = await postgres.database();
  // One certificate, as behind one name.
  const shared = ['--data-dir', join(scratch, 'shared')];
  const cases: [name: string, begin: () => Promise<RunningServer[]>][] = [
    ['two servers on one postgres', async () => [await start(url, ...shared), await start(url, ...shared)]],
    ['postgres', async () => [await start(await postgres.database())]],
    [
      'sqlite',
      async () => [await start(`sqlite:${join(scratch, 'sqlite/store.db')}`, '--data-dir', join(scratch, 'sqlite'))],
    ],
    ['file', async () => [await start(`file:${join(scratch, 'file')}`)]],
    ['memory', async () => [await start('memory')]],
  ];
  // Two at a time: a run mostly waits.
  const lane = async (): Promise<void> => {
    for (let next = cases.shift(); next; next = cases.shift()) await check(next[0], await next[1]());
  };
  await Promise.all([lane(), lane()]);
} finally {
  await postgres.remove();
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
