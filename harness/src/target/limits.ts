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
import { UsageError } from '../errors.ts';
import { readJsonFile } from '../options/read-file.ts';

/** A target's limits are its own; by default they are those of the spec. */
export interface TargetLimits {
  /** Messages that a queue takes. */
  queueMessages: number;
  /** Payload bytes that a queue takes. */
  queueBytes: number;
  payloadBytes: number;
  packageBytes: number;
  /** KeyPackages that one identity may have waiting; undefined: no limit is known. */
  keyPackages: number | undefined;
  /** The longest a fetchWait waits, in ms. */
  fetchWaitMs: number;
  deviceIdBytes: number;
  /** Payload bytes in one answer. */
  answerBytes: number;
  /** Recipients of one batchEnqueue. */
  batchRecipients: number;
  /** Keys that one fetchHybridKeys asks for. */
  batchKeys: number;
  nodeAddrBytes: number;
  /** Calls a second that one token may make for long; undefined: no limit is known. */
  rateLimit: number | undefined;
}

export const DEFAULT_LIMITS: Readonly<TargetLimits> = {
  queueMessages: MAX_QUEUE_MESSAGES,
  queueBytes: MAX_QUEUE_BYTES,
  payloadBytes: MAX_PAYLOAD_LEN,
  packageBytes: MAX_PACKAGE_LEN,
  keyPackages: undefined,
  fetchWaitMs: MAX_FETCH_WAIT_MS,
  deviceIdBytes: MAX_DEVICE_ID_LEN,
  answerBytes: MAX_ANSWER_BYTES,
  batchRecipients: MAX_BATCH,
  batchKeys: MAX_BATCH,
  nodeAddrBytes: MAX_NODE_ADDR_LEN,
  rateLimit: undefined,
};

/** Those of an embedded server, unless `--limits` sets others: near enough to be reached. */
export const EMBEDDED_LIMITS: Readonly<TargetLimits> = {
  ...DEFAULT_LIMITS,
  queueMessages: 1_000,
  queueBytes: 16 * 1024 * 1024,
  keyPackages: 100,
};

/** Reads `--limits FILE`: a JSON object with some of the names of TargetLimits. @throws UsageError */
export const loadLimits = (path: string): TargetLimits =>
  readLimits(readJsonFile(path, '--limits'), `--limits ${path}`);

/** @param at where they stand, for errors @throws UsageError */
export function readLimits(given: unknown, at: string): TargetLimits {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UsageError(`${at} is not a JSON object`);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      throw new UsageError(`${at}: "${name}" is not known; there are ${Object.keys(DEFAULT_LIMITS).join(', ')}`);
    }
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`${at}: "${name}" is not a whole number above 0`);
  }
  return { ...DEFAULT_LIMITS, ...given };
}
