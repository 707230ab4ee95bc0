let why: string | undefined;

/** Why the scenarios that are left do not run in this process; undefined while they do. */
export const stopReason = (): string | undefined => why;

/** Skips what is left. */
export function stopRun(reason: string): void {
  why ??= reason;
}

/** Called when a run begins. */
export function resetStop(): void {
  why = undefined;
}
