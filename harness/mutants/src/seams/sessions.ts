import { AsyncLocalStorage } from 'node:async_hooks';
import type { ByteStream } from '@quicnprotochat/rpc';
import type { Fault } from '../fault.ts';

/** The session that a call came on, in faults with `WITH_SESSIONS`. */
export const session = new AsyncLocalStorage<ByteStream>();

/** Lets methods see the session of a call. */
export const WITH_SESSIONS: Pick<Fault, 'stream'> = {
  stream: (stream) => {
    session.enterWith(stream);
    return stream;
  },
};
