import {
  MAX_ANSWER_BYTES,
  MAX_BATCH,
  MAX_DEVICE_ID_LEN,
  MAX_FETCH_WAIT_MS,
  MAX_NODE_ADDR_LEN,
  MAX_PACKAGE_LEN,
  MAX_PAYLOAD_LEN,
  MAX_QUEUE_BYTES,
  MAX_QUEUE_MESSAGES,
} from '@quicnprotochat/proto';

/** What one caller may ask of a node; the defaults are those of the spec. */
export interface ServiceLimits {
  /** Bytes of one payload; more: E006. */
  payloadBytes: number;
  /** Bytes of one KeyPackage; more: E008. */
  packageBytes: number;
  /** Bytes of a device id; more: E020. */
  deviceIdBytes: number;
  /** Messages that wait in one queue; one more: E015. */
  queueMessages: number;
  /** Payload bytes that wait in one queue; more: E015. */
  queueBytes: number;
  /** Payload bytes in one answer; a single message always fits. */
  answerBytes: number;
  /** How long a fetchWait may wait, in ms, whatever it asks for. */
  fetchWaitMs: number;
  /** Bytes of messages and KeyPackages in the whole store. */
  storedBytes: number;
  /** KeyPackages that one identity may have waiting. */
  keyPackages: number;
  /** Bytes of a published endpoint; more: E020. */
  nodeAddrBytes: number;
  /** Recipients of one batchEnqueue. */
  batchRecipients: number;
  /** Keys that one fetchHybridKeys asks for. */
  batchKeys: number;
  /** fetchWaits under way for one recipient. */
  waiters: number;
  /** Calls a second of one identity for long, and at once after a pause; infinite: no limit. */
  callsPerSecond: number;
  /** Calls of one identity at once after a pause; more: E014. Infinite: no limit. */
  callsAtOnce: number;
  /** OPAQUE calls a second from one address, and ten times as many at once: they come before any authentication. */
  opaquePerSecond: number;
  /** Users that may register. */
  users: number;
  /** UTF-8 bytes of a user name; more: E020. */
  usernameBytes: number;
  /** Session tokens that one user may have; the oldest goes for a new one. */
  tokensPerUser: number;
  /** How long a session token is good, in ms; then: E017. */
  sessionTokenMs: number;
}

/** The limits of spec/, and this server's own where spec/ leaves them open. */
export const DEFAULT_SERVICE_LIMITS: Readonly<ServiceLimits> = {
  payloadBytes: MAX_PAYLOAD_LEN,
  packageBytes: MAX_PACKAGE_LEN,
  deviceIdBytes: MAX_DEVICE_ID_LEN,
  queueMessages: MAX_QUEUE_MESSAGES,
  queueBytes: MAX_QUEUE_BYTES,
  answerBytes: MAX_ANSWER_BYTES,
  fetchWaitMs: MAX_FETCH_WAIT_MS,
  storedBytes: 2 ** 30,
  keyPackages: 10_000,
  nodeAddrBytes: MAX_NODE_ADDR_LEN,
  batchRecipients: MAX_BATCH,
  batchKeys: MAX_BATCH,
  waiters: 1_024,
  callsPerSecond: Number.POSITIVE_INFINITY,
  callsAtOnce: Number.POSITIVE_INFINITY,
  opaquePerSecond: 50,
  users: 10_000,
  usernameBytes: 256,
  tokensPerUser: 100,
  sessionTokenMs: 24 * 3_600_000,
};
