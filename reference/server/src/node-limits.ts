import { DEFAULT_DATAGRAM } from '@quicnprotochat/quic';
import { DEFAULT_RPC_LIMITS } from '@quicnprotochat/rpc';

/** What clients may take of a node's connections and memory, whoever they are. */
export interface NodeLimits {
  connections: number;
  connectionsPerAddress: number;
  /** Streams of a connection at once; each is a session. */
  streams: number;
  /** Calls under way on a session; a further one waits, unread. */
  callsInFlight: number;
  /** Bytes of messages on their way in or out, of all sessions. Over it the sessions that hold most are ended. */
  bufferedBytes: number;
  /** UDP payload sent at most, 1,200 … 65,507 bytes. */
  datagramBytes: number;
}

export const DEFAULT_NODE_LIMITS: Readonly<NodeLimits> = {
  connections: 10_000,
  connectionsPerAddress: 2_000,
  streams: 100,
  callsInFlight: DEFAULT_RPC_LIMITS.callsInFlight,
  bufferedBytes: 256 << 20,
  datagramBytes: DEFAULT_DATAGRAM,
};
