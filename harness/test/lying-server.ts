import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ListenOptions, listen, type QuicConnection, type TlsFiles } from '@quicnprotochat/quic';
import { type BoundMethod, bind, type Handler, type Method, serveVat } from '@quicnprotochat/rpc';

const REFERENCE_SERVER = fileURLToPath(new URL('../../reference/server/bin/reference-server.js', import.meta.url));

/** A certificate with its key: that which reference-server makes for itself. */
export async function makeCertificate(): Promise<TlsFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'certificate-'));
  try {
    const args = ['--open', '--listen', '127.0.0.1:0', '--data-dir', directory, '--stop-with-stdin'];
    const child = spawn(process.execPath, [REFERENCE_SERVER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(createInterface({ input: child.stdout }), 'line');
    child.stdin.end();
    await once(child, 'close');
    const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
    return { certPem: read('cert.pem'), keyPem: read('key.pem') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A method and what a server of the test's own makes of it. */
export interface Answer {
  method: { interfaceId: bigint; methodId: number };
  bound: BoundMethod;
}

export const answer = <P, R>(method: Method<P, R>, handler: Handler<P, R>): Answer => ({
  method,
  bound: bind(method, handler),
});

/** Serves RPC with these methods; all others are answered as unimplemented. */
export function serving(...answers: Answer[]): (connection: QuicConnection) => void {
  return (connection) => {
    connection.onStream = (stream) => {
      serveVat(stream, {
        dispatch: (interfaceId, methodId) =>
          answers.find(({ method }) => method.interfaceId === interfaceId && method.methodId === methodId)?.bound,
      });
    };
  };
}

/** A server of the test's own on 127.0.0.1. */
export async function startLyingServer(
  tls: TlsFiles,
  onConnection: (connection: QuicConnection) => void,
  options: Partial<ListenOptions> = {},
): Promise<{ address: string; close(): Promise<void> }> {
  const server = await listen({ host: '127.0.0.1', port: 0, tls, alpn: ['capnp'], onConnection, ...options });
  const close = (): Promise<void> => server.close();
  return { address: `127.0.0.1:${server.address.port}`, close };
}
