/** What the command answers with. */
export const EXIT = {
  conformant: 0,
  notConformant: 1,
  usage: 2,
  unreachable: 3,
  suiteBroken: 4,
  interrupted: 130,
} as const;

/** A fault of usage or configuration: one line that says what is wrong, and what to do. */
export class UsageError extends Error {}

/** The target cannot be tested: it is not there, or nothing was left to run. */
export class UnreachableError extends Error {}

/** The suite itself is at fault, not the target. */
export class SuiteError extends Error {}
