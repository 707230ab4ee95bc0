let gone: string | undefined;
let halted: string | undefined;

/** Why the scenarios that are left do not run in this process; undefined while they do. */
export const stopReason = (): string | undefined => gone ?? halted;

/** Skips what is left of this run of cucumber: its target went away. */
export function stopRun(reason: string): void {
  gone ??= reason;
}

/** Called when a run of cucumber begins. */
export function resetStop(): void {
  gone = undefined;
}

/** Skips what is left of this run, and of those that follow (`--bail`). */
export function haltRuns(reason: string): void {
  halted ??= reason;
}

/** Called before the first run. */
export function resetHalt(): void {
  halted = undefined;
}
