export const PEOPLE = ['Alice', 'Bob', 'Mallory'] as const;
/** An account of the run, by the part it plays. */
export type Person = (typeof PEOPLE)[number];

/** A queue as a scenario names it: a recipient's default queue, or the one in its channel with `peer`. */
export interface QueueName {
  owner: Person;
  peer: Person | undefined;
}
