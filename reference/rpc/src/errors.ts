/** Types of a Cap'n Proto exception (rpc.capnp, `Exception.Type`), by their wire value. */
export const EXCEPTION_TYPES = ['failed', 'overloaded', 'disconnected', 'unimplemented'] as const;
/** The type of an exception; what a caller may do about it. */
export type ExceptionType = (typeof EXCEPTION_TYPES)[number];

/** An exception as it travels in a Return: what a call failed with, or what a handler throws to fail it. */
export class RpcException extends Error {
  /** What the caller may do about it; whoever answers chooses it. */
  readonly type: ExceptionType;
  /** For people, and whatever the interface puts into it; untrusted when it came from a peer. */
  readonly reason: string;

  constructor(type: ExceptionType, reason: string, options?: ErrorOptions) {
    super(`${type}: ${reason}`, options);
    this.name = 'RpcException';
    this.type = type;
    this.reason = reason;
  }
}

/**
 * How a session ended: `closed` by FIN or by us · `aborted-by-peer` it sent Abort · `protocol-error` it broke the rules
 * and was sent an Abort · `transport` the stream was reset or its connection lost.
 */
export interface SessionEnd {
  /** For programs. */
  kind: 'closed' | 'aborted-by-peer' | 'protocol-error' | 'transport';
  /** For people; the peer's own words when it sent Abort. */
  reason: string;
}

/** What a call fails with when its session ends first. */
export class SessionEndedError extends Error {
  /** How it ended. */
  readonly end: SessionEnd;

  constructor(end: SessionEnd) {
    super(`the RPC session is over (${end.kind})${end.reason ? `: ${end.reason}` : ''}`);
    this.name = 'SessionEndedError';
    this.end = end;
  }
}

/** The peer broke the rules; the session cannot go on. The message goes to the peer as the reason of an Abort. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
