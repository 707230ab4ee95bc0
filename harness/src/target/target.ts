import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALPN } from '@quicnprotochat/proto';
import { type ConnectOptions, connect, type QuicConnection, QuicError, type Verify } from '@quicnprotochat/quic';
import type { AccountData } from './accounts.ts';
import type { TargetLimits } from './limits.ts';

/** Groups of methods that a server may offer (spec, "Profiles"). */
export const PROFILES = ['core', 'channels', 'reliable', 'batch', 'p2p', 'opaque'] as const;
export type Profile = (typeof PROFILES)[number];

/** One address of the service under test, and how its certificate is checked. */
export interface TargetAddress {
  host: string;
  /** UDP. */
  port: number;
  verify: Verify;
  /** Bytes of a UDP payload that is sent there, at most; undefined: what every path carries. */
  maxDatagram?: number | undefined;
}

/** Everything the scenarios know of the server under test: plain data, since cucumber clones it. */
export interface TargetData {
  /** One, or several servers of one service: connections go to them in turn. */
  addresses: readonly TargetAddress[];
  /** Which of those that a process runs at once it belongs to. */
  lane: number;
  /** Empty on an open server that is tested without accounts. */
  accounts: AccountData[];
  /** Why nobody has an account, although the scenarios need some; undefined when they have, or the target is open. */
  noAccounts: string | undefined;
  /** Whether a target that registers nobody fails the scenarios of OPAQUE; else they are skipped. */
  mustRegister: boolean;
  /** Whether callers without a token are let in. */
  isOpen: boolean;
  limits: TargetLimits;
  /** How long one answer may take, in ms. */
  timeoutMs: number;
  /** Of what is random in what scenarios send; undefined: nothing comes again. */
  inputSeed?: string | undefined;
  /** The name of the server that `--command` started, in the process that runs the scenarios. */
  server?: string | undefined;
  /** Which of two servers it is that are compared: then what passes is kept for that. */
  side?: 'a' | 'b' | undefined;
  /** Where the frames of each scenario are kept (`--trace`). */
  traceDir?: string | undefined;
  /** A folder with source code, for the scenarios that are about that and need no server. */
  workspace?: string | undefined;
}

let turn = 0;

/** The address whose turn it is. */
function nextAddress({ addresses }: TargetData): TargetAddress {
  turn += 1;
  return addresses[turn % addresses.length] as TargetAddress;
}

/** `HOST:PORT`, with brackets around an IPv6 address. */
export const showAddress = ({ host, port }: TargetAddress): string => `${isIPv6(host) ? `[${host}]` : host}:${port}`;

export interface TargetConnectOptions extends Partial<ConnectOptions> {
  /** Whether a target that has no room for a connection at the moment is asked again; it is, by default. */
  isPatient?: boolean | undefined;
}

/** CONNECTION_REFUSED (RFC 9000, section 20.1). */
const REFUSED = 2;
/** Until connections that nobody closed have timed out, in ms. */
const REFUSED_PAUSES_MS = [100, 300, 1_000, 3_000, 10_000, 20_000];

/** Connects to the target as a client does; the options change what is asked of the transport. */
export async function connectTarget(
  target: TargetData,
  { isPatient = true, ...options }: TargetConnectOptions = {},
): Promise<QuicConnection> {
  const all = {
    ...nextAddress(target),
    alpn: [ALPN],
    handshakeTimeoutMs: target.timeoutMs,
    keepAliveMs: 5_000,
    ...options,
  };
  for (const pause of isPatient ? REFUSED_PAUSES_MS : []) {
    try {
      return await connect(all);
    } catch (error) {
      if (!(error instanceof QuicError && error.code === 'HANDSHAKE_FAILED' && error.errorCode === REFUSED))
        throw error;
    }
    await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
  }
  return connect(all);
}
