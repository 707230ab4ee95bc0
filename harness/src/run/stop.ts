/** Of lanes whose target went away. */
const gone = new Map<number, string>();
let halted: string | undefined;

/** Why the scenarios that are left do not run on a lane; undefined while they do. */
export const stopReason = (lane: number): string | undefined => gone.get(lane) ?? halted;

/** Skips what is left of the run of cucumber on that lane: its target went away. */
export function stopRun(lane: number, reason: string): void {
  if (!gone.has(lane)) gone.set(lane, reason);
}

/** Called when a run of cucumber begins on that lane. */
export function resetStop(lane: number): void {
  gone.delete(lane);
}

/** Skips what is left of the runs of all lanes, and of those that follow (`--bail`). */
export function haltRuns(reason: string): void {
  halted ??= reason;
}

/** Called before the first run. */
export function resetHalt(): void {
  halted = undefined;
}
