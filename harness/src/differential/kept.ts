import type { Observation } from './observation.ts';

export type Side = 'a' | 'b';

/** What the hooks saw of scenarios of this process, until it is taken. */
const kept = new Map<string, Observation>();

export function keepObservation(side: Side, place: string, observation: Observation): void {
  kept.set(`${side} ${place}`, observation);
}

/** @returns undefined when the scenario was not run on that side */
export function takeObservation(side: Side, place: string): Observation | undefined {
  const key = `${side} ${place}`;
  const observation = kept.get(key);
  kept.delete(key);
  return observation;
}
