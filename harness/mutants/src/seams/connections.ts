import { AsyncLocalStorage } from 'node:async_hooks';
import type { QuicConnection } from '@quicnprotochat/quic';
import type { Fault } from '../fault.ts';

/** The connection that a call came on, in faults with `WITH_CONNECTIONS`. */
export const calling = new AsyncLocalStorage<QuicConnection>();

/** Lets methods see the connection of a call. */
export const WITH_CONNECTIONS: Pick<Fault, 'stream'> = {
  stream: (stream, connection) => {
    calling.enterWith(connection);
    return stream;
  },
};
