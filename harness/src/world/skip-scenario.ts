/** Thrown to leave a scenario that the target, or the run, gives no way to test. */
export class SkipScenario extends Error {}
