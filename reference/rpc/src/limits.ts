/** What a session takes from its peer; each limit stops one way of using us up (spec: RPC). */
export interface RpcLimits {
  /** Segments of a message: a table of 2^28 takes 8 bytes to claim. */
  segments: number;
  /** Bytes of a message, segment table included: buffered until it is whole. */
  messageBytes: number;
  /** Pointers followed one inside another: readers recurse. */
  depth: number;
  /** How often the words of a message may be visited through pointers that lead to the same place. */
  traversalFactor: number;
  /** Entries of a capability table or a transform: each becomes an object here, and may take no room on the wire. */
  listEntries: number;
  /** Calls being worked on; a further one waits, and with it whatever comes behind it. */
  callsInFlight: number;
  /** Answers given that the peer has not finished: each keeps an entry. */
  unfinishedAnswers: number;
  /** Calls of ours that the peer has not returned; a further one waits, unsent. */
  questions: number;
  /** Bytes that the transport has not taken; beyond it nothing is built or begun that would add to them. */
  unsentBytes: number;
  /** Bytes read behind a call that waits, for the sake of a Finish or the end of the stream; then reading stops. */
  readAheadBytes: number;
}

/** The limits where a session is given no others. */
export const DEFAULT_RPC_LIMITS: Readonly<RpcLimits> = {
  segments: 512,
  messageBytes: 16 * 1024 * 1024,
  depth: 64,
  traversalFactor: 8,
  listEntries: 4_096,
  callsInFlight: 1_024,
  unfinishedAnswers: 65_536,
  questions: 65_536,
  unsentBytes: 1024 * 1024,
  readAheadBytes: 64 * 1024,
};
