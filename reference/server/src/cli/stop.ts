import type { Log } from '../log.ts';
import { EXIT_FAILURE, fail } from './failure.ts';

/** After this a stop is not waited for any longer, in ms. */
const STOP_LIMIT_MS = 10_000;

/** Ends the process by `stop` on SIGINT, SIGTERM and, if asked for, the end of standard input. */
export function stopOnSignals(stop: () => Promise<void>, log: Log, stopsWithStdin: boolean): void {
  let isStopping = false;
  const begin = (why: string): void => {
    // Whoever asks twice does not want to wait.
    if (isStopping) process.exit(EXIT_FAILURE);
    isStopping = true;
    log.info(`stopping (${why}): answering what is in flight`);
    setTimeout(() => {
      log.error('stopping took too long');
      process.exit(EXIT_FAILURE);
    }, STOP_LIMIT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error) => fail(error),
    );
  };
  process.on('SIGINT', () => begin('SIGINT'));
  process.on('SIGTERM', () => begin('SIGTERM'));
  if (stopsWithStdin) {
    process.stdin.on('end', () => begin('standard input closed'));
    process.stdin.on('close', () => !isStopping && begin('standard input closed'));
    process.stdin.resume();
  }
}
