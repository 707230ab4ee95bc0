import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

/** How often expired tokens are looked for, and how long they are still answered with E017 before, in ms. */
const EVERY_MS = 3_600_000;
const KEPT_MS = 24 * 3_600_000;

/**
 * Forgets tokens a day after they have expired, from now on and every hour, so that logins do not fill the store.
 * @returns what ends it
 */
export function forgetExpiredTokens(store: Store, log: Log, now: () => number = Date.now): () => void {
  const forget = (): void => {
    store.forgetTokens(now() - KEPT_MS).then(
      (count) => count > 0 && log.info('forgot expired tokens', { count }),
      (error) => log.warn(`expired tokens are still there: ${error.message}`),
    );
  };
  forget();
  const timer = setInterval(forget, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
