import { showAddress, type TargetData } from '../target/target.ts';
import { RandomSource } from './random.ts';

/** How often each scenario has begun on each target, in this process. */
const beginnings = new Map<string, number>();

/**
 * What a scenario draws from: the same for the same seed and place, also on another target, but not when it runs once more
 * on the same one, which has seen those values.
 */
export function randomOf({ inputSeed, addresses, side }: TargetData, place: string): RandomSource {
  if (inputSeed === undefined) return new RandomSource();
  const key = [place, inputSeed, ...(side === undefined ? addresses.map(showAddress) : [side])].join();
  const count = beginnings.get(key) ?? 0;
  beginnings.set(key, count + 1);
  return new RandomSource([inputSeed, place, count].join('\n'));
}
