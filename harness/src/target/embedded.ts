import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SuiteError } from '../errors.ts';
import { type AccountData, makeAccounts } from './accounts.ts';
import type { TargetLimits } from './limits.ts';

const SERVER = fileURLToPath(new URL('../../../reference/server/bin/reference-server.js', import.meta.url));
const START_LIMIT_MS = 30_000;
/** No path is between us: large ones move megabytes in a third of the time. Some systems send none above 9,216 bytes. */
export const LOOPBACK_DATAGRAM = 9_000;
const STOP_LIMIT_MS = 12_000;

const WITHIN = ['--listen', '127.0.0.1:0', '--stop-with-stdin', '--max-datagram', String(LOOPBACK_DATAGRAM)];

/** A reference server that runs for this suite alone, as a process of its own. */
export interface EmbeddedServer {
  host: string;
  port: number;
  /** Hex of the certificate's SHA-256. */
  pin: string;
  accounts: AccountData[];
  stop(): Promise<void>;
}

/** The server's options for the limits that it can be given. */
function limitOptions(limits: TargetLimits | undefined): string[] {
  if (!limits) return [];
  const values: [string, number | undefined][] = [
    ['--max-payload', limits.payloadBytes],
    ['--max-package', limits.packageBytes],
    ['--max-queue-messages', limits.queueMessages],
    ['--max-queue-bytes', limits.queueBytes],
    ['--max-key-packages', limits.keyPackages],
    ['--rate-limit', limits.rateLimit],
  ];
  return values.flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)]));
}

/** Starts `reference-server` through its command line, on a free port of 127.0.0.1. @throws SuiteError */
export async function startEmbedded(
  isOpen: boolean,
  limits?: TargetLimits,
  accounts: AccountData[] = isOpen ? [] : makeAccounts(),
): Promise<EmbeddedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  const accountsFile = join(directory, 'accounts.json');
  const entries = accounts.map(({ name, identityKey, token, deviceId, isExpired }) => ({
    name,
    identityKey,
    token,
    deviceId,
    expired: isExpired,
  }));
  writeFileSync(accountsFile, JSON.stringify(entries), { mode: 0o600 });
  const access = isOpen ? ['--open'] : ['--accounts', accountsFile];
  // It ends with us, however we end: its standard input closes then. A process group of its own keeps Ctrl-C from it.
  const child = spawn(process.execPath, [SERVER, ...WITHIN, ...access, ...limitOptions(limits)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // Ctrl-C, or a fault of the suite: nothing of it is worth keeping.
  const abandon = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  const stop = async (): Promise<void> => {
    process.off('exit', abandon);
    child.stdin.end();
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(killer);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const told = await new Promise<{ host: string; port: number; pin: string }>((resolve, reject) => {
      let address: { host: string; port: number } | undefined;
      const fail = (why: string): void =>
        reject(new SuiteError(`the embedded reference server ${why}${errors ? `: ${errors.trim()}` : ''}`));
      setTimeout(() => fail('did not start in time'), START_LIMIT_MS).unref();
      void exited.then(() => fail('ended before it listened'));
      child.once('error', (error) => fail(`cannot be started: ${error.message}`));
      createInterface({ input: child.stdout }).on('line', (line) => {
        const listening = /^listening on (.+):(\d+)$/.exec(line);
        if (listening) address = { host: listening[1] as string, port: Number(listening[2]) };
        const pin = /^certificate sha256 ([0-9a-f]{64})$/.exec(line)?.[1];
        if (pin && address) resolve({ ...address, pin });
      });
    });
    return { ...told, accounts, stop };
  } catch (error) {
    child.kill('SIGKILL');
    await stop();
    throw error;
  }
}
