import type { QueueId } from '@quicnprotochat/server';

/** One text for each queue. */
export const nameOf = ({ channelId, recipientKey }: QueueId): string =>
  `${Buffer.from(channelId).toString('hex')}/${Buffer.from(recipientKey).toString('hex')}`;

/** As many as there are. */
export const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

const CAP_MS = 60_000n;

/** How long a right server waits for that time-out, in ms. */
export const waitMs = (timeoutMs: bigint): number => Number(timeoutMs > CAP_MS ? CAP_MS : timeoutMs);
