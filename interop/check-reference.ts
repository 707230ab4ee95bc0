// The suite as somebody else would run it: against reference-server processes started by hand.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks, ROOT, run, runSuite, startServer, writeAccounts } from './peer.ts';

const reference = join(ROOT, 'reference/server/bin/reference-server.js');
const scratch = mkdtempSync(join(tmpdir(), 'interop-'));
const checks = new Checks();
const tail = (text: string): string => text.split('\n').slice(-60).join('\n');

try {
  const accounts = join(scratch, 'accounts.json');
  writeAccounts(accounts);
  const dataDir = join(scratch, 'data');
  const start = (...options: string[]) =>
    startServer(process.execPath, [reference, '--listen', '127.0.0.1:0', '--stop-with-stdin', ...options]);

  const server = await start('--data-dir', dataDir, '--accounts', accounts);
  // Enough to leave something in each of its files; all of the suite is run after the restart.
  const first = await runSuite(server, accounts, '--requirement', 'DS', 'KP', 'CH', 'HK', 'EP', 'OPQ');
  checks.check('data directory: exit 0', first.code === 0, tail(first.output));
  checks.check('the server stops cleanly', (await server.stop()) === 0, server.errors());

  const again = await start('--data-dir', dataDir, '--accounts', accounts);
  const { code, output } = await runSuite(again, accounts);
  checks.check('data directory, after a restart: exit 0', code === 0, tail(output));
  checks.check('the certificate is kept', again.pin === server.pin);
  checks.check('the server stops cleanly again', (await again.stop()) === 0, again.errors());

  const open = await start('--open');
  const target = ['--target', open.address, '--pin', open.pin, '--open'];
  const openRun = await run(process.execPath, [join(ROOT, 'harness/bin/conformance.js'), ...target]);
  checks.check('an open server: exit 0', openRun.code === 0, tail(openRun.output));
  await open.stop();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.finish();
