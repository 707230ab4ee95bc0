import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect, type QuicConnection } from '@quicnprotochat/quic';
import { connectVat, type RpcClient } from '@quicnprotochat/rpc';

const BIN = fileURLToPath(new URL('../bin/reference-server.js', import.meta.url));

/** A `reference-server` process. */
export interface ServerProcess {
  child: ChildProcess;
  host: string;
  port: number;
  /** Hex of 32 bytes. */
  pin: string;
  /** Where its metrics are, if it was asked for them. */
  metricsUrl: string | undefined;
  /** What it wrote to standard error so far. */
  stderr(): string;
  exited: Promise<number | NodeJS.Signals | null>;
}

/** What a test that failed left running would keep its process alive. */
const children = new Set<ChildProcess>();
export function killStragglers(): void {
  for (const child of children) child.kill('SIGKILL');
}

export function spawnServer(...args: string[]): {
  child: ChildProcess;
  stderr(): string;
  stdout(): string;
  exited: ServerProcess['exited'];
} {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  children.add(child);
  child.once('close', () => children.delete(child));
  let stderr = '';
  let stdout = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const exited = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal)),
  );
  return { child, stderr: () => stderr, stdout: () => stdout, exited };
}

/** Starts a server on a free port and waits until it listens. It ends with this process. */
export async function startServer(...args: string[]): Promise<ServerProcess> {
  const { child, stderr, exited } = spawnServer('--listen', '127.0.0.1:0', '--stop-with-stdin', ...args);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    let address: [string, number] | undefined;
    let metricsUrl: string | undefined;
    void exited.then((code) => reject(new Error(`the server ended with ${code}: ${stderr()}`)));
    lines.on('line', (line) => {
      const listening = /^listening on (.+):(\d+)$/.exec(line);
      if (listening) address = [listening[1] as string, Number(listening[2])];
      metricsUrl ??= /^metrics on (.+)$/.exec(line)?.[1];
      const pin = /^certificate sha256 ([0-9a-f]{64})$/.exec(line)?.[1];
      if (pin && address) resolve({ child, host: address[0], port: address[1], pin, metricsUrl, stderr, exited });
    });
  });
}

export async function openSession({
  host,
  port,
  pin,
}: ServerProcess): Promise<{ rpc: RpcClient; connection: QuicConnection }> {
  const connection = await connect({ host, port, alpn: ['capnp'], verify: { kind: 'pin', sha256: pin } });
  return { connection, rpc: connectVat(await connection.openStream()) };
}
