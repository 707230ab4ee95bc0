// One server of the catalogue as a process of its own, which can be ended and started again: ID PORT DIR [ACCOUNTS].
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Certificate, makeCertificate } from '@quicnprotochat/server';
import { faultOf } from './index.ts';
import { keptStore } from './kept/kept-store.ts';
import { FaultyServer, type KnownAccount } from './server.ts';

const [id = '', port, directory = '', accountsFile] = process.argv.slice(2);
const fault = faultOf(id);
if (!fault) throw new Error(`there is no ${id}`);
const { kept = {} } = fault;

const lock = join(directory, 'lock');
if (kept.hasLock) {
  if (existsSync(lock)) throw new Error('another server uses this folder');
  writeFileSync(lock, '');
}
if (kept.startMs !== undefined) await sleep(kept.startMs);
const accounts = accountsFile ? (JSON.parse(readFileSync(accountsFile, 'utf8')) as KnownAccount[]) : [];
const { store, end } = await keptStore(directory, kept);
const listen = { ...fault.listen, host: '127.0.0.1', port: Number(port) };
const server = await FaultyServer.start({ ...fault, listen }, accounts, await certificate(), store);
process.stdout.write(`listening on ${server.address.host}:${server.address.port}\n`);

process.once('SIGTERM', async () => {
  if (kept.laterMs !== undefined || kept.keepsTaken || kept.lingersMs !== undefined) await end();
  if (kept.lingersMs !== undefined) await sleep(kept.lingersMs);
  if (kept.hasLock) rmSync(lock);
  if (!kept.isSilent) await server.stop();
  process.exit(0);
});

async function certificate(): Promise<Certificate> {
  const file = join(directory, 'certificate.json');
  if (!kept.hasNewCertificate && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Certificate;
  const made = await makeCertificate(['127.0.0.1']);
  writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}
