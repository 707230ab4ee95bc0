import { nodeService } from '@quicnprotochat/proto';
import type { QuicConnection } from '@quicnprotochat/quic';
import { connectVat } from '@quicnprotochat/rpc';

const HEALTH_LIMIT_MS = 2_000;

/**
 * Whether a server that has taken a connection answers on it: one that still reads its store may close it, or refuse calls.
 * Never rejects.
 */
export async function isReady(connection: QuicConnection): Promise<boolean> {
  try {
    const rpc = connectVat(await connection.openStream());
    await rpc.call(nodeService.health, {}, { signal: AbortSignal.timeout(HEALTH_LIMIT_MS) });
    return true;
  } catch {
    return false;
  }
}
