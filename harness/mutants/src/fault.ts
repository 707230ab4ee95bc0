import type { Auth, ErrorCode } from '@quicnprotochat/proto';
import type { ListenOptions, QuicConnection } from '@quicnprotochat/quic';
import type { ByteStream, RpcLimits } from '@quicnprotochat/rpc';
import {
  type Accounts,
  type Middleware,
  NodeServiceError,
  type ServiceLimits,
  type Store,
} from '@quicnprotochat/server';
import type { Keeping } from './kept/keeping.ts';
import type { DatagramFault } from './seams/datagrams.ts';

/** What a fault may look up about the server that it is planted in. */
export interface Surroundings {
  /** Beneath every fault of the store. */
  store: Store;
  /** Who calls; undefined for a token that the server does not know. */
  identityOf(auth: Auth): Promise<Uint8Array | undefined>;
  /** Whether a call shows the token of an account, as far as that can be said at once. */
  isKnown(auth: Auth): boolean;
  /** The same token, with the device that it is bound to. */
  withDevice(auth: Auth): Auth;
  /** What somebody would show who has this identity; version 0 for a stranger. */
  authOf(identityKey: Uint8Array): Auth;
}

/**
 * What makes a server other than the reference: parts that go in through the seams of the production code, at the
 * methods, the store, the accounts, the clock, the bytes of a session and the transport.
 */
export interface Fault {
  middleware?(around: Surroundings): Middleware;
  store?(store: Store): Store;
  accounts?(accounts: Accounts): Accounts;
  limits?: Partial<ServiceLimits>;
  rpcLimits?: Partial<RpcLimits>;
  now?(): number;
  random?(length: number): Uint8Array;
  /** Between a stream of the transport and the RPC session on it. */
  stream?(stream: ByteStream, connection: QuicConnection): ByteStream;
  listen?: Partial<ListenOptions>;
  connection?(connection: QuicConnection): void;
  withoutOpaque?: boolean;
  /** The server takes callers without a token. */
  isOpen?: boolean;
  /** It is a process of its own that is ended and started again, and keeps what it knows in this way. */
  kept?: Keeping;
  /** Made anew for each server. */
  datagrams?(): DatagramFault;
}

/** What every mutant declares: queues that are quickly full. */
export const MUTANT_LIMITS = { queueMessages: 300 };

/** A server that breaks one requirement. */
export interface Mutant {
  /** `area/what-it-does`: stable, unique. */
  id: string;
  /** Of spec/. */
  requirement: string;
  /** What it does, and what somebody who wrote it would have thought. */
  what: string;
  fault: Fault;
}

/** A server that is right in its own way. */
export interface Variant {
  id: string;
  what: string;
  fault: Fault;
  /** What its makers would put into `--limits`. */
  declared?: Record<string, number>;
}

/** Makes the entries of one area: `mutant(requirement, name, what, fault)`. */
export const mutantsOf =
  (area: string) =>
  (requirement: string, name: string, what: string, fault: Fault): Mutant => ({
    id: `${area}/${name}`,
    requirement,
    what,
    fault,
  });

/** As a right server would refuse. */
export const refuse = (code: ErrorCode, text = 'refused'): NodeServiceError => new NodeServiceError(code, text);

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);
export const NOTHING: Uint8Array = new Uint8Array();
