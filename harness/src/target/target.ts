import { isIPv6 } from 'node:net';
import { ALPN } from '@quicnprotochat/proto';
import { type ConnectOptions, connect, type QuicConnection, type Verify } from '@quicnprotochat/quic';
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
}

/** Everything the scenarios know of the server under test: plain data, since cucumber clones it. */
export interface TargetData {
  /** One, or several servers of one service: connections go to them in turn. */
  addresses: readonly TargetAddress[];
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

/** Connects to the target as a client does; the options change what is asked of the transport. */
export function connectTarget(target: TargetData, options: Partial<ConnectOptions> = {}): Promise<QuicConnection> {
  return connect({
    ...nextAddress(target),
    alpn: [ALPN],
    handshakeTimeoutMs: target.timeoutMs,
    keepAliveMs: 5_000,
    ...options,
  });
}
