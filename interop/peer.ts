import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** A server process that has told its address and the SHA-256 of its certificate. */
export interface RunningServer {
  /** `HOST:PORT` */
  address: string;
  /** Hex of 32 bytes. */
  pin: string;
  /** Where its metrics are, if it was asked for them. */
  metricsUrl: string | undefined;
  /** Its process id. */
  pid: number;
  /** Ends it with SIGTERM. @returns its exit code, null when it had to be killed */
  stop(): Promise<number | null>;
  /** The end of what it wrote to standard error. */
  errors(): string;
}

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

/** Starts a server that prints `listening on …` and `certificate sha256 …`. @throws when it ends or stays silent instead */
export async function startServer(command: string, args: string[]): Promise<RunningServer> {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const told = new Promise<Pick<RunningServer, 'address' | 'pin' | 'metricsUrl'>>((resolve, reject) => {
    let address: string | undefined;
    let metricsUrl: string | undefined;
    let pin: string | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      address ??= /^listening on (\S+)$/.exec(line)?.[1];
      pin ??= /^certificate sha256 ([0-9a-f]{64})$/.exec(line)?.[1];
      metricsUrl ??= /^metrics on (\S+)$/.exec(line)?.[1];
      if (address && pin) resolve({ address, pin, metricsUrl });
    });
    child.once('error', reject);
    exited.then((code) => reject(new Error(`${command} ended with ${code} before it listened: ${errors}`)));
    setTimeout(() => reject(new Error(`${command} did not listen in time: ${errors}`)), START_TIMEOUT_MS).unref();
  });
  try {
    return { ...(await told), pid: child.pid as number, stop: () => stopProcess(child, exited), errors: () => errors };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function stopProcess(child: ChildProcess, exited: Promise<number | null>): Promise<number | null> {
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  try {
    return await exited;
  } finally {
    clearTimeout(killer);
  }
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: string[],
  cwd = ROOT,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-100_000);
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, output };
}

/** What a JSON report of the suite tells, as far as these checks need it. */
export interface SuiteResult {
  code: number | null;
  output: string;
}

/** Runs the conformance suite against a server. */
export function runSuite(server: RunningServer, accounts: string, ...options: string[]): Promise<SuiteResult> {
  const target = ['--target', server.address, '--pin', server.pin, '--accounts', accounts];
  return run(process.execPath, [join(ROOT, 'harness/bin/conformance.js'), ...target, ...options]);
}

/** One entry of an accounts file. */
export interface Account {
  name: string;
  /** Hex of 32 bytes. */
  identityKey: string;
  /** Hex. */
  token: string;
  expired?: true;
  /** Hex. */
  deviceId?: string;
}

/** Writes an accounts file with five Ed25519 identities: one's token has expired, one's is bound to a device. */
export function writeAccounts(path: string): void {
  const accounts = ['alice', 'bob', 'mallory', 'expired', 'bound'].map(
    (name): Account => ({
      name,
      // No JWK: see newIdentityKey of the harness.
      identityKey: generateKeyPairSync('ed25519')
        .publicKey.export({ format: 'der', type: 'spki' })
        .subarray(-32)
        .toString('hex'),
      token: randomBytes(32).toString('hex'),
      ...(name === 'expired' ? { expired: true } : {}),
      ...(name === 'bound' ? { deviceId: randomBytes(16).toString('hex') } : {}),
    }),
  );
  writeFileSync(path, JSON.stringify(accounts), { mode: 0o600 });
}

/** Counts checks and prints a line for each; `finish` prints the totals and sets the exit code. */
export class Checks {
  #passed = 0;
  #failed = 0;

  check(name: string, ok: boolean, detail = ''): void {
    if (ok) this.#passed += 1;
    else this.#failed += 1;
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}${ok || !detail ? '' : `\n${detail}`}`);
  }

  finish(): void {
    console.log(`${this.#passed} passed, ${this.#failed} failed, 0 skipped`);
    process.exitCode = this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}
