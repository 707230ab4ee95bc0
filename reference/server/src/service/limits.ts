import {
  MAX_ANSWER_BYTES,
  MAX_DEVICE_ID_LEN,
  MAX_FETCH_WAIT_MS,
  MAX_PACKAGE_LEN,
  MAX_PAYLOAD_LEN,
  MAX_QUEUE_BYTES,
  MAX_QUEUE_MESSAGES,
} from '@quicnprotochat/proto';

/** What one caller may ask of a node; the defaults are those of the spec. */
export interface ServiceLimits {
  payloadBytes: number;
  packageBytes: number;
  deviceIdBytes: number;
  queueMessages: number;
  queueBytes: number;
  /** Payload bytes in one answer; a single message always fits. */
  answerBytes: number;
  fetchWaitMs: number;
  /** KeyPackages that one identity may have waiting. */
  keyPackages: number;
}

export const DEFAULT_SERVICE_LIMITS: Readonly<ServiceLimits> = {
  payloadBytes: MAX_PAYLOAD_LEN,
  packageBytes: MAX_PACKAGE_LEN,
  deviceIdBytes: MAX_DEVICE_ID_LEN,
  queueMessages: MAX_QUEUE_MESSAGES,
  queueBytes: MAX_QUEUE_BYTES,
  answerBytes: MAX_ANSWER_BYTES,
  fetchWaitMs: MAX_FETCH_WAIT_MS,
  keyPackages: 10_000,
};
