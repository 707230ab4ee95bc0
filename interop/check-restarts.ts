// What must survive a restart, on a server of each store that lasts: the suite stops and kills it. About a minute and a half.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '@quicnprotochat/server/testing';
import { Checks, ROOT, run } from './peer.ts';

const QUEUE_MESSAGES = 300;
const PROFILES = ['core', 'channels', 'reliable', 'batch', 'p2p', 'opaque'];
const reference = join(ROOT, 'reference/server/bin/reference-server.js');
const suite = join(ROOT, 'harness/bin/conformance.js');
const scratch = mkdtempSync(join(tmpdir(), 'restarts-'));
const limits = join(scratch, 'limits.json');
const checks = new Checks();

/** Runs the scenarios about restarts, all of them, on one server after the other. */
async function check(name: string, options: string): Promise<void> {
  const command = `'${process.execPath}' '${reference}' --listen 127.0.0.1:{port} --max-queue-messages ${QUEUE_MESSAGES} ${options}`;
  const selection = ['--tag', 'needs:restart', '--profile', ...PROFILES, '--strict', '--jobs', '1'];
  const started = performance.now();
  const { code, output } = await run(process.execPath, [suite, '--command', command, '--limits', limits, ...selection]);
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const totals = /^(\d+) passed, 0 failed, 0 skipped$/m.exec(output.slice(output.lastIndexOf('\n\n')))?.[0];
  checks.check(
    `${name}: ${totals ?? 'not all passed'} in ${seconds} s`,
    code === 0 && totals !== undefined,
    output.slice(-6_000),
  );
}

const postgres = await PostgresServer.start();
try {
  writeFileSync(limits, JSON.stringify({ queueMessages: QUEUE_MESSAGES }));
  const url = await postgres.database();
  const cases: [name: string, options: string][] = [
    ['file', '--data-dir {dir}'],
    ['sqlite', '--store sqlite:{dir}/store.db'],
    ['sqlite, people from a file', '--store sqlite:{dir}/store.db --accounts {accounts}'],
    ['postgres', `--store ${url} --data-dir {dir}`],
  ];
  // Two at a time: a run mostly waits for disks and starts.
  const lane = async (): Promise<void> => {
    for (let next = cases.shift(); next; next = cases.shift()) await check(...next);
  };
  await Promise.all([lane(), lane()]);
} finally {
  await postgres.remove();
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
