import type { ScenarioResult } from '../result.ts';

/** How the run was called, as far as hints depend on it. */
export interface Called {
  hasAccounts: boolean;
  isOpen: boolean;
  /** Whether a report shows every frame. */
  hasHtml: boolean;
}

/** What many failures have in common, when the way of calling the suite is the likely reason. */
interface Hint {
  isOf(result: ScenarioResult): boolean;
  applies(called: Called): boolean;
  text: string;
}

/** A call was refused with this code where another answer was expected. */
const refusedWith =
  (code: string) =>
  ({ failure }: ScenarioResult): boolean =>
    new RegExp(`was refused(?:: \\w+: | with ")${code}\\b`).test(failure?.message ?? '');

const HINTS: readonly Hint[] = [
  {
    isOf: refusedWith('E003'),
    applies: ({ hasAccounts }) => hasAccounts,
    text: 'refused with E003: does the target know the tokens of --accounts? There they are hex of the bytes that it compares',
  },
  {
    isOf: refusedWith('E016'),
    applies: ({ hasAccounts }) => hasAccounts,
    text: 'refused with E016: does the target bind each token to the identityKey that --accounts gives it?',
  },
  {
    isOf: refusedWith('E00[12]'),
    applies: ({ isOpen }) => isOpen,
    text: 'refused for want of a token: the target is not open; give --accounts FILE instead of --open',
  },
  {
    isOf: ({ scenario, failure }) =>
      scenario.area === 'AUTH' && /succeeded, expected it to be refused/.test(failure?.message ?? ''),
    applies: ({ isOpen }) => !isOpen,
    text: 'calls without a good token that the target took: if it is meant to be open, say --open',
  },
  {
    isOf: refusedWith('E014'),
    applies: () => true,
    text: 'refused for their rate (E014): raise the rate limit of the target for the tests, or say it in --limits (rateLimit)',
  },
  {
    isOf: ({ failure }) => /not answered within \d+ ms/.test(failure?.message ?? ''),
    applies: () => true,
    text: 'answers that did not come in time: a debug build, or a busy machine? --timeout 30s waits longer',
  },
];

/** Fewer failures than this have nothing in common. */
const LEAST = 4;

/** @returns what to look at before the failures one by one: a line for each reason that half of them or more share, and where
 * there is more about each */
export function hintsFor(results: readonly ScenarioResult[], called: Called): string[] {
  const failed = results.filter(({ status }) => status === 'failed' || status === 'flaky');
  const inFull =
    failed.length > 0 && !called.hasHtml ? ['--report html=report.html shows failures with all their frames'] : [];
  const common = HINTS.flatMap(({ isOf, applies, text }) => {
    const alike = failed.filter(isOf).length;
    if (alike < LEAST || alike * 2 < failed.length || !applies(called)) return [];
    return [`${alike} of ${failed.length} failures are ${text}`];
  });
  return [...common, ...inFull];
}
