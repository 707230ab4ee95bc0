import { setTimeout as sleep } from 'node:timers/promises';
import { nodeService } from '@quicnprotochat/proto';
import { type QuicConnection, QuicError } from '@quicnprotochat/quic';
import { connectVat, type RpcClient, RpcException } from '@quicnprotochat/rpc';
import { UnreachableError } from '../errors.ts';
import { connectTarget, type Profile, type TargetData } from './target.ts';

/** A server that is just starting is given this long, in ms. */
const START_GRACE_MS = 2_000;
const RETRY_MS = 100;

/** Why a connection failed, and what to look at. */
function explain({ host, port, timeoutMs }: TargetData, error: QuicError): string {
  const at = `${host} port ${port}`;
  const hints: Partial<Record<QuicError['code'], string>> = {
    UNREACHABLE: `nothing listens on UDP ${at} (is the server started? a TCP server does not count): ${error.message}`,
    HANDSHAKE_TIMEOUT: `${at} did not answer within ${timeoutMs} ms (firewall? not a QUIC server? --timeout gives it longer)`,
    ALPN_MISMATCH: `the server at ${at} does not accept the ALPN protocol "capnp" (see spec/transport.md)`,
    CERTIFICATE_REJECTED: `the certificate of ${at} is not accepted: ${error.message} (see --pin, --tls-ca, --insecure)`,
  };
  return hints[error.code] ?? `no connection to ${at}: ${error.message}`;
}

/** Connects, waiting for a server that is just starting. @throws UnreachableError */
export async function reach(target: TargetData, signal: AbortSignal): Promise<QuicConnection> {
  const end = Date.now() + START_GRACE_MS;
  for (;;) {
    try {
      return await connectTarget(target, { signal });
    } catch (error) {
      if (!(error instanceof QuicError)) throw error;
      if (error.code !== 'UNREACHABLE' || Date.now() > end) throw new UnreachableError(explain(target, error));
      await sleep(RETRY_MS, undefined, { signal });
    }
  }
}

/**
 * Finds out whether the target can be tested at all, and what it offers: a profile whose method is answered as
 * `unimplemented` is not offered. What else is wrong with it is for the scenarios to find.
 * @throws UnreachableError when there is no connection, or no call is ever answered
 */
export async function probe(target: TargetData, signal: AbortSignal): Promise<Set<Profile>> {
  const connection = await reach(target, signal);
  try {
    const rpc = connectVat(await connection.openStream());
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]);
    await answerOf(rpc, target, deadline, (options) => rpc.call(nodeService.health, {}, options));
    const offered = new Set<Profile>(['core']);
    for (const [profile, ask] of Object.entries(PROBES) as [Profile, Probe][]) {
      const client = connectVat(await connection.openStream());
      const isOffered = await answerOf(
        client,
        target,
        AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]),
        (options) => ask(client, options),
      );
      if (isOffered) offered.add(profile);
    }
    return offered;
  } finally {
    await connection.close();
  }
}

type Options = { signal: AbortSignal };
type Probe = (rpc: RpcClient, options: Options) => Promise<unknown>;

const NOTHING = new Uint8Array();
const auth = { version: 1, accessToken: NOTHING, deviceId: NOTHING };
const queue = { recipientKey: NOTHING, channelId: NOTHING, version: 1, auth };

/** A call of each profile that changes nothing, whatever the server makes of it. */
const PROBES: Record<Exclude<Profile, 'core'>, Probe> = {
  channels: (rpc, options) => rpc.call(nodeService.createChannel, { peerKey: NOTHING, auth }, options),
  reliable: (rpc, options) => rpc.call(nodeService.peek, { ...queue, limit: 1 }, options),
  batch: (rpc, options) => rpc.call(nodeService.fetchHybridKeys, { identityKeys: [], auth }, options),
  p2p: (rpc, options) => rpc.call(nodeService.resolveEndpoint, { identityKey: NOTHING, auth }, options),
  opaque: (rpc, options) => rpc.call(nodeService.opaqueLoginStart, { username: '', request: NOTHING }, options),
};

/** @returns whether the method is there. @throws UnreachableError when the target keeps silent */
async function answerOf(
  rpc: RpcClient,
  target: TargetData,
  signal: AbortSignal,
  ask: (options: Options) => Promise<unknown>,
): Promise<boolean> {
  try {
    await ask({ signal });
    return true;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new UnreachableError(
        `the server at ${target.host} port ${target.port} takes connections, but answers no call within ${target.timeoutMs} ms (--timeout gives it longer)`,
      );
    }
    if (signal.aborted) throw error;
    return !(error instanceof RpcException && error.type === 'unimplemented');
  } finally {
    void rpc.close();
  }
}
