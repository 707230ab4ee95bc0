import { isKnown } from '../known/judge-known.ts';
import type { KnownFailing } from '../known/known-list.ts';
import type { Progress } from '../report/console.ts';
import { judgedStrictly } from '../result.ts';
import type { OnResult } from './jobs.ts';

/** What of a run's options concerns results as they come. */
export interface Watch {
  isStrict: boolean;
  known: KnownFailing | undefined;
  /** Failures after which the rest does not run. */
  bail: number | undefined;
}

/** Shows results, and ends the run at the last failure that it may have. Known ones do not count. */
export function watch({ isStrict, known, bail }: Watch, progress: Progress): OnResult {
  let failures = 0;
  return (result) => {
    const judged = judgedStrictly(result, isStrict);
    const isFailure = judged.status === 'failed';
    const isExpected = isFailure && isKnown(known, result.scenario);
    progress.show(isExpected ? { ...result, status: 'known' } : judged);
    if (!isFailure || isExpected) return undefined;
    failures += 1;
    return failures === bail ? `stopped after ${bail === 1 ? 'a failure' : `${bail} failures`} (--bail)` : undefined;
  };
}
