import { setTimeout as sleep } from 'node:timers/promises';
import { parseReason } from '@quicnprotochat/proto';
import { RpcException } from '@quicnprotochat/rpc';

/** Eight seconds. */
const PAUSES_MS = [200, 500, 1_000, 2_000, 4_000];

/**
 * Asks again after a pause as long as the answer is a refusal for the rate of calls (ERR-009).
 * @returns the first other answer, or the last refusal
 * @throws AbortError when `signal` is aborted in a pause
 */
export async function withinRate<A>(
  ask: () => Promise<A>,
  isForRate: (answer: A) => boolean,
  { signal, pausesMs = PAUSES_MS }: { signal?: AbortSignal | undefined; pausesMs?: readonly number[] } = {},
): Promise<A> {
  for (const pause of pausesMs) {
    const answer = await ask();
    if (!isForRate(answer)) return answer;
    await sleep(pause, undefined, signal ? { signal } : {});
  }
  return ask();
}

/**
 * Makes a call, and makes it again as long as it is refused for its rate.
 * @throws what the call throws; the last refusal, when it was refused for eight seconds
 */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const settled = await withinRate(
    async () => {
      try {
        return { value: await call() };
      } catch (error) {
        return { error };
      }
    },
    ({ error }) => error instanceof RpcException && parseReason(error.reason) === 'E014',
  );
  if ('error' in settled) throw settled.error;
  return settled.value;
}
