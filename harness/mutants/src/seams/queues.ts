import type { QueueId } from '@quicnprotochat/server';

/** One text for each queue. */
export const nameOf = ({ channelId, recipientKey }: QueueId): string =>
  `${Buffer.from(channelId).toString('hex')}/${Buffer.from(recipientKey).toString('hex')}`;

/** As many as there are. */
export const ALL = { messages: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
