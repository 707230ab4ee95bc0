/** What a property found to be wrong with the target. */
export class Violation extends Error {}

/**
 * What a right target may do once, for grounds of its own: it lost a session, or told of trouble with its store. Only when the same
 * input brings it about again and again is it the target's fault.
 */
export class Suspicion extends Error {}

/** The run says nothing about the target: something that is no fault got in its way. */
export class Inconclusive extends Error {}

/** The target takes no connections any more. */
export class TargetGone extends Error {}
