import { setTimeout as sleep } from 'node:timers/promises';
import { parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';

const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000];

/** Whether a call was refused for its rate. */
const isForRate = (error: unknown): boolean => error instanceof RpcException && parseReason(error.reason) === 'E014';

/**
 * Makes a call, and makes it again after a pause as long as it is refused for its rate (ERR-009).
 * @throws what the call throws; the last refusal, when it was refused for eight seconds
 */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await call();
    } catch (error) {
      if (!isForRate(error)) throw error;
    }
    await sleep(pause);
  }
  return call();
}
