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
  /** Calls being worked on; beyond it the session stops reading until one is answered. */
  callsInFlight: number;
  /** Answers given that the peer has not finished: each keeps an entry. */
  unfinishedAnswers: number;
}

export const DEFAULT_RPC_LIMITS: Readonly<RpcLimits> = {
  segments: 512,
  messageBytes: 16 * 1024 * 1024,
  depth: 64,
  traversalFactor: 8,
  callsInFlight: 1024,
  unfinishedAnswers: 65_536,
};
