import { ALPN } from '@quicnprotochat/proto';
import { type ConnectOptions, connect, type QuicConnection, type Verify } from '@quicnprotochat/quic';
import type { AccountData } from './accounts.ts';
import type { TargetLimits } from './limits.ts';

/** Groups of methods that a server may offer (spec, "Profiles"). */
export const PROFILES = ['core', 'channels', 'reliable', 'batch', 'p2p', 'opaque'] as const;
export type Profile = (typeof PROFILES)[number];

/** Everything the scenarios know of the server under test: plain data, since cucumber clones it. */
export interface TargetData {
  host: string;
  port: number;
  verify: Verify;
  /** Empty on an open server that is tested without accounts. */
  accounts: AccountData[];
  /** Whether callers without a token are let in. */
  isOpen: boolean;
  limits: TargetLimits;
  /** How long one answer may take, in ms. */
  timeoutMs: number;
  /** Where the frames of each scenario are kept (`--trace`). */
  traceDir?: string | undefined;
}

/** Connects to the target as a client does; the options change what is asked of the transport. */
export function connectTarget(target: TargetData, options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
  return connect({
    host: target.host,
    port: target.port,
    verify: target.verify,
    alpn: [ALPN],
    handshakeTimeoutMs: target.timeoutMs,
    keepAliveMs: 5_000,
    ...options,
  });
}
