import type { ConformanceWorld } from './world.ts';

/**
 * What the steps of one scenario share, made when the first of them asks for it.
 * @returns for `this` of a step, or a World, what belongs to its scenario
 */
export function perScenario<T>(make: (world: ConformanceWorld) => T): (world: unknown) => T {
  const made = new WeakMap<ConformanceWorld, T>();
  return (world) => {
    const key = world as ConformanceWorld;
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key) as T;
  };
}
